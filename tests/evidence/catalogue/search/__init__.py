"""The search index, on both databases."""
