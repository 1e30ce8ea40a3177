"""The first files of a pack: one of each kind that is asked for, with what an author needs to know in comments."""

from collections.abc import Collection, Iterator
from typing import Final

from agentsync.model.item import Kind
from agentsync.model.plain_name import LONGEST
from agentsync.model.schemas import editor_line
from agentsync.packs.pack_file import PACK_FILE

KINDS: Final = (Kind.AGENT, Kind.SKILL, Kind.COMMAND)
DEFAULT_KINDS: Final = (Kind.AGENT, Kind.SKILL)

_PACK: Final = """\
# What this pack says of itself. Only its files are needed: every line here may go.
name: {name}
description: Agents and skills for {name}     # one line, which people and `agentsync search` find it by

#requires:                                    # other packs that are installed with this one
#  base: ">=1"
#exclude: [drafts]                            # files and folders that are no part of the pack
"""
_AGENT: Final = """\
---
name: {name}
# When to use it, in words that a task would have: this line is all that is read to choose an agent.
description: Reviews changes in {name} and says what to mend. Use it after a change, before a commit.
# What it may do. Without this line it may do everything, and each user is told so.
tools: Read, Grep, Glob
---

You review changes in {name}.

1. Read what changed, and what depends on it.
2. Look for what breaks, what is missing, and what could be simpler.
3. Answer with a list: file and line, what is wrong, what to write instead. Begin with what matters most.
"""
_SKILL: Final = """\
---
name: {name}
# What it does and when to use it: this line is always in the context, all below only when it is used.
description: How to work on {name}, step by step. Use it when a task is about {name}.
---

# {name}

1. Say in one sentence what is asked for.
2. Find the files that it is about.
3. Change them in small steps, and check each one.

Longer material belongs in files beside this one, such as `references/`, which are read when they are needed.
"""
_COMMAND: Final = """\
---
# What it does, as people see it in the list of commands.
description: Summarise what changed in {name}
---

Summarise what changed in {name} since the last release, for a reader who does not know the code: at most ten lines,
the most important first.
"""


def first_files(name: str, kinds: Collection[Kind]) -> dict[str, str]:
    """Return the files of a new pack, by their paths in it."""
    return {PACK_FILE: editor_line("pack") + _PACK.format(name=name), **dict(_items(name, kinds))}


def _items(name: str, kinds: Collection[Kind]) -> Iterator[tuple[str, str]]:
    if Kind.AGENT in kinds:
        yield f"agents/{name}.md", _AGENT.format(name=name)
    if Kind.SKILL in kinds:
        yield f"skills/{name}/SKILL.md", _SKILL.format(name=name)
    if Kind.COMMAND in kinds:
        # A skill and a command of one name are called by the same word.
        own = f"{name[: LONGEST - len('-changes')].rstrip('-')}-changes" if Kind.SKILL in kinds else name
        yield f"commands/{own}.md", _COMMAND.format(name=name)
