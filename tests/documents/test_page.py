"""The page about shared files shows what the editors do."""

from __future__ import annotations

import re
from pathlib import Path

from agentsync.documents import json as editor

PAGE = Path(__file__).resolve().parents[2] / "docs" / "concepts" / "shared-files.md"


def test_the_example_is_what_becomes_of_it() -> None:
    """From the first document the second one is made, and back."""
    blocks = dict(re.findall(r"<!-- (before|after) -->\n```jsonc\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    edited = editor.insert(blocks["before"].encode(), "/mcpServers/context7", b'{"command":"npx"}')
    assert edited.data == blocks["after"].encode()
    assert editor.remove(edited.data, "/mcpServers/context7").data == blocks["before"].encode()
