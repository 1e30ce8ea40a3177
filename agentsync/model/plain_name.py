"""Names that every tool, system and registry takes: lower-case letters, digits, single hyphens."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 64
_PLAIN: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def is_plain_name(text: str) -> bool:
    """Return whether a name is plain."""
    return len(text) <= LONGEST and _PLAIN.fullmatch(text) is not None


def plain_name(text: str) -> str:
    """Return the plain name that is most like a text, "" where nothing of it is left.

    >>> plain_name("My Pack_v2"), plain_name("Übung"), plain_name("日本")
    ('my-pack-v2', 'ubung', '')
    """
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").lower().decode()
    return _OTHER.sub("-", letters).strip("-")[:LONGEST].rstrip("-")
