"""What is spelled otherwise than agentsync has it is named, with what was meant."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from agentsync.formats.header_fields import meant_field
from tests.cli.project import fail, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox


@pytest.mark.parametrize(
    ("kind", "field", "meant"),
    [
        ("agent", "modle", "model"),
        ("agent", "tool", "tools"),
        ("agent", "Tools", "tools"),
        ("agent", "permission_mode", "permissionMode"),
        ("agent", "allowed-tools", "tools"),
        ("skill", "tools", "allowed-tools"),
        ("skill", "allowed_tools", "allowed-tools"),
        ("command", "argument_hint", "argument-hint"),
        ("rule", "glob", "globs"),
        ("agent", "model", ""),
        ("skill", "model", ""),
        ("agent", "temperature", ""),
        ("hook", "anything", ""),
    ],
)
def test_fields_of_headers(kind: str, field: str, meant: str) -> None:
    """A field that is like none may be one of a newer tool."""
    assert meant_field(kind, field) == meant


def test_an_override_of_a_misspelt_field(installed: Sandbox) -> None:
    """It is refused where it stands, and nothing is changed."""
    manifest = (installed.project / "agentsync.yaml").read_text()
    write_manifest(installed, manifest + "overrides:\n  team/team:\n    agent:critic: {modle: haiku}\n")
    told = fail(installed, "install", exit=2, code="manifest")
    assert "line " in told and "has no field 'modle'" in told and "did you mean `model`?" in told


@pytest.mark.parametrize("where", ["here", "above", "user"])
def test_the_other_name_of_a_manifest(sandbox: Sandbox, where: str) -> None:
    """It is named, by every command, and nothing is started beside it."""
    user = ("--user",) if where == "user" else ()
    folder = sandbox.config if user else sandbox.project
    folder.mkdir(exist_ok=True)
    (folder / "agentsync.yml").write_text("packs: {}\n")
    here = sandbox.project / "sub" if where == "above" else sandbox.project
    here.mkdir(exist_ok=True)
    for command in ("drift", "install", *([] if where != "here" else ["init"])):
        told = fail(sandbox, command, *user, exit=2, code="manifest", cwd=here)
        assert "agentsync.yml" in told
    subprocess.run(shlex.split(told.partition("rename it: ")[2]), cwd=here, check=True)
    succeed(sandbox, "install", *user, cwd=here)


def test_a_nested_one_hides_a_clean_project(installed: Sandbox) -> None:
    """Also where the project above was found clean before."""
    succeed(installed, "drift")
    inner = installed.project / "apps"
    inner.mkdir()
    (inner / "agentsync.yml").write_text("packs: {}\n")
    assert installed.run("drift", cwd=inner).exit == 2


def test_words_of_grants(installed: Sandbox, team: GitRegistry) -> None:
    """They choose packs and items; a word that names nothing is refused, with --accept too."""
    assert "agent:critic" in succeed(installed, "grants", "team/*").stdout
    only = succeed(installed, "grants", "agent:critic").stdout
    assert "agent:critic" in only and "designer" not in only
    for flags in ((), ("--accept",)):
        told = fail(installed, "grants", "agent:critix", *flags, exit=2, code="usage")
        assert "names no locked pack or item" in told and "agent:critic" in told


def test_what_a_user_does_not_have(sandbox: Sandbox) -> None:
    """No page of the manual is named as if it were in the project."""
    succeed(sandbox, "init")
    assert "docs/" not in (sandbox.project / "agentsync.yaml").read_text()
    write_manifest(sandbox, "packs: [1]\n")
    assert "docs/" not in fail(sandbox, "install", exit=2, code="manifest")
    sandbox.config.mkdir()
    write_manifest(sandbox, "packs: {}\n")
    (sandbox.config / "policy.yaml").write_text("[]\n")
    assert "deny_grants" in fail(sandbox, "install", exit=2, code="manifest")
