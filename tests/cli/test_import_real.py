"""Files that the newest apm, skills, dotagents, rulesync and Claude Code wrote are taken over, and all else is told.

The files in tests/data/foreign are as these tools wrote them (apm 0.35.0, skills 1.7.4, dotagents 1.19.0, rulesync
17.0.0, Claude Code 2.1.332) for the repositories `acme/pack` and `acme/market`; a commit is written {REPOSITORY@REF}.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import drifts, files_below, lock_text, manifest_text
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

DATA = Path(__file__).parent.parent / "data/foreign"


class Story(NamedTuple):
    """What an import of one tool's files writes.

    Args:
        links: the links that the tool made, which a checkout may not have.
        entries: each entry, with the commit that is locked.
        drift: the standing of each file that is not in sync afterwards.
        lost: the keys that are told, with a word of the reason.
        told: what the remarks at the end say.
    """

    links: dict[str, str]
    entries: dict[str, str]
    drift: dict[str, str]
    lost: dict[str, str]
    told: tuple[str, ...]
    manifest: tuple[str, ...]


STORIES = {
    "apm": Story(
        links={},
        entries={"pack": "acme@v1.0.0", "papers": "acme@main", "pdf": "acme@v1.1.0"},
        drift={
            ".claude/agents/helper.md": "missing",
            ".claude/rules/testing.md": "missing",
            ".claude/skills/papers/SKILL.md": "edited",  # its header has the name that it has in the pack
        },
        lost={"scripts": "runs no scripts", "dependencies.mcp": "stay in the files", "pack: skill:pdf": "another pack"},
        told=("remove apm.yml, apm.lock.yaml, apm_modules/ and .apm-local/",),
        manifest=(
            "pack: {git: https://github.com/acme/pack.git, tag: v1.0.0, except: [skill:pdf]}",
            "path: skills/docs, commit: {acme@main}, rename: {SKILL.md: papers}",
            "path: skills/pdf, version: ^1.0.0}",
        ),
    ),
    "skills": Story(
        links={".claude/skills/docs": "../../.agents/skills/docs", ".agents/skills/docs/SKILL.md": ""},
        entries={"docs": "acme@v1.0.0", "pdf": "acme@main"},
        drift={".claude/skills/docs/SKILL.md": "foreign"},
        lost={},
        told=("remove skills-lock.json", ".claude/skills/docs is a link of the other tool: remove it"),
        manifest=("path: skills/docs, tag: v1.0.0", "path: skills/pdf, branch: main"),
    ),
    "dotagents": Story(
        links={".claude/skills": "../.agents/skills", ".agents/skills/pdf/SKILL.md": ""},
        entries={"pdf": "acme@v1.0.0"},
        drift={},
        lost={"mcp": "stay in the files", "trust": "policy: {registries: [https://github.com/acme/**, https"},
        told=("remove agents.toml and agents.lock",),
        manifest=("path: skills/pdf, tag: v1.0.0",),
    ),
    "rulesync": Story(
        links={},
        entries={"pack": "acme@v1.1.0"},
        drift={".claude/rules/testing.md": "missing"},
        lost={"features": "left alone"},
        told=("remove rulesync.lock, .rulesync/*/.curated/, and `sources` from rulesync.jsonc",),
        manifest=("tag: v1.1.0, only: [skill:pdf, rule:testing]",),
    ),
    "plugins": Story(
        links={},
        entries={"tools/reviewer": "market@main"},
        drift={".claude/agents/critic.md": "missing"},
        lost={},
        told=("claude plugin disable reviewer@tools --scope project",),
        manifest=("tools: github:acme/market", "tools/reviewer: *"),
    ),
}


@pytest.fixture
def commits(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """The commits of the two repositories on GitHub, as far as this machine's git can tell."""
    files = {"agents/helper.md": agent("helper", "One.\n"), "rules/testing.md": "One.\n"}
    files |= {f"skills/{name}/SKILL.md": skill(name, "One.\n") for name in ("pdf", "docs")}
    acme = GitRegistry(tmp_path / "hub/acme/pack.git")
    for tag, word in (("v1.0.0", "One."), ("v1.1.0", "Two."), (None, "Three.")):
        acme.publish(tag, {path: text.replace("One.", word) for path, text in files.items()})
    market = GitRegistry(tmp_path / "hub/acme/market.git")
    plugins = [{"name": "reviewer", "source": "./reviewer"}]
    listed = json.dumps({"name": "tools", "owner": {"name": "A"}, "plugins": plugins})
    first = market.publish(
        None, {".claude-plugin/marketplace.json": listed, "reviewer/agents/critic.md": agent("critic", "One.\n")}
    )
    market.publish(
        None, {".claude-plugin/marketplace.json": listed, "reviewer/agents/critic.md": agent("critic", "Two.\n")}
    )
    hub = (tmp_path / "hub").as_uri()
    (sandbox.home / ".gitconfig").write_text(f'[url "{hub}/"]\n\tinsteadOf = https://github.com/\n')
    found = {f"acme@{ref}": acme.git("rev-parse", ref) for ref in ("v1.0.0", "v1.1.0", "main")}
    return found | {"market@main": first, "market@short": first[:12]}


def _lay_out(tool: str, story: Story, sandbox: Sandbox, words: dict[str, str]) -> None:
    """Copy the files of a tool into the project and the home folder."""
    for source, folder in ((DATA / tool, sandbox.project), (DATA / f"{tool}-home", sandbox.home)):
        for path, data in files_below(source).items() if source.is_dir() else ():
            where = folder / path
            where.parent.mkdir(parents=True, exist_ok=True)
            where.write_text(_filled(data.decode(), words), "utf-8", newline="\n")
    for path, there in story.links.items():
        where = sandbox.project / path
        where.parent.mkdir(parents=True, exist_ok=True)
        if there:
            where.symlink_to(there, target_is_directory=True)
        else:
            where.write_text(skill(where.parent.name, "One.\n"), "utf-8", newline="\n")


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub(r"\{([a-z]+(?:@[a-z0-9.]+)?)\}", lambda found: words.get(found[1], found[0]), text)


@pytest.mark.parametrize("tool", STORIES)
def test_real_files(sandbox: Sandbox, commits: dict[str, str], tool: str) -> None:
    """The commits of the tool's lock are locked, its files become ours, all it has more is told, twice is once."""
    story = STORIES[tool]
    words = {**commits, "project": str(sandbox.project), "home": str(sandbox.home)}
    _lay_out(tool, story, sandbox, words)
    before = files_below(sandbox.project)
    run = sandbox.run("import", "--json")
    document = json.loads(run.stdout)
    assert {one["entry"]: one["commit"] for one in document["data"]["imported"]} == {
        name: commits[commit] for name, commit in story.entries.items()
    }
    lost = {one["key"]: one["why"] for one in document["data"]["lost"]}
    assert lost.keys() == story.lost.keys() and all(story.lost[key] in why for key, why in lost.items()), lost
    assert document["exit"] == int(bool(lost)) and document["data"]["unmatched"] == []
    assert all(part in run.stderr for part in story.told), run.stderr
    text = manifest_text(sandbox).replace('"', "")
    assert all(_filled(part, words) in text for part in story.manifest), text
    after = files_below(sandbox.project)
    ours = {path: after.pop(path) for path in ("agentsync.yaml", "agentsync.lock")}
    assert {path: data for path, data in after.items() if not path.startswith(".agentsync/")} == before
    assert drifts(sandbox) == story.drift
    again = sandbox.json("import")
    assert again["data"]["imported"] == []
    assert files_below(sandbox.project)["agentsync.yaml"] == ours["agentsync.yaml"]
    assert lock_text(sandbox).encode() == ours["agentsync.lock"]
