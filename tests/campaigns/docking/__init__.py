"""What the dock campaign is made of: the station in its guest, the scenarios, and the builds that are broken on purpose."""
