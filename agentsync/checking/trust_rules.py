"""Rules of the group `trust`: what `install` refuses, and what a pack may do."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from agentsync.checking.found import Found, spot_in
from agentsync.checking.header_rules import headers
from agentsync.checking.subject import Subject, refused
from agentsync.model.finding import Level, Rule
from agentsync.model.grant import ALL
from agentsync.model.item import ClaudeCode, Kind

# The names of tools as texts write them: everyday words count as code, or before the word tool.
_TOOLS: Final = ("Read", "Grep", "Glob", "Edit", "Write", "Bash", "WebFetch", "WebSearch", "TodoWrite", "NotebookEdit")
_NAMED: Final = r"`{0}`|\b{0} tools?\b|(?<![\w`])(?:WebFetch|WebSearch|TodoWrite|NotebookEdit)(?<={0})\b"
_BINARIES: Final = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"PK")


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


def everything(subject: Subject) -> Iterator[Found]:
    """Yield the agents that ask for every tool because they name none."""
    for header in headers(subject):
        item, fields = header.item, header.fields
        is_read = header.document.claude_code is not ClaudeCode.DROPPED and header.document.status.is_read
        if item.kind is Kind.AGENT and is_read and ALL in subject.grants_of(item) and "tools" not in fields:
            text = header.document.body.decode("utf-8", "replace")
            named = [tool for tool in _TOOLS if re.search(_NAMED.format(tool), text)]
            fix = f"tools: {', '.join(named)}" if named else "name the tools that it needs: `tools: Read, Grep`"
            what = "it names no `tools`, and so asks for every tool"
            yield Found("grant-everything", item.path, what, fix=fix, item=item.key)


def told(subject: Subject) -> Iterator[Found]:
    """Yield the hooks and the MCP servers, which are installed only after a yes."""
    for item in subject.items:
        for grant in subject.grants_of(item):
            if grant.startswith(("hook:", "mcp-server:")):
                data = subject.texts.get(item.path, b"")
                name = grant.split(":")[1]
                place = max(data.find(f'"{name}"'.encode()), 0)
                what = f"{grant} is installed only after a yes"
                yield Found("hook-told", item.path, what, *spot_in(data, place), item=item.key)


def modes(subject: Subject) -> Iterator[Found]:
    """Yield the programs that may not be executed, and the files that may be and are none."""
    entries = subject.contents.entries
    for path, data in subject.texts.items():
        if entries[path].executable and not data.startswith((b"#!", *_BINARIES)) and data:
            what, fix = "it is executable, and names no program that runs it", "git update-index --chmod=-x \0"
        elif not entries[path].executable and data.startswith(b"#!"):
            what, fix = "it names the program that runs it, and is not executable", "git update-index --chmod=+x \0"
        else:
            continue
        yield Found("executable-odd", path, what, fix=fix)


RULES: Final[tuple[Callable[[Subject], Iterator[Found]], ...]] = (refused_files, everything, told, modes)
