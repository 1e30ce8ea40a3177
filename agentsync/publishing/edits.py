"""The files that a release changes: the pack's changelog, and the number in plug-in files that state one."""

import json
import posixpath
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from packaging.version import Version

from agentsync.disk.author_tree import AuthorTree
from agentsync.documents import json as json_document
from agentsync.documents.document import DocumentError
from agentsync.formats.json_text import read_json
from agentsync.model.pack import Contents
from agentsync.model.working_tree import to_lf
from agentsync.packs.pack_file import PLUGIN_FILES
from agentsync.publishing.changelog import CHANGELOG, with_release
from agentsync.publishing.planned import Edit


class Facts(NamedTuple):
    """What a release writes into the files of its pack.

    Args:
        version: as it is written, and as it is read.
        date: of the release, `2026-01-05`.
        subjects: of the commits since the last one.
    """

    written: str
    version: Version
    date: str
    subjects: Sequence[str]
    tag: str


class Edits(NamedTuple):
    """The edits of a release by path from the top of the repository, and its section of the changelog."""

    files: dict[str, Edit]
    section: str


def edits_for(folder: str, head: Contents, tree: AuthorTree, changed: Collection[str], facts: Facts) -> Edits:
    """Return what a release writes; a file that an interrupted run has written already is as that run wrote it.

    Args:
        folder: that of the pack.
        head: the files of the pack in the last commit.
        tree: the working tree.
        changed: the files that are not as in the last commit.
    """
    found: dict[str, Edit] = {}
    section = ""

    def with_section(data: bytes | None) -> bytes:
        nonlocal section
        text = (data or b"").decode("utf-8", "surrogateescape")
        log = with_release(text, facts.version, facts.date, facts.subjects, facts.tag, written=facts.written)
        section = log.section
        return log.text.encode("utf-8", "surrogateescape")

    for name, edit in ((CHANGELOG, with_section), *_plugin_edits(head, facts.written)):
        path = posixpath.join(folder, name)
        known, there = _committed(head, name), tree.read(path)
        if path in changed:
            after = edit(known)
            if there is not None and to_lf(there) == to_lf(after):
                found[path] = Edit(there, there)
            continue
        before = known if there is None else there
        after = edit(before)
        if after != before:
            found[path] = Edit(there, after)
    return Edits(found, section)


def _committed(head: Contents, name: str) -> bytes | None:
    entry = head.entries.get(name)
    return head.read([name])[name] if entry is not None and entry.is_plain else None


def _plugin_edits(head: Contents, version: str) -> Iterator[tuple[str, Callable[[bytes | None], bytes]]]:
    """Yield the plug-in files that state a version, each with its edit."""

    def edit(data: bytes | None) -> bytes:
        return json_document.replace(data, "/version", json.dumps(version).encode()).data or b""

    for name in PLUGIN_FILES:
        if (data := _committed(head, name)) is not None and _states_version(data):
            yield name, edit


def _states_version(data: bytes) -> bool:
    try:
        found = json_document.read(data).find("/version")
    except DocumentError:
        return False
    return found is not None and isinstance(json.loads(found.content), str)


def stated_version(data: bytes, name: str) -> str:
    """Return the version that a list of plug-ins states for one of them, "" for none."""
    try:
        document = read_json(data)
    except ValueError:
        return ""
    plugins = document.get("plugins") if isinstance(document, dict) else None
    for one in plugins if isinstance(plugins, list) else ():
        if isinstance(one, dict) and one.get("name") == name and isinstance(one.get("version"), str):
            return str(one["version"])
    return ""
