"""The pages about AI tools, made from their data: one with a table of all, and one of each.

`AGENTSYNC_UPDATE_PAGES=1 pytest tests/targets/test_pages.py` writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from agentsync.model.names import ScopeName
from agentsync.rendering.agent_form import AgentForm, Denials, ToolList
from agentsync.rendering.command_form import CommandForm
from agentsync.rendering.rendered import verbatim
from agentsync.rendering.rule_form import Meaning, Part, RuleForm
from agentsync.rendering.value import Bare
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.described import NAMES, SHOWN, places_of
from agentsync.targets.tool import FilePlace, Tool

INTRO: Final = """# AI tools

A pack is written once, in the format of Claude Code, and installed for every tool that `targets:` of the
[manifest](../reference/manifest.md) names. Where a tool reads another format, agentsync writes that format.
It never gives an item more power than its source has: what a tool cannot take away needs a yes, and what it
cannot express is left out. Every loss is told, at the first install and in `--json`. A pack may ship a file
in a tool's own format as well: that tool gets this file as it is, and no other tool does.

Skills have one format. They are in the fewest folders that serve all tools: `.claude/skills` where
`claude-code` is a target, `.agents/skills` for the tools that read that, else a tool's own folder.

`agentsync targets` lists the tools with what each takes, `agentsync targets NAME` the places of one.

"""
POWER: Final = {
    ToolList: "a list of tools: an agent gets those of its source that the tool has a name for",
    Denials: "denials alone: what the source may not use is denied, and nothing is allowed that you did not allow",
}
SWITCHES: Final = "switches: where a part of a power cannot be taken away alone, all of it is"
PARTS: Final = {
    Part.DESCRIPTION: "the description",
    Part.DESCRIBED: "the description",
    Part.NAME: "the name",
    Part.LIST: "the globs, a list",
    Part.JOINED: "the globs, with commas",
    Part.BARE: "the globs, with commas and without quotes",
}
MEANINGS: Final = {
    Meaning.ALWAYS: "that always holds",
    Meaning.FILES: "for some files",
    Meaning.FITS: "for where its description fits",
    Meaning.MANUAL: "that is called by its name",
}


def pages() -> dict[str, str]:
    """Return the text of every page by its path below `docs/tools`."""
    table = "\n".join(_table())
    return {
        "index.md": f"{INTRO}{table}\n",
        **{f"{name}.md": "\n".join(_page(tool)) + "\n" for name, tool in TOOLS.items()},
    }


def _table() -> Iterator[str]:
    yield f"| tool | {' | '.join(NAMES[kind] for kind in SHOWN)} |"
    yield f"|---{'|---' * len(SHOWN)}|"
    for tool in TOOLS.values():
        found = places_of(tool)
        cells = ("<br>".join(f"`{place}`" for place in found.get(kind, ())) or "-" for kind in SHOWN)
        yield f"| [{tool.name}]({tool.name}.md) | {' | '.join(cells)} |"


def _page(tool: Tool) -> Iterator[str]:
    yield f"# {tool.name}"
    yield ""
    yield f"Documented at <{tool.docs}>. Form {tool.form}."
    yield ""
    yield "| kind | in a project | for the user | source |"
    yield "|---|---|---|---|"
    project, user = places_of(tool), places_of(tool.within(ScopeName.USER))
    for kind in (kind for kind in SHOWN if kind in project or kind in user):
        here, there = ("<br>".join(f"`{place}`" for place in found.get(kind, ())) or "-" for found in (project, user))
        yield f"| {NAMES[kind]} | {here} | {there} | <{tool.sources[kind]}> |"
    if tool.roots:
        yield ""
        moved = (f"`{root.variable}` moves `{root.folder}`" for root in tool.roots)
        yield f"In the user's home, {', '.join(moved)}."
    if tool.skills:
        yield ""
        yield f"Skills are read in {', '.join(f'`{folder}`' for folder in tool.skills)} as well."
    places = (place for found in tool.places.values() for place in found if isinstance(place, FilePlace))
    for line in dict.fromkeys(line for place in places for line in _form(place.render)):
        yield ""
        yield line
    for note in tool.notes:
        yield ""
        yield f"{note.text[0].upper()}{note.text[1:]}."
    for reading in tool.reads_too:
        yield ""
        unless = f", where there is no `{reading.unless}`" if reading.unless else ""
        yield f"Rules in `{reading.place}` are read too{unless}."


def _form(render: Callable[..., object]) -> Iterator[str]:
    """Yield what a form does, in sentences."""
    form = render.args[0] if isinstance(render, partial) and render.args else None
    if render is verbatim:
        yield "Agents and commands are taken as they are."
    elif isinstance(form, AgentForm):
        yield from _agents(form)
    elif isinstance(form, CommandForm):
        yield from _commands(form)
    elif isinstance(form, RuleForm):
        yield from _rules(form)


def _agents(form: AgentForm) -> Iterator[str]:
    yield f"Agents: {POWER.get(type(form.power), SWITCHES)}."
    needs = ["a description"] if form.needs_description else []
    if form.least_body:
        needs.append("a text" if form.least_body == 1 else f"a text of {form.least_body} characters or more")
    if needs:
        yield f"An agent needs {' and '.join(needs)}."


def _commands(form: CommandForm) -> Iterator[str]:
    typed = f"`$ARGUMENTS` becomes `{form.typed}`" if form.typed else "`$ARGUMENTS` stands there as text"
    words = "stays" if form.words else "is refused" if form.typed else "stands there as text"
    runs = "is refused" if form.runs is None else f"becomes `{form.runs[0]}command{form.runs[1]}`"
    if form.runs == ("!`", "`"):
        runs = "stays"
    yield f"Commands: {typed}, `$1` {words}, what runs at load (`` !`command` ``) {runs}."
    if form.expands:
        yield f"A command whose text holds {', '.join(f'`{text}`' for text in form.expands)} is refused."


def _rules(form: RuleForm) -> Iterator[str]:
    for meaning, words in MEANINGS.items():
        if meaning in form.headers:
            keys = (f"`{key}` {_part(part)}".strip() for key, part in form.headers[meaning])
            yield f"A rule {words}: {', '.join(keys) or 'no header'}."
        else:
            yield f"A rule {words} is refused."
    if form.native:
        yield f"A rule that is written as `*{form.native}` is taken as it is."


def _part(part: Part | Bare) -> str:
    if isinstance(part, Bare):
        return f"`{part}`" if part else "empty"
    return PARTS[part]
