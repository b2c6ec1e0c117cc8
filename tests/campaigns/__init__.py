"""The long campaigns, each a module here: packaging/run campaign NAME."""
