"""One place for many AI tools: skills are one format, and lie in the fewest folders that serve all tools of a pack."""

from __future__ import annotations

from collections.abc import Sequence

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Tool


def sharing(tools: Sequence[Tool]) -> Sequence[Tool]:
    """Return AI tools with their skills in the fewest folders.

    What a tool needs that reads no other folder is there in any case. Each other tool takes the first of these that
    it reads, else its own.
    """
    own = {tool.name: folder for tool in tools if (folder := _own(tool))}
    there = {own[tool.name] for tool in tools if tool.name in own and not tool.skills}
    found = []
    for tool in tools:
        if tool.name not in own:
            found.append(tool)
            continue
        folder = next((one for one in (*tool.skills, own[tool.name]) if one in there), own[tool.name])
        there.add(folder)
        found.append(tool if folder == own[tool.name] else _in(tool, folder))
    return found


def read_twice(tools: Sequence[Tool]) -> dict[str, tuple[str, ...]]:
    """Return the AI tools that read several of the folders in which the skills of a pack are, with these folders."""
    there = {_own(tool) for tool in sharing(tools)}
    read = {
        tool.name: tuple(one for one in dict.fromkeys((*tool.skills, _own(tool))) if one in there) for tool in tools
    }
    return {name: folders for name, folders in read.items() if len(folders) > 1}


def _own(tool: Tool) -> str:
    places = tool.places.get(Kind.SKILL, ())
    return next((place.folder for place in places if isinstance(place, FolderPlace)), "")


def _in(tool: Tool, folder: str) -> Tool:
    places = tuple(
        place._replace(folder=folder) if isinstance(place, FolderPlace) else place for place in tool.places[Kind.SKILL]
    )
    return tool._replace(places={**tool.places, Kind.SKILL: places}, skills=(*tool.skills, _own(tool)))
