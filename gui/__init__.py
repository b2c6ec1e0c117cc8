"""The window: kiosk and desks, in PySide6, over the station's API. It holds no rules of its own."""
