"""Context cost: about how many tokens of a model's context an item takes.

The estimate is four bytes for a token. What a tool lists of an item, its name and description, is taken always; its own
file when the item is used. The other files of a skill are not counted: a model reads those that it needs.
"""

from typing import Final, NamedTuple

from agentsync.model.item import Kind
from agentsync.packs.frontmatter import read_document

_BYTES_PER_TOKEN: Final = 4
LISTED: Final = (Kind.AGENT, Kind.SKILL, Kind.COMMAND)


class Cost(NamedTuple):
    """About how many tokens of a model's context an item takes: always, and when it is used."""

    always: int
    used: int

    def plus(self, other: "Cost") -> "Cost":
        """Return the cost of both."""
        return Cost(self.always + other.always, self.used + other.used)


def cost_of(name: str, description: str, size: int) -> Cost:
    """Return the cost of an item by its name, its description and the bytes of its own file."""
    return Cost(_tokens(len(name.encode()) + len(description.encode())), _tokens(size))


def cost_in(name: str, data: bytes) -> Cost:
    """Return the cost of an item by the bytes of its own file."""
    described = read_document(data).fields.get("description")
    return cost_of(name, described.strip() if isinstance(described, str) else "", len(data))


def _tokens(size: int) -> int:
    return -(-size // _BYTES_PER_TOKEN)
