"""``python -m gui``: what ``evidence-station gui`` becomes."""

from gui.app import main

if __name__ == "__main__":
    main()
