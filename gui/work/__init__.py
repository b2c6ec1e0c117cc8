"""Pages for work on evidence: finding, watching, tagging, cases, packages."""
