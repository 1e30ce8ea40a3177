"""Names as a file system keeps them: some list a name decomposed, and find a file in any form and case.

Sources: TN1150 (HFS Plus) on decomposed names; Unicode Standard Annex #15.
"""

# ruff: noqa: PTH118, PTH208 - a name may hold bytes that no text has

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

IN_UTF8: Final = "set LC_ALL=C.UTF-8 or PYTHONUTF8=1, and run the command again"
"""The next step of a person whose locale has no letters beyond ASCII, or has them in other bytes."""


def listed_names(folder: str | os.PathLike[str]) -> list[str]:
    """Return the names in a folder as the file system lists them."""
    return os.listdir(folder)


def listed(folder: Path) -> list[tuple[str, os.DirEntry[str]]]:
    """Return what is in a folder, each with its name as `composed` returns it."""
    with os.scandir(folder) as found:
        return [(composed(str(folder), entry.name), entry) for entry in found]


def composed(folder: str, name: str) -> str:
    """Return a listed name in normal form C, where the file system finds the same file by that form."""
    if name.isascii():
        return name
    form_c = unicodedata.normalize("NFC", name)
    is_other = form_c != name and os.path.lexists(os.path.join(folder, form_c)) and form_c not in os.listdir(folder)
    return form_c if is_other else name


def composed_path(top: Path, path: Path) -> str:
    """Return a listed path below a folder as POSIX text, each of its names as `composed` returns it."""
    text = path.relative_to(top).as_posix()
    if text.isascii():
        return text
    names = text.split("/")
    return "/".join(composed(str(top.joinpath(*names[:count])), name) for count, name in enumerate(names))


def is_one_file(one: str, other: str) -> bool:
    """Return whether two spellings of a path are one file here, and not two that lie beside each other."""
    if not (os.path.lexists(one) and os.path.lexists(other)):
        return False
    names = one.split("/"), other.split("/")
    for mine, theirs in zip(*(_prefixes(parts) for parts in names), strict=False):
        (folder, name), (_, twin) = mine, theirs
        if name != twin:
            listed = os.listdir(folder)
            return not (name in listed and twin in listed)
    return True


def _prefixes(parts: list[str]) -> list[tuple[str, str]]:
    """Return each component of a path with the folder that it is in."""
    return [("/".join(parts[:count]) or "/", name) for count, name in enumerate(parts)]


def other_spellings(top: Path, parts: Sequence[str]) -> Iterator[tuple[Path, Path]]:
    """Yield each component of a path below a folder that is listed in another case: as it is listed, and as named."""
    folder = top
    for name in parts:
        names = os.listdir(folder) if folder.is_dir() else []
        if (other := spelling(names, name)) and is_one_file(str(folder / other), str(folder / name)):
            yield folder / other, folder / name
        folder /= name


def spelling(names: list[str], name: str) -> str:
    """Return the listed name that differs in case, "" where the name itself is listed; no normal form counts."""
    forms = {unicodedata.normalize("NFC", one): one for one in names}
    wanted = unicodedata.normalize("NFC", name)
    if wanted in forms:
        return ""
    return next((one for form, one in forms.items() if form.casefold() == wanted.casefold()), "")
