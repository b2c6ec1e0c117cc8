"""From a camera in a slot to a verified copy in the vault. Imports evidence, and nothing else of ours."""
