"""The seal of each entry of a lock: a digest over its canonical text and the targets of the lock.

Two branches that change one pack both change its seal, so that git reports a conflict. An entry that a
merge, a tool or a hand put together does not have the digest that its seal names. A seal is no
signature: it shows accidents, and what decides about trust never depends on it.

The seal is of content. A lock that a formatter rewrote is parsed, and its entries are written again
in the canonical form to be compared. Where the text of an entry already has the digest that its seal
names, it is that canonical text, and nothing has to be written again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from agentsync.formats.yaml_text import flow

SEAL: Final = "seal"
_LINE: Final = f"\n    {SEAL}: "
_FIRST: Final = "packs:\n"


def seal_of(entry: str, targets: Sequence[str]) -> str:
    """Return the seal of an entry: its canonical lines with the name of the pack, without the seal."""
    data = f"targets: {flow(targets)}\n{entry}".encode("utf-8", "surrogatepass")
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def broken_seals(
    seals: Mapping[str, str], targets: Sequence[str], text: str, canonical: Callable[[str], str]
) -> tuple[str, ...]:
    """Return the packs whose entry is not what its seal names, sorted.

    Args:
        seals: the seal of each pack in the order of the text, "" where it has none.
        text: the lock, "" where it is not in the canonical form.
    """
    written = dict(zip(seals, _entries(text), strict=False))

    def is_whole(name: str, seal: str) -> bool:
        # A text with the digest is the canonical text, so that it is not written again.
        if name in written and seal_of(written[name], targets) == seal:
            return True
        return seal_of(canonical(name), targets) == seal

    return tuple(sorted(name for name, seal in seals.items() if not seal or not is_whole(name, seal)))


def _entries(text: str) -> list[str]:
    """Return what stands from the end of each seal to the next one; no entries where something follows the last."""
    *parts, end = text.partition(_FIRST)[2].split(_LINE)
    seals_and_entries = [part.partition("\n") for part in parts[1:]]
    if "\n" in end.removesuffix("\n"):
        return []
    return [f"{entry}\n" for entry in (*parts[:1], *(entry for _, _, entry in seals_and_entries))]
