"""Recipes: everything that decides what a derivative looks like, as values of integers and text that a log can hold.

Rules kept here:

* the same recipe, original and software give the same bytes, so the three together name a derivative;
* a frame is named by its time stamp (PTS) in the original's own time base, never by seconds times a rate;
* a recipe says nothing about people.
"""

from __future__ import annotations

from enum import StrEnum

from evidence.canonical import Json, JsonObject, canonical, digest


class Makes(StrEnum):
    """What a recipe makes."""

    PROXY = "proxy"
    FILMSTRIP = "filmstrip"
    FILMSTRIP_INDEX = "filmstrip-index"
    WAVEFORM = "waveform"
    WORKING_COPY = "working-copy"
    PTS_INDEX = "pts-index"
    STILL = "still"
    CUT = "cut"
    REDACTED = "redacted"


AUTOMATIC = (
    *(Makes.PROXY, Makes.FILMSTRIP, Makes.FILMSTRIP_INDEX),
    *(Makes.WAVEFORM, Makes.WORKING_COPY, Makes.PTS_INDEX),
)
"""What anybody can have made again at any time, and so what may be let go of when room is short."""
ENDINGS: dict[Makes, str] = {
    Makes.PROXY: "mp4",
    Makes.FILMSTRIP: "jpg",
    Makes.FILMSTRIP_INDEX: "json",
    Makes.WAVEFORM: "json",
    Makes.WORKING_COPY: "mkv",
    Makes.PTS_INDEX: "json",
    Makes.STILL: "png",
    Makes.CUT: "mp4",
    Makes.REDACTED: "mp4",
}

PROXY: JsonObject = {
    "makes": "proxy",
    "v": 1,
    "height": 480,
    "crf": 28,
    "preset": "veryfast",
    "key_frames_ms": 2000,
    "audio_kbit": 64,
    "burn_in": False,
}
"""Small enough for a tablet over a station's network: 480 lines, a key frame every two seconds to seek by."""
FILMSTRIP: JsonObject = {"makes": "filmstrip", "v": 1, "width": 160, "pictures": 60, "columns": 10, "quality": 5}
WAVEFORM: JsonObject = {"makes": "waveform", "v": 1, "sample_rate": 8000, "samples_per_pixel": 400}
WORKING_COPY: JsonObject = {"makes": "working-copy", "v": 1, "fields": {"crf": 12, "preset": "veryfast"}}
"""The streams as they are. But a picture that comes as two fields in two packets (AVCHD, interlaced) has wrong time stamps in every such copy: it is
encoded, as ``fields`` says, with one packet a frame."""
PTS_INDEX: JsonObject = {"makes": "pts-index", "v": 1}
STANDING: dict[Makes, JsonObject] = {
    Makes.PROXY: PROXY,
    Makes.FILMSTRIP: FILMSTRIP,
    Makes.WAVEFORM: WAVEFORM,
    Makes.WORKING_COPY: WORKING_COPY,
    Makes.PTS_INDEX: PTS_INDEX,
}
"""Recipes that are the same for every clip."""
FINE: JsonObject = {"crf": 18, "preset": "medium", "audio_kbit": 160}
"""How what is shown to a court is encoded: at full size, without loss that an eye sees."""


def still(pts: int, time_base: str, *, burn_in: bool) -> JsonObject:
    """One frame, as a picture without loss."""
    return {"makes": "still", "v": 1, "pts": pts, "time_base": time_base, "burn_in": burn_in}


def cut(first: int, last: int, time_base: str, *, burn_in: bool) -> JsonObject:
    """The frames from one to another, both included, and their sound."""
    return {"makes": "cut", "v": 1, "first": first, "last": last, "time_base": time_base, "burn_in": burn_in, **FINE}


def makes(recipe: JsonObject) -> Makes:
    """What a recipe makes."""
    return Makes(str(recipe["makes"]))


def named(recipe: JsonObject, original: str, software: JsonObject) -> str:
    """The name of what a recipe makes of an original (SHA-256) with some software."""
    whole: dict[str, Json] = {"recipe": recipe, "original": original, "software": software}
    return digest(canonical(whole))
