"""Characters that do not show, by Unicode's own list, and the places where people write them for a reason.

Sources: the property Default_Ignorable_Code_Point (Unicode Character Database, DerivedCoreProperties),
Standard Annex 9 (bidi controls), Standard Annex 31 (joiners), Technical Standard 51 (emoji), Technical
Standard 37 and StandardizedVariants.txt (variation sequences).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from agentsync.late import late

# Default_Ignorable_Code_Point, and the three controls of interlinear annotations.
_IGNORABLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_PRIVATE: Final = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_BIDI: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# The first half of every tag character, and of the supplementary selectors, in programs that write UTF-16.
TAG_SURROGATE: Final = "\udb40"

_HIDDEN: Final = late(f"[{_IGNORABLE}{_PRIVATE}{TAG_SURROGATE}]")
_NEVER: Final = late(f"[{_BIDI}{_PRIVATE}{TAG_SURROGATE}\ufff9-\ufffb\U000e0000-\U000e007f]")
# A text without these bytes in UTF-8 holds no hidden character.
_MAY_HIDE: Final = late(
    rb"\xc2\xad|\xcd\x8f|\xd8\x9c|\xe1[\x84\x85\x9e\xa0]|\xe2[\x80\x81]|\xe3\x85|[\xee\xef\xf3\xf4]|\xf0\x9b\xb2|\xf0\x9d\x85"
)

_ZWJ: Final = "\u200d"
_JOINERS: Final = ("\u200c", _ZWJ)
_KEYCAPS: Final = frozenset("0123456789#*")
_KEYCAP: Final = "\u20e3"
_INFORMATION: Final = "\u2139"  # the one emoji that is a letter by its category
_BLACK_FLAG: Final = "\U0001f3f4"
_FLAGS: Final = tuple(
    _BLACK_FLAG + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
# The most variants of letters in one text; more could encode another text.
_MOST_VARIANTS: Final = 8


def may_hide(data: bytes) -> bool:
    """Return whether a text in UTF-8 may hold a character that `hidden_places` looks for."""
    return not data.isascii() and _MAY_HIDE.search(data) is not None


def never_shows(character: str) -> bool:
    """Return whether one such character is enough to hide a message or to turn a line around."""
    return _NEVER.match(character) is not None


def hidden_places(text: str, start: int = 0) -> list[int]:
    """Return the places of invisible characters that have no known use in text, in order.

    A byte order mark is hidden where it is no first character: begin behind it.
    """
    found: list[int] = []
    variants: list[int] = []
    for place in _without_emoji(text, start):
        (variants if _is_variant(text, place) else found).append(place)
    return found if len(variants) <= _MOST_VARIANTS else sorted(found + variants)


def _without_emoji(text: str, start: int) -> Iterator[int]:
    past = start
    for match in _HIDDEN.finditer(text, start):
        place = match.start()
        if place < past:
            continue
        character = match[0]
        before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
        if "\U000e0000" <= character <= "\U000e007f":
            if flag := next(
                (flag for flag in _FLAGS if before == _BLACK_FLAG and text.startswith(flag, place - 1)), ""
            ):
                past = place - 1 + len(flag)
                continue
        elif character in "\ufe0e\ufe0f":
            if (after == _KEYCAP and before in _KEYCAPS) if before.isascii() else _is_sign(before):
                continue
        elif character in _JOINERS:
            if _joins(before, character, after):
                continue
        elif "\u180b" <= character <= "\u180f" and "\u1820" <= before <= "\u18aa":
            continue
        yield place


def _is_variant(text: str, place: int) -> bool:
    """Return whether it selects a variant of the letter before it, as the standard lists them."""
    selector, before = text[place], text[place - 1 : place] if place else ""
    if "\U000e0100" <= selector <= "\U000e01ef":
        return unicodedata.name(before, "").startswith("CJK ") if before else False
    if "\ufe00" <= selector <= "\ufe02" and before and not before.isascii():
        return unicodedata.category(before) in {"Lo", "Sm", "So", "Po", "Mn", "Mc"}
    return False


def _is_sign(character: str) -> bool:
    """Return whether it is an emoji or another sign that may be shown as one."""
    if not character or character.isascii():
        return False
    return character == _INFORMATION or unicodedata.category(character) in {"So", "Sk", "Sm", "Po", "Pd"}


def _joins(before: str, joiner: str, after: str) -> bool:
    """Return whether a joiner stands within an emoji, or within a word of a script that needs it."""
    if joiner == _ZWJ and (_is_sign(before) or before == "\ufe0f") and _is_sign(after):
        return True
    return _needs_joiners(before) and _needs_joiners(after)


def _needs_joiners(character: str) -> bool:
    """Return whether it is a letter of Arabic, Mongolian, or of the scripts of India and south-east Asia."""
    in_blocks = (
        "\u0600" <= character <= "\u109f" or "\u1780" <= character <= "\u1aaf" or "\ua840" <= character <= "\uabff"
    )
    return in_blocks and unicodedata.category(character)[0] in "LM" and not _HIDDEN.match(character)


def kind_of(character: str) -> str:
    """Return what sort of invisible character it is, in words."""
    if "\U000e0000" <= character <= "\U000e007f":
        return "a tag character"
    if character == TAG_SURROGATE:
        return "the first half of a tag character"
    if "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return "a variation selector"
    return next((kind for characters, kind in _KINDS if re.match(f"[{characters}]", character)), "an invisible control")


_KINDS: Final = (
    (_BIDI, "a bidi control"),
    (_PRIVATE, "a private-use character"),
    ("\u200b-\u200d\u2060-\u2064\ufeff\u034f\u180e", "a zero-width character"),
    ("\u115f\u1160\u17b4\u17b5\u3164\uffa0", "an invisible letter"),
    ("\u00ad", "a soft hyphen"),
)
