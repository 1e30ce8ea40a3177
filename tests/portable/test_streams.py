"""Every command ends as it should where the encoding of the standard streams lacks what is printed."""

from __future__ import annotations

import json
import os
from xml.etree import ElementTree

import pytest

from tests.cli.packs import agent
from tests.cli.project import files_below, succeed
from tests.git_registry import GitRegistry
from tests.portable.systems import simulated
from tests.sandbox import Sandbox

FILES = {"agents/日本.md": agent("日本", "Does → 😀 things.\n"), "agents/mañana.md": agent("mañana")}
LOOKING = (
    "list",
    "tree",
    "tree --json",
    "drift",
    "status",
    "info m",
    "grants",
    "outdated",
    "doctor",
    "search m",
    "verify",
    "--help",
)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_each_command_prints_a_substitute(sandbox: Sandbox, git_registry: GitRegistry, encoding: str) -> None:
    """The escape of a missing letter is printed, and nothing fails."""
    narrow = simulated((), encoding)
    git_registry.publish("v1.0.0", FILES)
    succeed(sandbox, "init", env=narrow)
    added = succeed(sandbox, "add", git_registry.url, "--as", "m", env=narrow)
    assert "\\u65e5\\u672c" in added.stdout
    for command in LOOKING:
        wide, found = sandbox.run(*command.split()), sandbox.run(*command.split(), env=narrow)
        assert found.exit == wide.exit, f"{command}: {found.stderr}"
        assert "bug" not in found.stderr
    (sandbox.project / ".claude/agents/日本.md").write_text(agent("日本", "Anders → 😀.\n"), encoding="utf-8")
    succeed(sandbox, "diff", env=narrow)
    assert sandbox.run("drift", env=narrow).stdout.count("\\u65e5\\u672c") >= 1
    succeed(sandbox, "keep", env=narrow)
    git_registry.publish("v1.1.0", {**FILES, "agents/übung.md": agent("übung")})
    succeed(sandbox, "update", env=narrow)
    succeed(sandbox, "remove", "m/agents", env=narrow)


@pytest.mark.slow
def test_reports_are_the_same_in_every_encoding(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """The text for a program does not depend on the encoding of the terminal."""
    git_registry.publish("v1.0.0", FILES)
    succeed(sandbox, "init")
    succeed(sandbox, "add", git_registry.url, "--as", "m")
    (sandbox.project / ".claude/agents/日本.md").write_text("Anders\n", encoding="utf-8")
    for words in (["--json"], ["--format", "sarif"], ["--format", "junit"]):
        wide, narrow = (sandbox.run("drift", *words, env=simulated((), one)) for one in ("utf-8", "cp1252"))
        assert wide.stdout == narrow.stdout
        is_xml = words[-1] == "junit"
        told = (
            ElementTree.tostring(ElementTree.fromstring(wide.stdout), "unicode") if is_xml else json.loads(wide.stdout)
        )
        assert "日本" in str(told)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="names are Unicode")
def test_a_locale_without_the_letters_of_a_name(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """What to set is told before anything is written, and no file is taken for missing."""
    ascii_alone = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    git_registry.publish("v1.0.0", {"agents/mañana.md": agent("mañana"), "agents/a.md": agent("a")})
    succeed(sandbox, "init", env=ascii_alone)
    before = files_below(sandbox.project)
    refused = sandbox.run("add", git_registry.url, "--as", "m", env=ascii_alone)
    assert refused.exit == 3 and "hint: set LC_ALL=C.UTF-8 or PYTHONUTF8=1" in refused.stderr
    assert {path: data for path, data in files_below(sandbox.project).items() if path in before} == before
    assert not (sandbox.project / ".claude").exists()
    succeed(sandbox, "add", git_registry.url, "--as", "m")
    for command in ("drift", "restore", "remove m/agents"):
        run = sandbox.run(*command.split(), env=ascii_alone)
        assert (run.exit, "LC_ALL" in run.stderr) == (3, True), run.stderr
    assert sandbox.run("drift").exit == 0
    assert sandbox.run("drift", env={**ascii_alone, "PYTHONUTF8": "1"}).exit == 0
