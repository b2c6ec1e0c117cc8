"""What is true about footage: the domain. Imports none of the other packages."""
