"""Places of pages: a folder for each pack and version, whatever their names are.

A name that is plain keeps its spelling. Any other one, and of two that one folder could stand for all but one, get a
digest behind what is plain in them.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from agentsync.model.item import same_name

INDEX: Final = "index.html"
_PLAIN: Final = re.compile(r"\w(?:[\w.+-]*\w)?")
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST: Final = 100  # bytes of a name; file systems take 255
_KEPT: Final = 40
# Windows gives these to devices, with any ending.
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def folder_name(name: str) -> str:
    """Return a name of a folder for a text, on every file system: the text itself where it can be one.

    >>> folder_name("review"), folder_name("../etc"), folder_name("nul")
    ('review', 'etc--f7f9121fdb', 'nul--99e6242759')
    """
    return name if _is_plain(name) else _digested(name)


def _digested(name: str) -> str:
    kept = _NOT_PLAIN.sub("-", name).strip("-")[:_KEPT].rstrip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{kept}--{digest}" if kept else digest


def folder_names(names: Iterable[str]) -> dict[str, str]:
    """Return the folder of each name; no two are one folder where case and form of letters do not count.

    >>> folder_names(["Docs", "docs"])
    {'Docs': 'Docs--7af023c430', 'docs': 'docs'}
    """
    known = sorted(set(names))
    groups: dict[str, list[str]] = {}
    for name in known:
        groups.setdefault(same_name(folder_name(name)), []).append(name)
    found: dict[str, str] = {}
    for folded, group in groups.items():
        plain = folded if folded in group else group[0]
        for name in group:
            found[name] = folder_name(name) if name == plain else _digested(name)
    return {name: found[name] for name in known}


def _is_plain(name: str) -> bool:
    return (
        _PLAIN.fullmatch(name) is not None
        and unicodedata.is_normalized("NFC", name)
        and len(name.encode("utf-8", "surrogatepass")) <= _LONGEST
        and name.isprintable()
        and _DEVICES.fullmatch(name) is None
    )


def href(path: str) -> str:
    """Return a path of the site as it stands in a link."""
    return quote(path, safe="/+-._~")


def list_page(number: int) -> str:
    """Return the page of the list of packs with this number, from 1."""
    return INDEX if number == 1 else f"list-{number}.html"
