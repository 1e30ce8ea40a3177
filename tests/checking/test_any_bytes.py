"""Whatever the files of a registry hold, a check ends, and says where each thing is that it finds."""

from __future__ import annotations

from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from agentsync.checking.rules import CHECKS
from agentsync.reporting.check_formats import FORMATS
from agentsync.reporting.check_report import check_data, check_lines
from tests.checking.registries import GOOD, REGISTRY, checked

PATHS: Final = (
    "registry.yaml",
    "code/pack.yaml",
    ".claude-plugin/marketplace.json",
    "code/.claude-plugin/plugin.json",
    "code/hooks/hooks.json",
    "code/.mcp.json",
    "code/agents/reader.md",
    "docs/skills/notes/SKILL.md",
    "docs/commands/sum.md",
)
TEXTS: Final = tuple(data for data in GOOD.values() if isinstance(data, str))
# Pieces that mean something to one of the readers.
PIECES: Final = st.sampled_from(
    [
        *"-:{}[]\"'#\n\r\t`|>&*!%@\\/.,",
        "---\n",
        "\r\n",
        "name: ",
        "description: ",
        "tools: ",
        "packs:\n",
        "path: ..",
        "checks: {",
        '"plugins": [',
        '"source": ',
        '"hooks": ',
        '"mcpServers": ',
        "](",
        "```",
        "\u202e",
        "\ufeff",
        "é",
        "/home/x/",
    ]
)
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("name owner plugins source hooks mcpServers Stop url sha agents type command".split()),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A file that is nearly good, or nothing of the kind."""
    if draw(st.booleans()):
        import json

        return json.dumps(draw(JSON)).encode()
    text = draw(st.sampled_from([*TEXTS, REGISTRY, ""]))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(PIECES) + text[place + draw(st.integers(0, 9)) :]
    return text.encode() + draw(st.binary(max_size=3))


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(PATHS), broken(), min_size=1, max_size=3))
def test_any_bytes(files: dict[str, bytes]) -> None:
    """Each finding has a rule of the table, a place in a file, and a line in every format."""
    report = checked(files)
    for one in report.findings:
        assert one.rule in CHECKS and one.line >= 1 and one.column >= 1 and one.path and one.what
        data = files.get(one.path)
        assert data is None or one.line <= data.count(b"\n") + data.count(b"\r") + 2
    assert len(check_data(report)["findings"]) == len(report.findings) <= len(check_lines(report))
    for write in FORMATS.values():
        assert isinstance(write(report), str)
