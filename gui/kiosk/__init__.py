"""The kiosk: full screen, touch, no keyboard but a card reader's. It plays no footage."""
