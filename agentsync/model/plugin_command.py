"""Commands of the hooks of a plug-in: the files of the plug-in that they name, and where each stands.

Source of the format: https://code.claude.com/docs/en/hooks, https://code.claude.com/docs/en/plugins-reference.
"""

import posixpath
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from agentsync.late import late

_ROOT: Final = r"\$(?:\{CLAUDE_PLUGIN_ROOT\}|CLAUDE_PLUGIN_ROOT(?![A-Za-z0-9_]))"
_OF_PLUGINS: Final = late(r"CLAUDE_PLUGIN_[A-Z]+")
# What the shell would not end a word at, or expand.
_BARE: Final = r"(/(?:[^\s;|&<>()\"'`$\\*?\[\]{}!#~]|\\.)*)"
# A word that is in quotes as a whole, one of which the root is, one in no quotes; and one inside of longer quotes.
_FORMS: Final = {
    "": tuple(
        late(form)
        for form in (rf'"{_ROOT}(/[^"$`\\]*)"', rf"'{_ROOT}(/[^']*)'", rf'"{_ROOT}"{_BARE}', rf"{_ROOT}{_BARE}")
    ),
    '"': (late(rf"{_ROOT}(/[^\s;|&<>()\"'`$\\*?]*)"),),
    "'": (late(rf"{_ROOT}(/[^\s;|&<>()\"'`$\\*?]*)"),),
}
_STARTS: Final = late(_ROOT)


class Named(NamedTuple):
    """A file or folder of the pack in a command, and the quotes that it stands in, "" for none."""

    path: str
    quotes: str


Parts = tuple[str | Named, ...]


def parts_of(command: str, root: str, exists: Callable[[str], bool]) -> Parts:
    """Part a command at the files that it names in the plug-in.

    Args:
        root: the folder of the plug-in in its pack, "" for the pack's own root.
        exists: whether the pack has a file or folder.

    Raises:
        ValueError: where it names what is not there, or the plug-in as a whole.

    >>> parts_of('bash "${CLAUDE_PLUGIN_ROOT}/a.sh" -x', "", lambda path: path == "a.sh")
    ('bash ', Named(path='a.sh', quotes=''), ' -x')
    """
    found: list[str | Named] = []
    quotes, text, at = "", "", 0
    while at < len(command):
        matches = (match for form in _FORMS[quotes] if (match := form.match(command, at)))
        inside = ((path, match.end()) for match in matches if exists(path := _inside(root, match[1], quotes)))
        if (first := next(inside, None)) is not None:
            found += [text, Named(first[0], quotes)]
            text, at = "", first[1]
            continue
        if _STARTS.match(command, at):
            raise ValueError("its command names a file that the pack does not hold, or the whole folder of the plug-in")
        length = 2 if command[at] == "\\" and quotes != "'" else 1
        if command[at] in ('"', "'") and quotes in ("", command[at]):
            quotes = "" if quotes else command[at]
        text, at = text + command[at : at + length], at + length
    parts = tuple(part for part in (*found, text) if part)
    if other := next((hit for part in parts if isinstance(part, str) and (hit := _OF_PLUGINS.search(part))), None):
        raise ValueError(f"it needs {other[0]}, which only a plug-in has")
    return parts


def _inside(root: str, written: str, quotes: str) -> str:
    """Return a path behind the root of a plug-in as one of the pack, "" where it leaves the plug-in."""
    plain = written if quotes else re.sub(r"\\(.)", r"\1", written)
    path = posixpath.normpath(plain.lstrip("/") or ".")
    return "" if path == "." or path.startswith("../") or path == ".." else posixpath.join(root, path)
