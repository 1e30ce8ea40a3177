"""Paths of files in packs and scopes: relative, POSIX, below their root on every platform.

A lock is used on several machines, so a name that one platform cannot hold, or reads as something else, is refused on
all of them. Nothing here reads the disk: `disk/` checks links and existing files.

Sources: "Naming Files, Paths, and Namespaces" of the Windows documentation, and the rules of
git's `verify_path` with `core.protectHFS` and `core.protectNTFS`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Final, NewType

from agentsync.errors import UnsafeError
from agentsync.late import late
from agentsync.model.item import same_name

RelPath = NewType("RelPath", str)

MAX_COMPONENT_BYTES: Final = 255
MAX_PATH_BYTES: Final = 1024

_DEVICE: Final = r"(?i:con|prn|aux|nul|conin\$|conout\$|com[1-9¹²³]|lpt[1-9¹²³]) *(?:\..*)?"
_NOT_ON_WINDOWS: Final = r'[<>"|?*]'
_UNSHOWABLE: Final = frozenset({"Cc", "Zl", "Zp"})
# Patterns for unusual paths are texts: to compile them takes long.
# The pattern of nearly every path; every other path is checked part by part.
_PLAIN: Final = late(
    r"(?:(?!(?i:\.git|con|prn|aux|nul|com[0-9]|lpt[0-9])(?:[./]|$))\.?[A-Za-z0-9_@+-]+(?:\.[A-Za-z0-9_@+-]+)*(?:/(?!$)|$))+"
)
# The same for many, one on each line; only their first component may begin with a dot.
_ONE: Final = r"\.?[A-Za-z0-9_@+-]+(?:[./][A-Za-z0-9_@+-]+)*"
_AT_ONCE: Final = 5_000  # paths that are checked together: their parts take many times their own memory
_MANY: Final = late(rf"{_ONE}(?:\n{_ONE})*")
# Reserved names of git and Windows, between dots and slashes.
_KEPT: Final = frozenset(
    ("git", "con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)))
)
# Files that interpreters and systems write into any folder by themselves.
_PYTHON: Final = late(r"(?:^|/)__pycache__(?:/|$)|\.pyc$")
# The notes of Finder, Explorer and Dolphin, whose names have any case.
_NOTES: Final = frozenset(
    (".ds_store", ".localized", ".apdisk", "icon\r", "desktop.ini", "thumbs.db", "ehthumbs.db", ".directory")
)
# What macOS writes beside a file on a foreign file system, and what stands for a file that was deleted while open.
_BESIDE: Final = ("._", ".fuse_hidden", ".nfs0")
# What Windows notes of a file that was downloaded, where WSL copied it.
_STREAM: Final = ":zone.identifier"


def rel_path(text: str) -> RelPath:
    """Return a checked path; raise UnsafeError for one that could leave its root, or that a platform cannot hold.

    What came as bytes is decoded with `surrogateescape`.
    """
    if (reason := why_unsafe(text)) is None:
        return RelPath(text)
    raise UnsafeError(
        f"unsafe path '{_shown(text)}'",
        why=reason,
        hint="rename it: every platform must be able to hold the path, and it must stay below its root",
    )


def rel_paths(texts: Collection[str]) -> list[RelPath]:
    """Return many relative paths, checked together where all are plain; raise UnsafeError as `rel_path` does."""
    return list(map(RelPath, texts)) if _all_plain(texts) else [rel_path(text) for text in texts]


def safe_paths(texts: Collection[str]) -> Collection[str]:
    """Return those of many paths that `rel_path` accepts."""
    left = iter(texts)
    while some := list(islice(left, _AT_ONCE)):
        if not _all_plain(some):
            return {text for text in texts if why_unsafe(text) is None}
    return texts


def _all_plain(texts: Collection[str]) -> bool:
    lines = "\n".join(texts)
    if lines.count("\n") != len(texts) - 1 or not _MANY.fullmatch(lines):
        return False
    if len(max(texts, key=len)) >= MAX_COMPONENT_BYTES:
        return False
    return _KEPT.isdisjoint(lines.lower().replace("\n", "/").replace(".", "/").split("/"))


def why_unsafe(text: str) -> str | None:
    """Return the reason why a path is refused, in a few words; None where it is accepted."""
    if len(text) < MAX_COMPONENT_BYTES and _PLAIN.fullmatch(text):
        return None
    if not text:
        return "it is empty"
    if reason := _why_unsafe_characters(text):
        return reason
    if text.startswith("/"):
        return "it is absolute"
    if len(text.encode()) > MAX_PATH_BYTES:
        return f"it is longer than {MAX_PATH_BYTES} bytes"
    for component in text.split("/"):
        if reason := _why_unsafe_component(component):
            return reason
    return None


def join(*parts: str) -> RelPath:
    """Join the parts that are not empty; raise UnsafeError as `rel_path` does."""
    return rel_path("/".join(part for part in parts if part))


def name(path: RelPath) -> str:
    """Return the last component."""
    return path.rpartition("/")[2]


def parent(path: RelPath) -> RelPath | None:
    """Return the folder that holds the path; None for the root."""
    folder = path.rpartition("/")[0]
    return RelPath(folder) if folder else None


def parents(path: RelPath) -> tuple[RelPath, ...]:
    """Return all folders above the path, the nearest first, without the root."""
    found = []
    end = path.rfind("/")
    while end > 0:
        found.append(RelPath(path[:end]))
        end = path.rfind("/", 0, end)
    return tuple(found)


def below_folder(path: str, names: Collection[str]) -> str:
    """Return the part of a path below its outermost folder of one of these names, the last component where none is."""
    *folders, last = path.split("/")
    for place, folder in enumerate(folders):
        if folder in names:
            return "/".join((*folders[place + 1 :], last))
    return last


def twins(paths: Iterable[RelPath]) -> tuple[tuple[RelPath, ...], ...]:
    """Find paths that cannot lie beside each other on every file system.

    Two spellings of one path, or of a folder above (`A/x` and `a/y`), are one on a file system
    that folds case or normalises Unicode (NFC); a file cannot have the path of another's folder.

    Returns:
        Groups of at least two paths, sorted, no path in two groups. A group holds every path at or
        below the topmost name that clashes.
    """
    distinct = sorted(set(paths))
    spellings: dict[str, set[str]] = {}
    files: set[str] = set()
    folders: set[str] = set()
    looked_at: set[str] = set()
    for path in distinct:
        files.add(key := same_name(path))
        spellings.setdefault(key, set()).add(path)
        folder = path.rpartition("/")[0]
        while folder and folder not in looked_at:
            looked_at.add(folder)
            folders.add(key := same_name(folder))
            spellings.setdefault(key, set()).add(folder)
            folder = folder.rpartition("/")[0]
    clashes = {key for key, found in spellings.items() if len(found) > 1} | (files & folders)
    if not clashes:
        return ()
    groups: dict[str, list[RelPath]] = {}
    for path in distinct:
        parts = same_name(path).split("/")
        prefixes = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        topmost = next((prefix for prefix in prefixes if prefix in clashes), None)
        if topmost is not None:
            groups.setdefault(topmost, []).append(path)
    return tuple(tuple(group) for group in groups.values())


def why_unshowable(text: str) -> str | None:
    """Return the reason why a name cannot be printed, in a few words; None where it can."""
    if text.isascii() and text.isprintable():
        return None
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "it is not UTF-8"
    if any(unicodedata.category(character) in _UNSHOWABLE for character in text):
        return "it holds a control character"
    # Loaded only here: its patterns take long to compile.
    from agentsync.model.invisible import hidden_places

    place = next(iter(hidden_places(text)), None)
    return f"it holds the invisible character U+{ord(text[place]):04X}" if place is not None else None


def _why_unsafe_characters(text: str) -> str | None:
    if reason := why_unshowable(text):
        return reason
    if "\\" in text:
        return "it holds a backslash, which separates folders on Windows"
    if ":" in text:
        return "it holds a colon, which Windows reads as a drive or a stream"
    found = re.search(_NOT_ON_WINDOWS, text)
    return f"it holds {found.group()}, which no name on Windows may" if found else None


def _why_unsafe_component(component: str) -> str | None:
    if not component:
        return "it has an empty component"
    if component in {".", ".."}:
        return f"it has a component '{component}'"
    if component[-1] == "." or component[-1].isspace():
        return f"'{component}' ends with a dot or a blank, which Windows drops"
    if component.casefold() in {".git", "git~1"}:
        return f"'{_shown(component)}' belongs to git"
    if is_device(component):
        return f"'{component}' is a device on Windows"
    if len(component.encode()) > MAX_COMPONENT_BYTES:
        return f"a component is longer than {MAX_COMPONENT_BYTES} bytes"
    return None


def is_device(component: str) -> bool:
    """Return whether Windows takes a name for a device, whatever its ending is.

    >>> is_device("aux.md"), is_device("Com1"), is_device("auxiliary")
    (True, True, False)
    """
    return re.fullmatch(_DEVICE, component) is not None


def _shown(text: str) -> str:
    """Return the path with unprintable characters escaped, shortened to 200 characters."""
    escaped = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
    return escaped if len(escaped) <= 200 else escaped[:199] + "…"


def is_litter(path: str) -> bool:
    """Return whether a file is litter, by its POSIX path.

    >>> is_litter("skills/pdf/__pycache__/fill.cpython-311.pyc"), is_litter(".DS_Store"), is_litter("pyc")
    (True, True, False)
    """
    return is_system_litter(path) or _PYTHON.search(path) is not None


def is_system_litter(path: str) -> bool:
    """Return whether a desktop wrote a file, which therefore is in no pack.

    >>> is_system_litter("skills/pdf/Desktop.ini"), is_system_litter("skills/pdf/._fill.py"), is_system_litter("a.pyc")
    (True, True, False)
    """
    name = path[path.rfind("/") + 1 :]
    return name.startswith(_BESIDE) or name.lower() in _NOTES or name.lower().endswith(_STREAM)
