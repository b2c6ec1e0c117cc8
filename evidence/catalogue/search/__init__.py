"""Finding clips: a projection of the catalogue that is made for questions, and can be made again from the facts at any time."""
