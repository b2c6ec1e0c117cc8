"""The tests of evidence-station: they mirror the packages; README.md says what else is here."""
