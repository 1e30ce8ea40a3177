"""A YAML file before an edit, and the check that the edit did what it should and nothing else."""

from __future__ import annotations

from typing import Any, Final

from agentsync.errors import AgentsyncError
from agentsync.formats.yaml_edits import YamlEditor
from agentsync.formats.yaml_tree import Node, YamlError, plain, read_yaml

_BOM: Final = "\ufeff"


class EditedYaml:
    """The file before the edit.

    Args:
        text: valid YAML; YamlError is raised for any other.
        name: what the file is called in messages.
        failure: the error for a file that cannot be edited safely.
    """

    def __init__(self, text: str, name: str, failure: type[AgentsyncError]) -> None:
        # The parser counts its places from behind a byte order mark.
        self._bom = _BOM if text.startswith(_BOM) else ""
        body = text.removeprefix(_BOM)
        self._name, self._failure = name, failure
        self.root = read_yaml(body)
        self.editor = YamlEditor(body, self.root)

    @property
    def content(self) -> dict[str, Any]:
        """What the file says."""
        return plain_table(self.root)

    def checked(self, edited: str, expected: dict[str, Any], hint: str) -> str:
        """Return an edited text once it says what is expected, in which order is no matter."""
        try:
            if plain(read_yaml(edited)) == expected:
                return self._bom + edited
        except YamlError:
            pass
        raise self._failure(f"{self._name} is written in a way that cannot be edited safely", hint=hint)


def plain_table(node: Node | None) -> dict[str, Any]:
    """Return what a mapping says; an empty one for anything else."""
    found = plain(node)
    return found if isinstance(found, dict) else {}
