"""Durations and sizes, as people write them."""

from collections.abc import Mapping
from typing import Final

from agentsync.late import late

_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_BYTES: Final = {"": 1, "KiB": 1024, "MiB": 1024 * 1024, "GiB": 1024 * 1024 * 1024}
_WRITTEN: Final = late(r"([0-9]{1,12})\s*([A-Za-z]*)")
DURATIONS: Final = "such as 7d, 12h or 2w"
SIZES: Final = "such as 512KiB, 64MiB or 2GiB"


def seconds_in(text: str) -> int | None:
    """Return the seconds of `90m`, `12h`, `7d` or `2w`; None for any other text."""
    return _measured(text, _SECONDS)


def short_time_in(text: str) -> int | None:
    """Return the seconds of a time that may also be `0s`; None for any other text."""
    return _measured(text, {"s": 1, **_SECONDS})


def bytes_in(text: str) -> int | None:
    """Return the bytes of `512`, `512KiB`, `64MiB` or `2GiB`; None for any other text."""
    return _measured(text, _BYTES)


def number_in(text: str) -> int | None:
    """Return a plain number; None for any other text."""
    return _measured(text, {"": 1})


def _measured(text: str, units: Mapping[str, int]) -> int | None:
    found = _WRITTEN.fullmatch(text)
    return int(found[1]) * units[found[2]] if found is not None and found[2] in units else None


def rounded(size: int) -> str:
    """Return a number of bytes for people, in the largest unit that it has one of."""
    for unit in ("GiB", "MiB", "KiB"):
        if size >= _BYTES[unit]:
            return f"{size / _BYTES[unit]:.1f} {unit}"
    return f"{size} bytes"
