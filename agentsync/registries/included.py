"""The files that a `registry.yaml` takes packs from: `packs: {include: [GLOB]}`, at the same commit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

from agentsync.formats.section import Section
from agentsync.formats.yaml_tree import Items, Node
from agentsync.model.pack import Contents

INCLUDE: Final = "include"
MOST_FILES: Final = 1_000
# To read ten thousand packs takes half a second, and most lists of packs include none.
_MAY: Final = re.compile(rf"""(?:^|[\s{{,'"]){INCLUDE}['"]?[ \t]*:""")


def may_include(text: str) -> bool:
    """Return whether a `registry.yaml` may take packs from other files."""
    return INCLUDE in text and _MAY.search(text) is not None


def included_paths(packs: Section, contents: Contents, own: str) -> list[str]:
    """Return the files that the packs of a list are in beside it, sorted.

    Args:
        packs: the section `packs` of the list.
        contents: the repository that the list is in.
        own: the path of the list.

    Raises:
        AgentsyncError: of the section, where a glob leads to no file, or to one that is not taken.
    """
    node, found = packs.node(INCLUDE), set[str]()
    for item in node.value if isinstance(node, Items) else ():
        paths = _paths(packs, item, contents)
        if own in paths:
            raise packs.problem(item, f"{own} cannot include itself", hint="name other files, such as packs/*.yaml")
        found.update(paths)
        if len(found) > MOST_FILES:
            raise packs.problem(item, f"more than {MOST_FILES:,} files are included", hint="put packs into fewer files")
    return sorted(found)


def _paths(packs: Section, item: Node, contents: Contents) -> list[str]:
    glob = packs.as_text(item, INCLUDE)
    parts = glob.removeprefix("./").split("/")
    if "\\" in glob or any(part in ("", ".", "..") for part in parts):
        hint = "write it from the top of the repository, such as packs/*.yaml"
        raise packs.problem(item, f"{glob!r} leaves the repository", hint=hint)
    paths = [path for path in contents.entries if fits(path.split("/"), parts)]
    if not paths:
        raise packs.problem(item, f"no file fits {glob!r}", hint="* stands for a part of one name, ** for folders")
    for path in paths:
        if path in contents.links.origins or not contents.entries[path].is_plain:
            raise packs.problem(item, f"{path} is no plain file", hint="a link is not followed here")
    return paths


def fits(path: Sequence[str], glob: Sequence[str]) -> bool:
    """Return whether the parts of a path are those that a glob stands for; `**` stands for any number of folders."""
    if not glob:
        return not path
    if glob[0] == "**":
        return any(fits(path[start:], glob[1:]) for start in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], glob[0]) and fits(path[1:], glob[1:])


def refuse_nested(packs: Section) -> None:
    """Raise the error for an included file that includes others."""
    if isinstance(node := packs.node(INCLUDE), Items):
        raise packs.problem(node, "an included file cannot include others", hint="name all files in registry.yaml")
