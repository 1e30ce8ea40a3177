"""Claude Code's own loader, as far as it decides about a header.

It wants the header in the first byte of the file, and ends it at the first three dashes, even
in the middle of a line. Where the text is not YAML it puts the value of every `key: value` line
that holds special characters into double quotes and tries once more; where that fails too, every
field is lost. The second try does not touch lines that end in CRLF.

Sources: the changelog of Claude Code (2.1.69, 2.1.186) and the validator that Anthropic publishes
with its plugins, `.github/scripts/validate-frontmatter.ts` in `anthropics/claude-plugins-official`.
"""

from __future__ import annotations

from typing import Final

from agentsync.formats.yaml_tree import Table, Text, YamlError, read_yaml
from agentsync.late import late
from agentsync.model.item import ClaudeCode
from agentsync.packs.header_block import DISPUTED_LINE_ENDS

_KEY: Final = late(r"[A-Za-z_-]+:(?=\s)")
_SPECIAL: Final = late(r"[{}\[\]*&#!|>%@`]|: ")
# What the dot of a JavaScript pattern does not match; a value that holds one stays without quotes.
_LINE_ENDS: Final = late("[\r\n\u2028\u2029]")


def claude_code_reads(head: bytes, text: str, *, strict: bool) -> ClaudeCode:
    """Tell how Claude Code would load a header: OK, QUOTED where it needs the second try, or DROPPED.

    Args:
        head: the file up to the end of the closing line of its header.
        strict: whether that text is known to be a YAML mapping, or nothing at all.
    """
    found = _cut_out(head.decode("utf-8", "replace").removeprefix("\ufeff"))
    if found is None:
        return ClaudeCode.DROPPED
    if (strict and found == text) or _loads(found):
        return ClaudeCode.OK
    quoted = "\n".join(map(_quote, found.split("\n")))
    return ClaudeCode.QUOTED if quoted != found and _loads(quoted) else ClaudeCode.DROPPED


def _cut_out(text: str) -> str | None:
    if not text.startswith("---"):
        return None
    rest = text[3:]
    line_end = rest.rfind("\n", 0, len(rest) - len(rest.lstrip()))
    close = rest.find("---", line_end + 1)
    return None if line_end < 0 or close < 0 else rest[line_end + 1 : close]


def _loads(text: str) -> bool:
    try:
        root = read_yaml(DISPUTED_LINE_ENDS.sub(" ", text))
    except YamlError:
        return False
    return root is None or isinstance(root, Table) or (isinstance(root, Text) and not root.value)


def _quote(line: str) -> str:
    key = _KEY.match(line)
    value = line[key.end() :].lstrip() if key else ""
    if key is None or not _SPECIAL.search(value) or _LINE_ENDS.search(value):
        return line
    if value[0] in "\"'" and value[0] == value[-1]:
        return line
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{key[0]} "{escaped}"'
