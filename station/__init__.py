"""The running station: settings, engine, command line, and the one place where everything meets."""
