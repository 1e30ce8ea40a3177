"""The vocabulary in which a tool's file says how it reads rules: which of them it has, and their headers."""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import NamedTuple

from agentsync.rendering.value import Bare


class Meaning(StrEnum):
    """When a rule holds."""

    ALWAYS = "always"
    FILES = "files"
    FITS = "fits"
    MANUAL = "manual"


class Part(Enum):
    """The value that a tool writes behind a key of a rule's header."""

    DESCRIPTION = "the description, and no key without one"
    DESCRIBED = "the description, or nothing behind the key"
    NAME = "the rule's name"
    LIST = "the globs as a list"
    JOINED = "the globs with commas between them"
    BARE = "the same, and no quotes around it"


Header = tuple[tuple[str, Part | Bare], ...]


class RuleForm(NamedTuple):
    """The rules of one tool, as files.

    Args:
        native: how the files end that are its own dialect, which are taken as they are; "" for none.
        headers: the header of each meaning that it has, without lines for none.
    """

    native: str
    headers: Mapping[Meaning, Header]


class SectionForm(NamedTuple):
    """The rules of a tool that has no files for them: sections of a document that is for all files."""

    document: str
