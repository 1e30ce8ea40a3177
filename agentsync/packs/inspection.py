"""Inspection of the files of a pack: which are refused, with the reasons.

A refused file is one finding; the rest of its pack is taken. Nothing here reads a file that is
too large: names, modes and sizes are looked at before any bytes are asked for.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.errors import UnsafeError
from agentsync.formats.json_text import JsonError, read_json
from agentsync.late import late
from agentsync.model.finding import Finding, Rule
from agentsync.model.links import LINK, SUBMODULE
from agentsync.model.pack import Contents
from agentsync.model.policy import DEFAULT_LIMITS, Limits, in_words
from agentsync.model.rel_path import RelPath, twins, why_unsafe, why_unshowable
from agentsync.packs.content import content_finding, larger
from agentsync.packs.discovery import FoundItem
from agentsync.packs.pack_tree import PackTree
from agentsync.packs.yaml_powers import weigh_header

NOT_FILES: Final = {
    LINK: "a symlink",
    SUBMODULE: "a submodule: what it holds is in another repository",
}
_SETTINGS: Final = late(r"(?:.*/)?\.claude/settings[^/]*\.json", re.DOTALL)
# The JSON files that a tool reads.
_JSON: Final = late(
    r"(?:.*/)?(?:\.mcp\.json|\.lsp\.json|hooks/hooks\.json|\.(?:claude-plugin|github/plugin)/plugin\.json)", re.DOTALL
)


class Inspected(NamedTuple):
    """Result of inspecting the files of items.

    Args:
        files: every path that may be installed, sorted.
        refused: the finding for each other path, sorted.
        told: findings for which no file is refused.
    """

    files: tuple[str, ...]
    refused: Mapping[str, Finding]
    told: tuple[Finding, ...]


def inspect(pack: str, items: Sequence[FoundItem], contents: Contents, limits: Limits = DEFAULT_LIMITS) -> Inspected:
    """Look at every file that is to be installed; refuse a pack that is too large."""
    paths = sorted({path for item in items for path in item.files if not _is_followed(path, contents)})
    if len(paths) > limits.files:
        raise _too_large(pack, f"{len(paths):,} files, more than {limits.files:,}")
    found = dict(_by_name_and_mode(pack, paths, contents))
    found = {**dict(_by_item_name(pack, items)), **found}
    sizes = contents.sizes(path for path in paths if path not in found)
    found |= {path: larger(pack, path, limits.file) for path, size in sizes.items() if size > limits.file}
    if (size := sum(size for path, size in sizes.items() if path not in found)) > limits.pack:
        raise _too_large(pack, f"{size:,} bytes, more than {in_words(limits.pack)}")
    own = {item.path for item in items}
    for path, data in contents.read(path for path in sizes if path not in found).items():
        finding = (_by_encoding(pack, path, data) if path in own else None) or content_finding(pack, path, data, limits)
        if finding is not None:
            found[path] = finding
    refused = {path: found[path] for path in sorted(found) if found[path].is_refusal}
    told = tuple(found[path] for path in sorted(found) if path not in refused)
    return Inspected(tuple(path for path in paths if path not in refused), refused, told)


def readable(
    pack: str, paths: Iterable[str], contents: Contents, limits: Limits = DEFAULT_LIMITS
) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Return the files that may be read to discover items, and a finding for each that is too large for that.

    Refuse a pack whose documents are too large together.
    """
    sizes = contents.sizes(paths)
    taken = {path: size for path, size in sizes.items() if size <= limits.read}
    if (size := sum(taken.values())) > limits.pack:
        raise _too_large(pack, f"{size:,} bytes of documents, more than {in_words(limits.pack)}")
    return tuple(taken), tuple(larger(pack, path, limits.file) for path in sorted(sizes.keys() - taken.keys()))


def unreadable(pack: str, documents: Mapping[str, bytes], limits: Limits = DEFAULT_LIMITS) -> tuple[Finding, ...]:
    """Return a finding for each document that is no item only because its header must not be read."""
    return tuple(
        Finding(pack, path, heavy.reason, heavy.line, heavy.column)
        for path, data in sorted(documents.items())
        if path.lower().endswith(".md") and (heavy := weigh_header(data, limits))
    )


def _by_name_and_mode(pack: str, paths: Sequence[str], contents: Contents) -> Iterable[tuple[str, Finding]]:
    fine: list[RelPath] = []
    for path in paths:
        reason = why_unsafe(path) or _why_no_file(path, contents)
        if reason is not None:
            yield path, Finding(pack, path, reason)
        else:
            fine.append(RelPath(path))
    for group in twins(fine):
        # The usual spelling stays: a skill's own file, else the one in small letters.
        *others, stays = sorted(group, key=lambda path: (path.endswith("SKILL.md"), path))
        for path in others:
            yield path, Finding(pack, path, f"on some systems it is the same file as {stays}")


def _by_item_name(pack: str, items: Iterable[FoundItem]) -> Iterator[tuple[str, Finding]]:
    """Yield the items whose name could hide from a person, or change what is shown beside it."""
    for item in items:
        if (reason := why_unshowable(item.name)) is not None:
            yield item.path, Finding(pack, item.path, f"the name in its header is refused: {reason}")


def _is_followed(path: str, contents: Contents) -> bool:
    """Return whether a path is a link to a folder whose files are there below it."""
    return contents.entries[path].mode == LINK and path not in contents.links.broken


def _why_no_file(path: str, contents: Contents) -> str | None:
    """Return the reason not to install a path whatever its bytes are, None for none."""
    if _SETTINGS.fullmatch(path):
        return "the settings of Claude Code in a repository: they are never installed"
    mode = contents.entries[path].mode
    return contents.links.broken.get(path) or NOT_FILES.get(mode) if mode in NOT_FILES else None


def _by_encoding(pack: str, path: str, data: bytes) -> Finding | None:
    """Refuse an item's own file that is not UTF-8: each tool would read it as another text."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line_start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[line_start : error.start].decode("utf-8")) + 1
        return Finding(pack, path, "it is not UTF-8", data.count(b"\n", 0, error.start) + 1, column)
    return None


def _too_large(pack: str, why: str) -> UnsafeError:
    return UnsafeError(f"{pack} is too large to install", why=why, hint="choose items with `only:`")


def broken_json(pack: str, contents: Contents, limits: Limits = DEFAULT_LIMITS) -> Iterator[Finding]:
    """Yield a finding for each file of hooks, servers or plugin facts that is not JSON, with line and column."""
    tree = PackTree(contents.entries.keys())
    told = [path for path in sorted(contents.entries) if _JSON.fullmatch(path) and tree.folder(path).shipped]
    paths = [path for path in told if contents.entries[path].is_plain]
    sizes = contents.sizes(paths)
    for path, data in contents.read(path for path in paths if sizes[path] <= limits.read).items():
        try:
            _check(path, read_json(data))
        except JsonError as error:
            what = f"it cannot be read, and counts for nothing: {error.problem}"
            yield Finding(pack, path, what, error.line, error.column, rule=Rule.JSON_INVALID)


def _check(path: str, document: object) -> None:
    """Raise a JsonError for a document of another shape than tools read."""
    if not isinstance(document, dict):
        raise JsonError("it is no object")
    key = {"hooks.json": "hooks", ".mcp.json": "mcpServers", ".lsp.json": "lspServers"}.get(posixpath.basename(path))
    if key in document and not isinstance(document[key], dict):
        raise JsonError(f"`{key}` is no object")
