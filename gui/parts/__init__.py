"""What screens are made of: each part is a file, knows the theme and the words, and nothing of the station's rules."""
