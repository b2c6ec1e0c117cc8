"""The player: frames by time stamp, an engine that can be another, what is drawn of a clip, and how it is opened."""
