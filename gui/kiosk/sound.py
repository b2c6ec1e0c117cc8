"""Two sounds that are heard across a room: it may be taken, and somebody has to look. Made by number, so there is no file to ship.

Where there is nothing to hear them with, nothing happens: colour and word say the same.
"""

from __future__ import annotations

import math
import struct

from PySide6.QtCore import QBuffer, QByteArray, QIODeviceBase, QObject

RATE = 22_050
READY = ((660, 0.12), (880, 0.20))
LOOK = ((440, 0.18), (0, 0.07), (440, 0.18), (0, 0.07), (330, 0.30))


def tones(notes: tuple[tuple[int, float], ...], volume: float = 0.5) -> bytes:
    """Notes (hertz, seconds) as 16-bit samples of one channel; each swells and fades, so that nothing clicks."""
    samples: list[int] = []
    for hertz, seconds in notes:
        count = round(RATE * seconds)
        edge = max(1, min(count // 2, RATE // 100))
        for at in range(count):
            swell = min(1.0, at / edge, (count - at) / edge)
            samples.append(round(32767 * volume * swell * math.sin(2 * math.pi * hertz * at / RATE)))
    return struct.pack(f"<{len(samples)}h", *samples)


class Sounds(QObject):
    """Plays one of them at a time; the newest."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sink: object = None
        self._buffer: QBuffer | None = None

    def play(self, notes: tuple[tuple[int, float], ...]) -> None:
        """Play notes."""
        try:
            from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QMediaDevices
        except ImportError:  # without Addons, or without libpulse
            return
        device = QMediaDevices.defaultAudioOutput()
        if device.isNull():
            return
        form = QAudioFormat()
        form.setSampleRate(RATE)
        form.setChannelCount(1)
        form.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        buffer = QBuffer(self)
        buffer.setData(QByteArray(tones(notes)))
        buffer.open(QIODeviceBase.OpenModeFlag.ReadOnly)
        sink = QAudioSink(device, form, self)
        sink.start(buffer)
        self._sink, self._buffer = sink, buffer
