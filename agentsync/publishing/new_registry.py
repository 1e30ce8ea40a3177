"""The first files of a registry: `registry.yaml` with the packs that are there, and a README."""

from collections.abc import Iterator, Sequence
from typing import Final

from agentsync.formats.yaml_text import scalar
from agentsync.model.schemas import editor_line
from agentsync.publishing.proposals import Proposal
from agentsync.registries.registry_file import REGISTRY_VERSION

README: Final = "README.md"
_HEAD: Final = """\
# The packs of this repository. `agentsync registry check` says what is wrong with them.
registry: {version}
name: {name}
#description: What these packs have in common, in one line
"""
_PROPOSED: Final = """\
# Folders with items that were found here. Take the # away from those that are to be packs.
"""
_EMPTY: Final = """\
#  web:                       # `agentsync pack init packs/web` writes such an entry
#    path: packs/web
#    description: What it is for, in one line
"""
_README: Final = """\
# {name}

A registry of packs for AI coding tools: agents, skills, commands and rules, installed with agentsync.

```sh
agentsync registry add {name} {url}
agentsync search WORDS
agentsync add {name}/PACK
```

{packs}"""


def registry_text(name: str, packs: Sequence[Proposal], *, taken: bool) -> str:
    """Return the first `registry.yaml`.

    Args:
        packs: the packs that were found.
        taken: whether they are entries; else they are proposed in comments.
    """
    text = editor_line("registry") + _HEAD.format(version=REGISTRY_VERSION, name=scalar(name))
    if not packs:
        return f"{text}packs:\n{_EMPTY}"
    lines = [line for pack in packs for line in _entry(pack)]
    if taken:
        return f"{text}packs:\n" + "".join(f"  {line}\n" for line in lines)
    return f"{text}packs:\n{_PROPOSED}" + "".join(f"#  {line}\n" for line in lines)


def _entry(pack: Proposal) -> Iterator[str]:
    yield f"{scalar(pack.name)}:"
    yield f"  path: {scalar(pack.path or '.')}"
    if pack.description:
        yield f"  description: {scalar(pack.description)}"


def readme_text(name: str, url: str, packs: Sequence[Proposal]) -> str:
    """Return the first README of a registry."""
    rows = [f"- **{pack.name}**{f': {pack.description}' if pack.description else ''}\n" for pack in packs]
    return _README.format(name=name, url=url, packs="".join(rows)).rstrip() + "\n"
