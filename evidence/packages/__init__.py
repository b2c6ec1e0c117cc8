"""Court packages: what goes into a BagIt bag that proves itself. ``PACKAGE.md`` is its format."""
