"""The events of a YAML document, from the fastest parser that is installed.

Source of the format: YAML 1.1 as read by libyaml (https://pyyaml.org/wiki/LibYAML).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any


def yaml_events(text: str) -> Iterator[Any]:
    """Yield the parser's events, all of them up to the place where it fails.

    The scanner reads ahead of the events, and a version may stop there at a limit of its own, such
    as a depth. What stands before that place is yielded first, so that a caller's own limits hold
    with every version.
    Raises:
        yaml.YAMLError: where the text is not YAML, or is more than this parser takes.
        UnicodeEncodeError: where the text holds half of a surrogate pair.
    """
    # Loaded only here: most commands read nothing but a canonical lock, and YAML takes longer to load than that.
    import yaml

    loader: Any = getattr(yaml, "CLoader", yaml.Loader)
    seen = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            seen += 1
            yield event
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        if mark is not None:
            with suppress(yaml.YAMLError):
                yield from islice(yaml.parse(text[: mark.index], Loader=loader), seen, None)
        raise
