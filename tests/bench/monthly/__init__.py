"""Generated months of a station, and who judges what is made of them. Nothing here knows the matcher."""
