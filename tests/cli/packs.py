"""Packs for the stories: small documents, and files whose bytes are easily lost on the way."""

from __future__ import annotations

from typing import Final

from tests.git_registry import File


def agent(name: str, body: str = "Help.\n") -> str:
    """An agent with a plain header."""
    return f"---\nname: {name}\ndescription: Knows about {name}.\n---\n{body}"


def skill(name: str, body: str = "Follow the steps.\n") -> str:
    """The SKILL.md of a skill."""
    return f"---\nname: {name}\ndescription: Does {name}.\n---\n{body}"


def registry_yaml(*packs: str, **facts: str) -> str:
    """A `registry.yaml` whose packs stand in `packs/NAME`; `facts` are more lines of single packs."""
    lines = ["registry: 1", "name: acme", "packs:"]
    for pack in packs:
        more = f", {facts[pack]}" if pack in facts else ""
        lines.append(f"  {pack}: {{path: packs/{pack}{more}}}")
    return "\n".join(lines) + "\n"


# Two releases of a pack with one agent.
TWO_RELEASES: Final = {
    "v1.0.0": {"agents/a.md": agent("a", "One.\n")},
    "v1.1.0": {"agents/a.md": agent("a", "Two.\n")},
}

SCRIPT: Final = "#!/bin/sh\necho filled\n"
BINARY: Final = bytes(range(256)) * 3

# One pack of every kind of item, in the state that most stories begin with.
TEAM: Final[dict[str, str | bytes | File]] = {
    "agents/designer.md": agent("designer", "Design the API.\n"),
    "agents/review/critic.md": agent("critic", "One\nTwo\nThree\n"),
    "commands/deploy.md": "Deploy it.\n",
    "commands/git/undo.md": "---\ndescription: Undo\n---\nUndo it.\n",
    "skills/pdf/SKILL.md": skill("pdf"),
    "skills/pdf/assets/logo.bin": BINARY,
    "skills/pdf/scripts/fill.sh": File(SCRIPT, executable=True),
    "skills/pdf/notes.txt": "No newline at the end",
}
TEAM_NEXT: Final = TEAM | {"agents/designer.md": agent("designer", "Design the API well.\n")}

# Every file here has bytes that a checkout, a filter or a parser that writes back would change.
ODD: Final[dict[str, str | bytes | File]] = {
    ".gitattributes": "*.md text eol=crlf ident\n*.bin filter=lfs diff=lfs merge=lfs\n",
    "agents/not-yaml.md": "---\nname: not-yaml\ndescription: Use it: when A: <example> 'so\n---\nBody $Id$\n",
    "agents/crlf.md": "---\r\nname: crlf\r\ndescription: Windows\r\n---\r\nOne\r\nTwo\n",
    "agents/bom.md": b"\xef\xbb\xbf---\nname: bom\ndescription: Marked\n---\nBody\n",
    "skills/pdf/latin.md": b"Caf\xe9, na\xefve \xff\n",
    "agents/no-newline.md": "---\nname: no-newline\ndescription: Ends here\n---\nThe end",
    "agents/no-body.md": "---\nname: no-body\ndescription: Only a header\n---\n",
    "agents/deep/down/nested.md": agent("nested"),
    "commands/plain.md": "No header at all\n",
    "commands/deep/spaces and ünïcode.md": "Run it\t\n\n\n",
    "commands/empty.md": "",
    "skills/pdf/SKILL.md": skill("pdf"),
    "skills/pdf/scripts/fill.sh": File(SCRIPT, executable=True),
    "skills/pdf/assets/logo.bin": BINARY,
    "skills/pdf/assets/empty": b"",
    "skills/pdf/.hidden/config": "kept\n",
    "README.md": "# Not an item\n",
}
ODD_INSTALLED: Final = tuple(path for path in ODD if path.startswith(("agents/", "commands/", "skills/")))
