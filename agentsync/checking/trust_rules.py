"""Rules of the group `trust`: what `install` refuses, and what a pack may do."""

from collections.abc import Callable, Iterator
from typing import Final

from agentsync.checking.found import Found
from agentsync.checking.subject import Subject, refused
from agentsync.model.finding import Level, Rule


def refused_files(subject: Subject) -> Iterator[Found]:
    """Yield the files that `install` refuses, with its own reason."""
    seen: set[str] = set()
    for one in refused(subject):
        is_hidden = one.rule is Rule.HIDDEN_TEXT
        if one.path in seen and not is_hidden:
            continue
        seen.add(one.path)
        found = Found(
            "hidden-text" if is_hidden else "refused-file", one.path, one.what, one.line or 1, one.column or 1
        )
        yield found._replace(
            fix="delete it, or write it as an escape outside of the header" if is_hidden else "",
            case="alone" if is_hidden and one.level is not Level.ERROR else "",
        )


RULES: Final[tuple[Callable[[Subject], Iterator[Found]], ...]] = (refused_files,)
