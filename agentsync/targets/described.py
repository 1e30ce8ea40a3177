"""A tool's places in words: what it takes of each kind, and where."""

from agentsync.model.item import Kind
from agentsync.targets.tool import CommandPlace, EntryPlace, FilePlace, Tool, ToolPlace

SHOWN = (Kind.AGENT, Kind.SKILL, Kind.COMMAND, Kind.RULE, Kind.MCP, Kind.HOOK)
NAMES = {
    Kind.AGENT: "agents",
    Kind.SKILL: "skills",
    Kind.COMMAND: "commands",
    Kind.RULE: "rules",
    Kind.MCP: "MCP servers",
    Kind.HOOK: "hooks",
}


def places_of(tool: Tool) -> dict[Kind, tuple[str, ...]]:
    """Return where a tool reads each kind that it takes, in the scope that it is seen in."""
    return {kind: tuple(map(shown_place, tool.places[kind])) for kind in SHOWN if tool.places.get(kind)}


def own_folders(tool: Tool) -> set[str]:
    """Return the folders that hold all a tool reads, but for those that several tools share."""
    return {above for home in tool.homes if (above := home.rpartition("/")[0]) not in ("", ".agents")}


def shown_place(place: ToolPlace) -> str:
    """Return a place as a pattern: NAME stands for an item, PATH for the folders above it too.

    >>> shown_place(FilePlace(".claude/agents")), shown_place(FilePlace(".github/agents", ".agent.md", nested=False))
    ('.claude/agents/PATH.md', '.github/agents/NAME.agent.md')
    """
    if isinstance(place, CommandPlace):
        return " ".join(place.command)
    if isinstance(place, EntryPlace):
        return f"{place.document}#{place.pointer}" if place.pointer else f"{place.document} (a section)"
    if isinstance(place, FilePlace):
        return f"{place.folder}/{'PATH' if place.nested else 'NAME'}{place.suffix or '.md'}"
    return f"{place.folder}/NAME/"
