"""A manifest, or a command line, that is not right: where, what, and the nearest that is."""

from __future__ import annotations

import json

import pytest

from tests.cli.project import fail, lock_text, write_manifest
from tests.sandbox import Sandbox

# The text, then what must be told.
BROKEN = [
    ("registries: {a: /x}\npaks: {}\n", ("line 2, column 1", "'paks'", "did you mean `packs`?")),
    ("packs: {web: {git: /x, brnch: main}}\n", ("line 1, column 24", "'brnch'", "did you mean `branch`?")),
    ("registries: {a: {git: /x, brach: y}}\n", ("line 1, column 27", "'brach'", "did you mean `branch`?")),
    ("packs: [a, b]\n", ("line 1, column 8", "packs must be a mapping")),
    ("packs: {web: [1]}\n", ("line 1, column 14", "must be a mapping")),
    ("targets: claude-code\n", ("line 1, column 10", "must be a list")),
    ("targets: [claud-code]\n", ("line 1, column 10", "'claud-code'", "did you mean `claude-code`?")),
    ("registries: {a: /x}\npacks:\n  a/x: {version: '1', prefix: maybe}\n", ("line 3", "prefix", "true or false")),
    ("registries: {a: /x}\npacks:\n  a/x: {version: '1', only: agent}\n", ("line 3", "only", "must be a list")),
    ("registries: {a: /x}\npacks:\n  a/x: '1'\n  a/x: '2'\n", ("line 4, column 3", "duplicate key 'a/x'")),
    ("packs: {}\npacks: {}\n", ("line 2, column 1", "duplicate key 'packs'")),
    (
        "registries: {a: /x}\npacks:\n  a/x: {tag: v1, branch: b}\n",
        ("line 3, column 8", "exactly one of", "tag and branch"),
    ),
    ("registries: {a: /x}\npacks:\n  a/x: {only: [x]}\n", ("line 3, column 8", "exactly one of", "found none")),
    ("registries: {a: /x}\npacks:\n  a/x:\n", ("line 3", "a/x", "no value")),
    ("registries: {a: /x}\npacks:\n  a/x: '>=one'\n", ("line 3, column 8", "'>=one'")),
    ("registries: {a: /x}\npacks:\n  a/x: {commit: 3f2a91c}\n", ("line 3, column 17", "whole commit id")),
    ("registries: {a: /x}\npacks:\n  a/x: {branch: 'a..b'}\n", ("line 3, column 17", "'..'")),
    (
        "registries: {acme: /x}\npacks:\n  acne/x: '1'\n",
        ("line 3, column 3", "unknown registry 'acne'", "did you mean `acme`?"),
    ),
    ("packs:\n  acme/x: '1'\n", ("line 2, column 3", "unknown registry 'acme'", "`registries: {acme: URL}`")),
    ("registries: {a: /x}\npacks:\n  a/: '1'\n", ("line 3, column 3", "names no pack")),
    ("registries: {'a b': /x}\n", ("line 1, column 14", "cannot be an alias")),
    ("registries: {a: 'ext::sh -c id'}\n", ("line 1, column 17", "refused")),
    ("registries: {a: 'http://git.acme.example/x'}\n", ("line 1, column 17", "plain http", "https")),
    ("registries: {a: '-oProxyCommand=id'}\n", ("line 1, column 17", "'-'")),
    ("registries: {a: owner/repo}\n", ("line 1, column 17", "github:owner/repo")),
    ("overrides: {x: {agent:y: {model: z}}}\n", ("line 1, column 13", "'x'")),
    ("packs:\n  web: {git: /x\n", ("line 3, column 1", "expected")),
    ("packs:\n\tweb: x\n", ("line 2, column 1",)),
    ("packs: &a {}\n", ("line 1, column 8", "anchors")),
    ("packs: !!python/object {}\n", ("line 1, column 8", "tag")),
    ("just words\n", ("line 1, column 1",)),
    ("packs: {}\n---\npacks: {}\n", ("line 2, column 1", "second document")),
    ("policy: {deny_grant: [exec]}\n", ("line 1, column 10", "unknown key 'deny_grant'")),
]


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_a_broken_manifest(installed: Sandbox, text: str, told: tuple[str, ...]) -> None:
    """File, line, column, what was expected, the nearest spelling; lock and files untouched."""
    write_manifest(installed, text)
    said = fail(installed, "install", exit=2, code="manifest")
    assert said.startswith("error: agentsync.yaml, line ")
    for part in told:
        assert part in said


@pytest.mark.parametrize("command", [("drift",), ("remove", "x/y"), ("add", "x/y")])
def test_every_command_says_the_same(installed: Sandbox, command: tuple[str, ...]) -> None:
    """Every command that reads the manifest stops at the same line; without `--json` on standard error alone."""
    write_manifest(installed, "packs: {}\npaks: {}\n")
    said = fail(installed, *command, exit=2, code="manifest")
    assert "did you mean `packs`?" in said
    run = installed.run(*command)
    assert (run.exit, run.stdout, run.stderr) == (2, "", said)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"packs: {}\x00\n", b"packs: {a\x1b[31m: x}\n"])
def test_a_manifest_that_is_no_text(installed: Sandbox, data: bytes) -> None:
    """Bytes that are not UTF-8, or not printable, are told without being printed."""
    (installed.project / "agentsync.yaml").write_bytes(data)
    said = fail(installed, "install", exit=2, code="manifest")
    assert "\x1b" not in said and "\x00" not in said


def test_an_empty_manifest_is_a_manifest(sandbox: Sandbox) -> None:
    """Nothing is asked for, so nothing is done."""
    write_manifest(sandbox, "")
    assert sandbox.run("install").exit == 0
    assert sandbox.run("drift").exit == 0
    assert "packs: {}" in lock_text(sandbox)


def test_no_manifest(sandbox: Sandbox) -> None:
    """Every command names the next step; what adds packs starts a manifest, and not where it fails."""
    for command in ("install", "list", "drift", "diff"):
        assert "agentsync init" in fail(sandbox, command, exit=2, code="manifest")
    fail(sandbox, "add", "/x", exit=3, code="fetch")


def test_init_does_not_overwrite(installed: Sandbox) -> None:
    """A manifest that is there stays."""
    assert "agentsync.yaml" in fail(installed, "init", exit=2, code="usage")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("instal",), "instal"),
        (("install", "--lockd"), "--lockd"),
        (("install", "extra"), "extra"),
        (("add",), "requests"),
        (("install", "--target", "claude"), "claude-code"),
        (("install", "--target", "codex"), "not among the targets"),
        (("install", "--target", "--locked"), "--locked"),
        (("registry", "ad"), "ad"),
        (("add", "https://"), "names no repository"),
        (("add", "a b"), "a b"),
        (("add", "owner/repo/more"), "owner/repo/more"),
        (("add", "-oProxyCommand=id"), "-o"),
        (("restore", "nothing/here"), "nothing/here"),
    ],
)
def test_a_command_line_that_makes_no_sense(installed: Sandbox, arguments: tuple[str, ...], told: str) -> None:
    """Exit 2, the word in question, and where to look."""
    assert told in fail(installed, *arguments, exit=2, code="usage")


@pytest.mark.parametrize("url", ["ext::sh -c id", "fd::3", "git://git.acme.example/x", "./-x//..", "http://10.0.0.1/x"])
def test_urls_that_git_must_not_see(installed: Sandbox, url: str) -> None:
    """Refused before any git runs."""
    run = installed.run("add", url, "--json", git_log=True)
    assert run.git_calls == []
    (error,) = json.loads(run.stdout)["errors"]
    assert (run.exit, error["code"]) in [(2, "usage"), (3, "unsafe")]
    assert error["hint"]


@pytest.mark.parametrize("text", ["packs: [", "bogus: 1", "policy: { min_age: zz }"])
def test_doctor_tells_it(installed: Sandbox, text: str) -> None:
    """A manifest that cannot be read is one of its findings, and the other checks are made all the same."""
    (installed.project / "agentsync.yaml").write_text(text)
    run = installed.run("doctor")
    assert run.exit == 1
    assert "scope     manifest: agentsync.yaml, line" in run.stdout
    assert "error:" not in run.stderr
