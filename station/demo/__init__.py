"""The demo: the station's main job, done on freshly made media and told in plain words. ``python -m station.demo``."""
