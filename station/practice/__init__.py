"""A month of a made-up station for training and trial: a home of its own, filled by the station's own commands, and nothing outside it touched."""
