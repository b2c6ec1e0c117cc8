"""The service, as real processes and over real sockets."""
