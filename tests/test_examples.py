"""The example registry: the same commits everywhere, and the kinds of content that it is there to show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from agentsync.formats.yaml_tree import YamlError, plain, read_yaml
from tests.git_registry import GitRegistry
from tests.sandbox import PUBLISH, Sandbox

RELEASES: Final = {
    "v1.0.0": "c1f801bfd2ea85eb8d9eb609d934f22421add3e3",
    "v1.1.0": "9b8b7d735cabace829783ff7d4955a2253f6be35",
}
NOT_STRICT: Final = "packs/python-backend/agents/fastapi-developer.md"


def test_commits_are_the_same_everywhere(sandbox: Sandbox) -> None:
    """Releases one by one or together give the same commits, and twice is the same as once."""
    registry = GitRegistry(sandbox.publish_example("1.0.0"))
    assert registry.git("tag").split() == ["v1.0.0"]
    sandbox.publish_example()
    sandbox.publish_example()
    assert {tag: registry.git("rev-parse", tag) for tag in registry.git("tag").split()} == RELEASES
    assert registry.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert registry.git("rev-parse", "main") == RELEASES["v1.1.0"]


def test_the_content_is_what_the_demo_shows(sandbox: Sandbox) -> None:
    """One script that is executable, one header that is not strict YAML."""
    registry = GitRegistry(sandbox.publish_example())
    modes = {
        row.partition("\t")[2]: row.partition(" ")[0] for row in registry.git("ls-tree", "-r", "v1.1.0").splitlines()
    }
    assert [path for path, mode in modes.items() if mode == "100755"] == [
        "packs/review/skills/change-review/scripts/changed_files.py"
    ]
    headers = {path: registry.read("v1.1.0", path).split(b"\n---\n")[0].decode() for path in modes if "packs/" in path}
    broken = []
    for path, header in headers.items():
        if header.startswith("---\n"):
            try:
                read_yaml(header.removeprefix("---\n"))
            except YamlError:
                broken.append(path)
    assert broken == [NOT_STRICT]


@pytest.mark.parametrize("tag", RELEASES)
def test_every_pack_exists(sandbox: Sandbox, tag: str) -> None:
    """What the registry file names is in the release."""
    registry = GitRegistry(sandbox.publish_example())
    described = plain(read_yaml(registry.read(tag, "registry.yaml").decode()))
    assert isinstance(described, dict)
    assert sorted(described["packs"]) == ["python-backend", "release", "review"]
    for pack in described["packs"].values():
        assert registry.git("cat-file", "-t", f"{tag}:{pack['path']}") == "tree"


def test_publishing_needs_an_empty_folder_or_a_repository(tmp_path: Path) -> None:
    """A folder with something else in it is left alone."""
    (tmp_path / "mine.txt").touch()
    done = subprocess.run([sys.executable, str(PUBLISH), str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot publish: ")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_script_of_the_skill_lists_the_riskiest_first(sandbox: Sandbox) -> None:
    """The script that the skill brings along works."""
    registry = GitRegistry(sandbox.publish_example())
    (sandbox.project / "changed_files.py").write_bytes(
        registry.read("v1.1.0", "packs/review/skills/change-review/scripts/changed_files.py")
    )
    setup = (
        "git init -q -b main . && git config user.name Kim && git config user.email kim@example.org"
        " && git commit -q --allow-empty -m one && git checkout -q -b change && mkdir auth"
        " && printf 'a\\n' > auth/login.py && printf 'a\\nb\\n' > readme.txt && git add auth readme.txt"
        " && git commit -q -m two"
    )
    assert sandbox.shell(setup).exit == 0
    run = sandbox.shell("python3 changed_files.py; python3 changed_files.py no-such")
    lines = run.stdout.splitlines()
    assert lines[:2] == ["     1  auth/login.py  <- decides who may do what", "     2  readme.txt"]
    assert "no-such" in lines[2]
    assert run.exit == 1
