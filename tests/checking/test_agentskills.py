"""The rules of the agentskills specification agree with its own validator, on real skills and on made ones.

`AGENTSYNC_TEST_CORPUS` names a folder with bundles of real registries.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pytest

from agentsync.checking.check import check
from agentsync.model.check import CheckFinding
from tests.checking.registries import checked, skill
from tests.git_registry import plain_git_environment

pytestmark = pytest.mark.long

CORPUS: Final = os.environ.get("AGENTSYNC_TEST_CORPUS", "")
# Parts of its messages, each with the rule of ours that says the same.
SAME: Final[Mapping[str, str]] = {
    "Directory name": "skill-name-folder",
    "Unexpected fields": "skill-field",
    "Missing required field in frontmatter: name": "skill-name",
    "Field 'name'": "skill-name",
    "Skill name": "skill-name",
    "Missing required field in frontmatter: description": "description-missing",
    "Field 'description'": "description-missing",
    "Description exceeds": "description-long",
    "ompatibility": "skill-compatibility",
    "must start with YAML": "header",
    "not properly closed": "header",
    "Invalid YAML": "header",
    "must be a YAML mapping": "header",
}
HEADER: Final = ("header-missing", "header-dropped", "header-repaired")
# What its own reader of YAML refuses although it is YAML, and tools read it: a list or a mapping in brackets, a key
# twice, an anchor. The header of a skill in our table is what is allowed to differ.
DIFFERENT: Final[Mapping[str, str]] = {
    "a list in brackets": skill(allowed_tools="[Read, Grep]"),
    "a mapping in braces": skill(metadata="{a: b}"),
    "an empty value": skill(license="''", metadata="{}"),
}
MADE: Final[Mapping[str, str]] = {
    "good": skill(),
    "capitals": skill("Notes"),
    "a blank": skill("no tes"),
    "two hyphens": skill("no--tes"),
    "long": skill("n" * 65),
    "another alphabet": skill("größe"),
    "wide letters": skill("\uff4e\uff4f\uff54\uff45\uff53"),
    "no name": skill(""),
    "no description": skill(description=""),
    "long description": skill(description="a" * 1025),
    "not too long": skill(description="a" * 1024),
    "another field": skill(version="1.0"),
    "compatibility": skill(compatibility="a" * 501),
    "no header": "Write them.\n",
    "not YAML": skill(description="a: b"),
    "a list": skill(description="\n  - a"),
}


def theirs(folder: Path) -> set[str]:
    """Return our rules for what the validator says of a skill."""
    validator = pytest.importorskip("skills_ref.validator")
    told: list[str] = validator.validate(folder)
    return {next((rule for part, rule in SAME.items() if part in message), message) for message in told}


def ours(findings: Iterable[CheckFinding]) -> set[str]:
    """Return what we say of it, for the header as one."""
    rules = {"description-missing" if one.rule == "field-type" else one.rule for one in findings}
    return {"header" if rule in HEADER else rule for rule in rules} & set(SAME.values())


@pytest.mark.parametrize("name", MADE)
def test_made(name: str, tmp_path: Path) -> None:
    """Each fault that the specification names is found by both, and nothing else."""
    assert ours(_findings(MADE[name])) == theirs(_written(tmp_path, MADE[name]))


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs(name: str, tmp_path: Path) -> None:
    """YAML that its reader refuses is a header to us."""
    assert theirs(_written(tmp_path, DIFFERENT[name])) == {"header"}
    assert ours(_findings(DIFFERENT[name])) == set()


def _findings(text: str) -> list[CheckFinding]:
    path = "docs/skills/notes/SKILL.md"
    return [one for one in checked({path: text}).findings if one.path == path]


def _written(folder: Path, text: str) -> Path:
    (folder / "notes").mkdir()
    (folder / "notes" / "SKILL.md").write_text(text, encoding="utf-8")
    return folder / "notes"


def test_real_skills(tmp_path: Path) -> None:
    """On every skill of real registries both say the same."""
    if not CORPUS:
        pytest.skip("AGENTSYNC_TEST_CORPUS names no folder")
    compared = 0
    for bundle in sorted(Path(CORPUS).absolute().rglob("*.bundle")):
        folder = tmp_path / bundle.stem
        command = ["git", "clone", "--quiet", str(bundle), str(folder)]
        subprocess.run(command, check=True, env=plain_git_environment())
        by_path: dict[str, list[CheckFinding]] = {}
        for one in check(folder).findings:
            by_path.setdefault(one.path, []).append(one)
        for path in sorted(folder.rglob("SKILL.md")):
            inside = path.relative_to(folder).as_posix()
            assert ours(by_path.get(inside, [])) == theirs(path.parent), inside
            compared += 1
    assert compared > 100
