"""All commands, by name and under the headings of the help."""

from __future__ import annotations

from typing import Final

from agentsync.cli.authors import AUTHORS
from agentsync.cli.edits import EDITS
from agentsync.cli.fleet import FLEET
from agentsync.cli.packs import INSTALLED, PACKS
from agentsync.cli.registries import REGISTRIES, TRUST
from agentsync.cli.table import Command, Group

HEADINGS: Final = (PACKS, EDITS, INSTALLED, TRUST, REGISTRIES, FLEET, AUTHORS)
MEMBERS: Final = {name: member for heading in HEADINGS for name, member in heading.members.items()}
GROUPS: Final = {name: member for name, member in MEMBERS.items() if isinstance(member, Group)}
ALIASES: Final = {alias: name for heading in HEADINGS for alias, name in heading.aliases.items()}
COMMANDS: Final = {
    f"{group} {name}".lstrip(): command
    for group, members in {"": MEMBERS, **{name: group.members for name, group in GROUPS.items()}}.items()
    for name, command in members.items()
    if isinstance(command, Command)
}
EXAMPLES: Final = {
    "": {
        "init": "start a project in this folder",
        "add github:owner/repo": "install what a repository offers",
        "update": "take newer versions; your edits are merged",
        "drift": "what CI asks: does the disk agree with the lock?",
    },
    **{name: group.examples for name, group in GROUPS.items()},
    **{name: command.examples for name, command in COMMANDS.items()},
}
