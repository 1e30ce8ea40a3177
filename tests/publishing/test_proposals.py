"""The packs that a repository could offer follow from its lists of plug-ins, else from its folders."""

from __future__ import annotations

import json

import pytest

from agentsync.formats.git_url import parse_git_url
from agentsync.publishing.proposals import proposals
from tests.cli.packs import agent, skill
from tests.memory_contents import MemoryContents

A = agent("a")


@pytest.mark.parametrize(
    ("files", "packs"),
    [
        ({"agents/a.md": A, "skills/x/SKILL.md": skill("x")}, {"kit": ""}),
        ({"pdf/SKILL.md": skill("pdf"), "xls/SKILL.md": skill("xls")}, {"kit": ""}),
        ({"docs-kit/pdf/SKILL.md": skill("pdf"), "web/agents/a.md": A}, {"docs-kit": "docs-kit", "web": "web"}),
        ({"01 Core/a.md": A, "x/deep/b.md": agent("b"), "x/c.md": agent("c")}, {"01-core": "01 Core", "x": "x"}),
        ({"one/web/agents/a.md": A, "two/web/agents/b.md": agent("b")}, {"web": "one/web", "two-web": "two/web"}),
        ({".claude/agents/a.md": A, "web/.claude/agents/b.md": agent("b")}, {"kit": "", "web": "web"}),
        ({"README.md": "none\n"}, {}),
    ],
)  # fmt: skip
def test_folders_with_items(files: dict[str, str], packs: dict[str, str]) -> None:
    """Each folder that holds the places for items is a pack, named after it; nested ones are part of the outer one."""
    found = proposals(MemoryContents(files), parse_git_url("/srv/kit.git"))
    assert {one.name: one.path for one in found.packs} == packs
    assert found.left_out == ()


def test_plugins() -> None:
    """Each plug-in of this repository is a pack; what is elsewhere, or a list of items, stays with the marketplace."""
    plugins = [
        {"name": "Web", "source": "./plugins/web", "description": "For the web"},
        {"name": "far", "source": {"source": "github", "repo": "acme/far"}},
        {"name": "few", "source": "./", "strict": False, "skills": ["./skills/x"]},
    ]
    market = json.dumps({"name": "m", "owner": {"name": "o"}, "plugins": plugins})
    files = {
        ".claude-plugin/marketplace.json": market,
        "plugins/web/agents/a.md": A,
        "skills/x/SKILL.md": skill("x"),
    }
    found = proposals(MemoryContents(files), parse_git_url("/srv/kit.git"))
    assert found.packs == (("Web", "plugins/web", "For the web"),)
    assert found.left_out == ("far", "few")
