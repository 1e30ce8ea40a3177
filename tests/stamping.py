"""Make a copy of a machine the same machine: what bears a stamp in it bears one that holds in the copy.

A stamp is bound to its folder, so a copied project would know nothing of what was installed in it.
"""

from __future__ import annotations

from pathlib import Path

from agentsync.disk.past_locks import STAMP as PAST_STAMP
from agentsync.disk.past_locks import with_stamp
from agentsync.disk.scope import Scope
from agentsync.disk.stamps import Stamps
from agentsync.formats.receipt import stamped, without_stamp
from agentsync.model.names import ScopeName


def restamp(home: Path, own: Path) -> None:
    """Stamp receipt and history afresh.

    Args:
        home: the folder of a manifest.
        own: the folder of the user's own state on that machine.
    """
    stamps = Stamps(Scope(ScopeName.PROJECT, home, home, own=lambda: own))
    receipt = home / ".agentsync" / "receipt.json"
    if receipt.is_file():
        text, stamp = without_stamp(receipt.read_text("utf-8", "surrogateescape"))
        if stamp:
            receipt.write_text(stamped(text, stamps.make("receipt.json", [text.encode()])), "utf-8")
    for where in (home / ".agentsync" / "history").glob("*.lock"):
        data = where.read_bytes()
        if found := PAST_STAMP.search(data):
            where.write_bytes(with_stamp(stamps, where, data[: found.start()]))


def without_stamps(name: str, data: bytes) -> bytes:
    """Return a file of the state without its stamp, which is another one in each folder."""
    if name.endswith("receipt.json"):
        return without_stamp(data.decode("utf-8", "surrogateescape"))[0].encode("utf-8", "surrogateescape")
    return PAST_STAMP.sub(b"", data)
