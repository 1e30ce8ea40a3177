"""Regular expressions that are compiled when they are first used: a command uses few of those that it loads."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class LatePattern:
    """A pattern that is compiled when an attribute of it is first asked for; then each is as fast as the pattern's."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._arguments = pattern, flags

    def __getattr__(self, name: str) -> Any:
        if name == "compiled":
            found: Any = re.compile(*self._arguments)
        else:
            found = getattr(self.compiled, name)
        self.__dict__[name] = found
        return found


def late(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a pattern that is compiled when it is first used; only its methods and attributes may be used."""
    return cast("re.Pattern[AnyStr]", LatePattern(pattern, flags))
