"""The folder of a static site, looked at before anything is written: its own files, and those of others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.disk.site_folder import SiteFolder
from agentsync.disk.site_record import MadeFile, Record, read_record
from agentsync.errors import UsageError
from agentsync.platform.files import SCRATCH

# Files of hosts, which stand in the root beside the site.
_OF_HOSTS: Final = frozenset((".nojekyll", "CNAME", "_headers", "_redirects", "robots.txt", ".gitignore"))
_MOST_TOLD: Final = 5


class SiteThere(NamedTuple):
    """What stands in the folder of a site: the sizes of its files, and the record of how they were made."""

    folder: SiteFolder
    sizes: Mapping[str, int]
    record: Record


def site_there(out: Path, name: str, what: str) -> SiteThere:
    """Look at a folder for a site.

    Args:
        name: of the file that the record is.
        what: the sort of site, such as `a catalogue`.

    Raises:
        UsageError: where it is no folder, or holds files of others.
    """
    folder = SiteFolder(out)
    if not folder.is_possible:
        raise UsageError(f"{folder.root} is no folder", hint="name another one with --out")
    sizes = folder.sizes()
    record = read_record(folder.read(name)) if name in sizes else Record()
    known = record.files if record is not None else {}
    foreign = sorted(path for path in sizes if path not in known and not _is_tolerated(path, known, name))
    if record is None or foreign:
        told = ", ".join(foreign[:_MOST_TOLD] or [name])
        rest = len(foreign) - _MOST_TOLD
        raise UsageError(
            f"{folder.root} holds files that are not of {what}",
            why=f"{told}{f' and {rest} more' if rest > 0 else ''}",
            hint="name an empty folder with --out, or move these files away",
        )
    return SiteThere(folder, sizes, record)


def _is_tolerated(path: str, known: Mapping[str, MadeFile], name: str) -> bool:
    """Return whether a file is nothing of the site and may be there: the record, of a host, of git, a scratch file."""
    if path == name or path in _OF_HOSTS or path == ".git" or path.startswith(".git/"):
        return True
    before = path.removesuffix(SCRATCH)
    return before != path and (before in known or before == name)
