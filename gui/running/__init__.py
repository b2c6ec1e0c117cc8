"""Pages for running a station: slots, devices, people, storage, uploads, settings."""
