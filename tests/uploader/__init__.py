"""Tests of the uploader package."""
