"""Values of a header that is written for a tool."""

from collections.abc import Mapping


class Bare(str):
    """A text that stands as it is, for a tool that reads no quotes, or nothing at all."""

    __slots__ = ()


Value = str | bool | int | tuple[str, ...] | Mapping[str, str]
"""A text, a switch, a number, a list, or a table of texts."""
