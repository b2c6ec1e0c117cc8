"""The service's interface over HTTP. FastAPI lives here and nowhere else."""
