"""Rules that compare a registry with its past: what was released, and where a pull request starts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from agentsync.checking.check import CheckOptions, check
from agentsync.errors import UsageError
from agentsync.model.check import CheckFinding
from tests.checking.registries import AGENT, GOOD, REGISTRY, SKILL, header
from tests.git_registry import GitRegistry

WATCHED: Final = frozenset(
    """yanked-unknown renamed-gone grant-gained release-unchanged tag-ambiguous changes-unreleased version-differs
    requires-unknown""".split()
)


def found(registry: GitRegistry, **options: str) -> set[tuple[str, str, str, int]]:
    """Return rule, level, path and line of what is found by these rules."""
    return {(one.rule, str(one.level), one.path, one.line) for one in told(registry, **options)}


def told(registry: GitRegistry, **options: str) -> list[CheckFinding]:
    """Return what is found by these rules."""
    report = check(registry.path, CheckOptions(**options))  # type: ignore[arg-type]
    return [one for one in report.findings if one.rule in WATCHED]


@pytest.fixture
def registry(tmp_path: Path) -> GitRegistry:
    """A registry of two packs, both released."""
    made = GitRegistry(tmp_path / "agents.git")
    made.publish("docs/v1.0.0", GOOD)
    made.publish("code/v1.0.0", GOOD)
    return made


def test_a_released_registry(registry: GitRegistry) -> None:
    """What was released as it is has nothing to be mended, and neither has what is as it was at a start."""
    assert check(registry.path).findings == ()
    assert check(registry.path, CheckOptions(since="main")).packs == ()
    with pytest.raises(UsageError, match="no revision 'nope'"):
        check(registry.path, CheckOptions(since="nope"))


def test_tags(registry: GitRegistry) -> None:
    """A release without changes, two tags for one version, one that was withdrawn and never was."""
    registry.publish("docs/v1.1.0", GOOD)
    registry.publish("docs/v1.2.0", {**GOOD, "docs/skills/notes/SKILL.md": f"{SKILL}Two.\n"})
    registry.publish("docs-v1.2", {**GOOD, "docs/skills/notes/SKILL.md": f"{SKILL}Three.\n"})
    listed = REGISTRY.replace("documents. }", "documents., yanked: [1.1.0, 1.3.0], tags: '{pack}/v{version}' }")
    plugin = '{"name": "code", "version": "0.9.0"}\n'
    registry.publish(None, {**GOOD, "registry.yaml": listed, "code/.claude-plugin/plugin.json": plugin})
    assert found(registry) == {
        ("release-unchanged", "warning", "registry.yaml", 3),
        ("tag-ambiguous", "warning", "registry.yaml", 3),
        ("yanked-unknown", "warning", "registry.yaml", 3),
        ("changes-unreleased", "note", "registry.yaml", 3),
        ("changes-unreleased", "note", "registry.yaml", 4),
        ("version-differs", "warning", "code/.claude-plugin/plugin.json", 1),
    }
    words = " ".join(f"{one.what} {one.fix}" for one in told(registry))
    assert "docs/v1.1.0 holds the same files as docs/v1.0.0" in words and "1.3.0 is yanked" in words
    assert "docs-v1.2" in words and '"version": "1.0.0"' in words


def test_what_is_gone(registry: GitRegistry) -> None:
    """A pack and an item that have another name now, told by their bytes; a name that is said is fine."""
    moved = {path.replace("code/", "program/"): data for path, data in GOOD.items()}
    listed = REGISTRY.replace("code: { path: code", "program: { path: program")
    registry.publish(None, {**moved, "registry.yaml": listed, "docs/commands/sum.md": "x\n"})
    (gone,) = [one for one in told(registry) if one.rule == "renamed-gone"]
    assert (gone.pack, gone.fix) == ("code", "renames: { code: program }")
    registry.publish(None, {**moved, "registry.yaml": f"{listed}renames: {{ code: program }}\n"})
    assert [one for one in told(registry) if one.rule == "renamed-gone"] == []
    renamed = {path: data for path, data in GOOD.items() if path != "docs/commands/sum.md"}
    registry.publish(None, {**renamed, "docs/commands/total.md": GOOD["docs/commands/sum.md"]})
    (gone,) = [one for one in told(registry) if one.rule == "renamed-gone"]
    assert gone.what == "command:sum of docs/v1.0.0 is gone" and "command:total" in gone.fix


def test_power(registry: GitRegistry) -> None:
    """Power that came since the last release is a note, and in a pull request a warning."""
    start = registry.git("rev-parse", "main").strip()
    registry.publish(None, {**GOOD, "code/agents/reader.md": header(tools="Read, Bash")})
    assert ("grant-gained", "note", "code/agents/reader.md", 1) in found(registry)
    report = check(registry.path, CheckOptions(since=start))
    assert [pack.name for pack in report.packs] == ["code"]
    (gain,) = [one for one in report.findings if one.rule == "grant-gained"]
    assert gain.level == "warning" and gain.what.endswith("exec") and gain.item == "agent:reader"
    assert check(registry.path, CheckOptions(ref=start)).findings == ()


def test_requirements(registry: GitRegistry) -> None:
    """A range that no release fits, beside one that one does."""
    for text, count in (("docs: '>=2'", 1), ("docs: ^1.0", 0)):
        registry.publish(None, {**GOOD, "code/pack.yaml": f"requires:\n  {text}\n"})
        missing = [one for one in told(registry) if one.rule == "requires-unknown"]
        assert [(one.path, one.line, one.column) for one in missing] == [("code/pack.yaml", 2, 3)] * count
    assert AGENT
