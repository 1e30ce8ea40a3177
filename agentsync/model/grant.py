"""Grants: the power that an item asks for, one word each, and the comparison of two sets of them.

* `*`: every tool; else the classes of the tools that are allowed, `read`, `write`, `exec`, `net`, `spawn`, `mcp`,
  and `tool:NAME` for a tool that no class is known of
* `without:NAME`: a tool that is denied, beside `*`; `only:NAME(SCOPE)`: a tool that is allowed for some uses only
* `residue:TARGET:CLASS`: a class of tools that the item has in one AI tool, which cannot take it away
* `hook-file:NAME:DIGEST`: a file that hooks run or read; `hides:DOCUMENT:NAMES`: the servers of a document that is not
  read any more, as another one is there
* `unread:TARGET`: an edit of what that AI tool reads, whose power is not known
* `permission:MODE`, `hook:EVENT:DIGEST`, `mcp-server:NAME[:DIGEST]`, `auto-run:DIGEST` (a command that runs as the
  item is loaded), `executable` (programs among its files), `model-invocable`, `memory:SCOPE`, `background`,
  `context:fork`, `preload:SKILL`, `initial-prompt:DIGEST`

`without:` and `only:` take power away: to lose one of them is a gain.
"""

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from agentsync.late import late

ALL: Final = "*"
CLASSES: Final = ("read", "write", "exec", "net", "spawn", "mcp")
EXECUTABLE: Final = "executable"
INVOCABLE: Final = "model-invocable"
RESIDUE: Final = "residue:"
FOR_TOOL: Final = "for:"
OF_CONTENT: Final = ("hook:", "hook-file:", "mcp-server:", FOR_TOOL)
"""The beginnings of the grants of a hook or a server as a whole: by the digest of what it runs, and by tool."""
UNREAD: Final = "unread:"
# Grants that need a yes at the first install too.
_ALWAYS_ASKED: Final = (*OF_CONTENT, "hides:", RESIDUE)
_NARROW_MODES: Final = ("permission:plan", "permission:default")

_TOOLS: Final = {
    "read": "read grep glob ls view notebookread bashoutput taskoutput todoread search codebase usages problems "
    "changes searchresults githubrepo lsp readfile list_directory read_file",
    "write": "write edit multiedit notebookedit edits editfiles createfile apply_patch str_replace write_file",
    "exec": "bash powershell killshell killbash taskstop execute shell terminal runcommands runcommand runtasks "
    "runtests run_in_terminal runinterminal python computer bash_20250124",
    "net": "webfetch websearch web fetch openbrowser opensimplebrowser browser",
    "spawn": "task agent runsubagent sendmessage teamcreate croncreate workflow handoff",
    "mcp": "listmcpresources listmcpresourcestool readmcpresource readmcpresourcetool",
    "": "todowrite todo todos askuserquestion askuser exitplanmode enterplanmode skill slashcommand taskcreate "
    "tasklist taskget taskupdate toolsearch sleep think",
}
_CLASS_OF: Final = {tool: name for name, tools in _TOOLS.items() for tool in tools.split()}
_LIMIT: Final = late(r"only:([^(]+)\(")


def class_of(tool: str) -> str | None:
    """Return the class of a tool, "" for one without power, None for one that is not known.

    >>> class_of("Bash"), class_of("mcp__github__merge"), class_of("search/codebase"), class_of("Frobnicate")
    ('exec', 'mcp', 'read', None)
    """
    low = tool.strip().lower()
    if low.startswith("mcp__"):
        return "mcp"
    if low in _CLASS_OF:
        return _CLASS_OF[low]
    family, slash, _ = low.partition("/")
    return _CLASS_OF.get(family, "mcp") if slash else None


def asks_for(grants: Collection[str], wanted: str) -> bool:
    """Return whether power is among grants: a glob over them, the word before their first colon, or a class of tools.

    A class is asked for by all tools (`*`) too, by one of its tools for some uses, and by residue.

    >>> asks_for(["*"], "net"), asks_for(["only:WebFetch(domain:x)"], "net"), asks_for(["residue:cursor:net"], "net")
    (True, True, True)
    >>> asks_for(["read"], "net"), asks_for(["mcp-server:db:6e9f8c57"], "mcp-server"), asks_for(["hook:Stop:1"], "h*")
    (False, True, True)
    """
    if any(grant.partition(":")[0] == wanted or fnmatchcase(grant, wanted) for grant in grants):
        return True
    if wanted not in CLASSES:
        return False
    limited = {class_of(tool) for tool in _limits(set(grants))}
    residue = {grant.rpartition(":")[2] for grant in grants if grant.startswith(RESIDUE)}
    return ALL in grants or wanted in limited | residue


def gained(before: Collection[str], after: Collection[str]) -> tuple[str, ...]:
    """Return what a set of grants allows beyond another one, sorted.

    >>> gained(["read"], ["*"]), gained(["*"], ["exec"]), gained(["*", "without:Bash"], ["*"])
    (('*',), (), ('tool:Bash',))
    """
    return tuple(sorted(set(_gained(set(before), set(after)))))


def lost(before: Collection[str], after: Collection[str]) -> tuple[str, ...]:
    """Return the words of one set of grants that another one does not have, sorted."""
    return tuple(sorted(set(before) - set(after)))


def always_asked(grants: Collection[str]) -> tuple[str, ...]:
    """Return the grants that need a yes whenever they are new: hooks, MCP servers and residue."""
    return tuple(sorted(grant for grant in grants if grant.startswith(_ALWAYS_ASKED)))


def _gained(before: set[str], after: set[str]) -> Iterator[str]:
    denied = {grant.partition(":")[2] for grant in before if grant.startswith("without:")}
    denied_classes = {class_of(tool) for tool in denied}
    for grant in after - before:
        if grant.startswith(("without:", *_NARROW_MODES)):
            continue
        if ALL in before and grant.startswith("tool:"):
            if grant.partition(":")[2] in denied:
                yield grant
        elif ALL in before and grant in CLASSES:
            if grant in denied_classes:
                yield grant
        elif not grant.startswith("only:"):
            yield grant
    if ALL in after:
        yield from (f"tool:{tool}" for tool in denied if f"without:{tool}" not in after)
    modes = {grant for grant in after if grant.startswith("permission:")}
    if "permission:plan" in before and not modes:
        yield "permission:default"
    yield from _wider(before, after)


def _wider(before: set[str], after: set[str]) -> Iterator[str]:
    """Yield the tools that were allowed for some uses, and now are for others or for all."""
    was, now = _limits(before), _limits(after)
    for tool in was.keys() | now.keys():
        name = class_of(tool) or f"tool:{tool}"
        if tool not in now:
            if name in after or ALL in after:
                yield f"tool:{tool}"
        elif tool in was or (name not in before and ALL not in before):
            yield from now[tool] - was.get(tool, set())


def _limits(grants: set[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for grant in grants:
        if limit := _LIMIT.match(grant):
            found.setdefault(limit[1], set()).add(grant)
    return found


class Gainer(NamedTuple):
    """An item of a pack that would gain grants; a pack of this name from another source is another pack."""

    pack: str
    source: str
    item: str


class GrantChange(NamedTuple):
    """The difference of an item's grants between two locks; `asks` are the gained ones that need a yes."""

    pack: str
    item: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    asks: tuple[str, ...] = ()
    is_new: bool = False
