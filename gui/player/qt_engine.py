"""Qt's player (QMediaPlayer, FFmpeg inside) as an engine: pictures through a sink, so that what is painted, turned and lit is our own.

Traps kept away from: a rate of 0 or below free-runs; a stopped player takes no seek; at 16 times the pictures come faster than anybody can
look, so only the newest is turned into an image; FFmpeg prints the address that it opens, and with it the ticket, so it is told to be silent.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QImage
from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer, QVideoFrame, QVideoSink

from gui.player.engine import Pictured

SLOWEST = 0.05
_QUIET = -8
"""``AV_LOG_QUIET`` (libavutil/log.h)."""


class QtEngine(QObject):
    """One player with its sink."""

    plays = True

    def __init__(self) -> None:
        super().__init__()
        self.pictured: Pictured = lambda _image, _us: None
        self.ended: Callable[[], None] = lambda: None
        self.failed: Callable[[], None] = lambda: None
        self._frame: QVideoFrame | None = None
        self._sink = QVideoSink(self)
        self._player = QMediaPlayer(self)
        self._sound = QAudioOutput(self)
        self._player.setAudioOutput(self._sound)
        self._player.setVideoSink(self._sink)
        _silence()
        self._newest = QTimer(self)
        self._newest.setSingleShot(True)
        self._newest.setInterval(0)
        self._newest.timeout.connect(self._show)
        self._sink.videoFrameChanged.connect(self._came, Qt.ConnectionType.QueuedConnection)
        self._player.mediaStatusChanged.connect(self._status, Qt.ConnectionType.QueuedConnection)
        self._player.errorOccurred.connect(self._wrong, Qt.ConnectionType.QueuedConnection)

    def open(self, address: str) -> None:
        """As :class:`gui.player.engine.Engine` says; so are the following."""
        self._frame = None
        self._player.setSource(QUrl(address))
        self._player.setPlaybackRate(1.0)
        self._player.pause()

    def close(self) -> None:
        self._player.stop()
        self._player.setSource(QUrl())
        self._frame = None

    def seek(self, us: int) -> None:
        if self._player.playbackState() is QMediaPlayer.PlaybackState.StoppedState:
            self._player.pause()
        self._player.setPosition(max(0, us // 1000))

    def play(self, rate: float) -> None:
        self._player.setPlaybackRate(max(SLOWEST, rate))
        self._player.play()

    def pause(self) -> None:
        self._player.pause()

    def mute(self, quiet: bool) -> None:
        self._sound.setMuted(quiet)

    @Slot(QVideoFrame)
    def _came(self, frame: QVideoFrame) -> None:
        if frame.isValid():
            self._frame = frame
            if not self._newest.isActive():
                self._newest.start()

    @Slot()
    def _show(self) -> None:
        frame, self._frame = self._frame, None
        if frame is not None:
            image: QImage = frame.toImage()
            if not image.isNull():
                self.pictured(image, frame.startTime())

    def _status(self, status: QMediaPlayer.MediaStatus) -> None:
        if status is QMediaPlayer.MediaStatus.EndOfMedia:
            self.ended()

    def _wrong(self, *_: object) -> None:
        self.failed()


def _silence() -> None:
    """Tell every FFmpeg of this process to say nothing on stderr: a ticket must not come to stand in a journal."""
    with suppress(OSError):
        loaded = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "libavutil" in line}
        for path in loaded:
            ctypes.CDLL(path).av_log_set_level(_QUIET)
