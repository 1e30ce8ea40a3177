"""Nothing of a repository is run, and nothing is written outside the store, whatever the repository holds."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from agentsync.model.fleet import FleetStanding
from tests.fleet.copies import commit_on, copies
from tests.fleet.machine import FleetMachine
from tests.fleet.templates import Templates
from tests.git_registry import File, plain_git_environment
from tests.needs import needs
from tests.programs import write_program
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.slow, needs("modes", "symlinks")]
# What git runs when a repository's own configuration says so.
_SETTINGS: Final = """
[core]
\tfsmonitor = {canary}
\thooksPath = {hooks}
\tsshCommand = {canary}
\tgitProxy = {canary}
\taskPass = {canary}
\tpager = {canary}
\teditor = {canary}
\talternateRefsCommand = {canary}
[uploadpack]
\tpackObjectsHook = {canary}
[filter "evil"]
\tclean = {canary}
\tsmudge = {canary}
\tprocess = {canary}
\trequired = true
[diff]
\texternal = {canary}
[diff "evil"]
\ttextconv = {canary}
[credential]
\thelper = !{canary}
[gpg]
\tprogram = {canary}
[remote "origin"]
\turl = ext::{canary}
\tpromisor = true
\tuploadpack = {canary}
[extensions]
\tpartialClone = origin
"""
_HOOKS: Final = ("post-checkout", "post-index-change", "pre-auto-gc", "reference-transaction", "post-upload-pack")


def test_no_repository_runs_or_writes_anything(sandbox: Sandbox, fleet_templates: Templates, tmp_path: Path) -> None:
    """Hooks, filters, monitors, submodules, links: none is run or followed, in remotes and in folders here."""
    canary = write_program(tmp_path / "canary", f"echo ran >> {tmp_path / 'sang'}")
    hooks = tmp_path / "hooks"
    for name in _HOOKS:
        write_program(hooks / name, f"exec {canary}")
    clean = fleet_templates.named("clean").files
    evil = {
        ".gitattributes": File("* filter=evil diff=evil merge=evil ident\n"),
        ".gitmodules": File(f'[submodule "sub"]\n\tpath = sub\n\turl = ext::{canary}\n\tupdate = !{canary}\n'),
        ".lfsconfig": File(f"[lfs]\n\turl = ext::{canary}\n"),
        "sub": File(gitlink="1" * 40),
        ".claude/agents/out.md": File(str(tmp_path / "sang"), symlink=True),
    }
    linked = {**clean, ".claude/agents/critic.md": File(str(canary), symlink=True)}
    manifest = {**clean, "agentsync.yaml": File("../../elsewhere/agentsync.yaml", symlink=True)}
    made = copies(tmp_path / "fleet", [fleet_templates.named("clean")], 3)
    made = [commit_on(one, {**files, **evil}) for one, files in zip(made, (clean, linked, manifest), strict=True)]
    for one in made:
        with (one.path / "config").open("a", encoding="utf-8") as config:
            config.write(_SETTINGS.format(canary=canary, hooks=hooks))
    folder = _checkout(made[0].path, tmp_path / "work" / "shop", canary, hooks)
    machine = FleetMachine(sandbox, fleet_templates)
    machine.write({one.path.as_uri(): one.standing for one in made})
    before = _state(tmp_path, sandbox)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    assert machine.check(env={"TMPDIR": str(temporary)}).exit == 1
    expected = (FleetStanding.CLEAN, FleetStanding.DRIFT, FleetStanding.BROKEN)
    assert machine.standings() == {one.path.as_uri(): what for one, what in zip(made, expected, strict=True)}
    assert machine.check("--folder", str(folder), env={"TMPDIR": str(temporary)}).exit == 0
    assert list(machine.standings().values()) == [FleetStanding.CLEAN]
    assert not (tmp_path / "sang").exists()
    assert _state(tmp_path, sandbox) == before
    assert list(temporary.iterdir()) == []
    assert list(sandbox.home.rglob("*")) == []


def _checkout(bare: Path, folder: Path, canary: Path, hooks: Path) -> Path:
    """Clone without filters and hooks, then set them."""
    command = ["git", "-c", "protocol.ext.allow=never", "clone", "-q", str(bare), str(folder)]
    subprocess.run(command, env=plain_git_environment(), check=True)
    with (folder / ".git" / "config").open("a", encoding="utf-8") as config:
        config.write(_SETTINGS.format(canary=canary, hooks=hooks))
    return folder


def _state(root: Path, sandbox: Sandbox) -> dict[str, str]:
    """Return the digest of every file that a look has no business to change."""
    ours = (sandbox.cache, sandbox.root / "fleet.sqlite", root / "temporary")
    found = {}
    for where, _, files in os.walk(root):
        for name in files:
            path = Path(where, name)
            if any(path.is_relative_to(one) for one in ours) or path.name.startswith("fleet.sqlite"):
                continue
            data = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
            found[str(path)] = hashlib.sha256(data).hexdigest()
    return found
