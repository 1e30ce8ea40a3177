"""Five packs of five skills each from three registries: agentsync beside the peers that are on the PATH.

All take them from the same repositories on disk: `insteadOf` makes their GitHub URLs lead there. A
peer is asked for the same skills at the same tag, in the way that it has for that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.installation import Installation
from bench.projects import project, publish, run, skills
from bench.report import Answer, compared
from bench.timing import Candidate, compare

_PACKS = {"r0": ("p0", "p1"), "r1": ("p2", "p3"), "r2": ("p4",)}
_SKILLS = 5
_SIZE = "5 packs from 3 registries"
PEERS = {"apm": "apm-cli on PyPI", "skills": "npm", "dotagents": "@sentry/dotagents on npm", "rulesync": "npm"}


@dataclass(frozen=True, slots=True)
class Peer:
    """One peer, set up in a folder.

    Args:
        install: its command for a first install.
        again: its command where everything is installed already.
        check: its command that checks what is installed, "" where it has none.
    """

    install: str
    again: str
    check: str = ""


def found() -> dict[str, str]:
    """Return the peers that are here and run, with their versions."""
    here = {}
    for name in PEERS:
        if shutil.which(name):
            done = subprocess.run([name, "--version"], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                here[name] = (done.stdout.strip() or "?").splitlines()[-1].rpartition(" ")[2]
    return here


def remarks() -> list[str]:
    """Return the lines that name the peers that were measured, and those that were not."""
    here = found()
    told = [f"{name} {here[name]}" for name in PEERS if name in here]
    absent = [f"{name} ({where})" for name, where in PEERS.items() if name not in here]
    lines = ["", f"Peers that were measured: {', '.join(told) or 'none'}."]
    return [*lines, *([f"Not here, or not able to run here: {', '.join(absent)}."] if absent else [])]


def answers(machine: Installation) -> list[Answer]:
    """Measure first installs, and checks where nothing has changed."""
    env = _github(machine)
    machine = replace(machine, env=env)
    registries = {name: f"github:acme/{name}" for name in _PACKS}
    folder = project(machine, "peers", registries, [f"{name}/{pack}" for name in _PACKS for pack in _PACKS[name]])
    peers = {name: _peer(name, machine.root / f"peer-{name}") for name in found() if name != "rulesync"}
    keep = {folder: {"agentsync.yaml"}} | {
        machine.root / f"peer-{name}": {"apm.yml", "agents.toml", "package.json"} for name in peers
    }

    def anew(where: Path) -> None:
        for path in (*where.iterdir(), *(machine.root / "home").iterdir(), machine.cache):
            if path.name not in keep[where]:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    cold = {"agentsync": Candidate([machine.agentsync, "install"], folder, env, lambda: anew(folder))}
    for name, peer in peers.items():
        where = machine.root / f"peer-{name}"
        cold[name] = Candidate(peer.install, where, env, lambda where=where: anew(where))  # type: ignore[misc]
    first = compare(cold)
    for candidate in cold.values():
        candidate.run()
    run(machine, folder, "install")
    return [
        *(
            compared(f"first `install`, {_SIZE}, nothing cached", name, first["agentsync"], first[name], 1.0)
            for name in peers
        ),
        *_again(machine, folder, peers),
    ]


def _again(machine: Installation, folder: Path, peers: dict[str, Peer]) -> Iterator[Answer]:
    """Measure another install and check, with all in place."""
    time.sleep(2.1)
    for command in ("install", "drift"):
        run(machine, folder, command)
    for what, command in (("install", "again"), ("drift", "check")):
        words = {name: getattr(peer, command) for name, peer in peers.items() if getattr(peer, command)}
        # Each of them after its own first install, which the one before it took away with the caches.
        told = {name: text.partition(" http")[0] for name, text in words.items()}
        candidates = {
            name: Candidate(text, machine.root / f"peer-{name}", machine.env, fine=range(256))
            for name, text in words.items()
        }
        times = compare({"agentsync": Candidate([machine.agentsync, what], folder, machine.env), **candidates})
        for name in words:
            goal = 0.05 if name == "apm" else 1.0
            yield compared(
                f"`{what}`, {_SIZE}, nothing changed",
                told[name],
                times["agentsync"],
                times[name],
                goal,
            )


def _github(machine: Installation) -> dict[str, str]:
    """Publish the registries; return an environment in which their GitHub URLs lead to them."""
    for name, packs in _PACKS.items():
        publish(machine, name, [{path: text for pack in packs for path, text in skills(pack, _SKILLS, 4).items()}])
    config = machine.root / "gitconfig"
    config.write_text(f'[url "file://{machine.root}/srv/"]\n\tinsteadOf = https://github.com/acme/\n')
    return {**machine.env, "GIT_CONFIG_GLOBAL": str(config), "PATH": os.environ["PATH"], "NO_COLOR": "1"}


def _peer(name: str, folder: Path) -> Peer:
    folder.mkdir()
    packs = [(registry, pack) for registry, names in _PACKS.items() for pack in names]
    if name == "apm":
        wishes = "".join(f"    - acme/{registry}/{pack}#v1.0.0\n" for registry, pack in packs)
        head = "name: bench\nversion: 1.0.0\ntargets: [claude]\ndependencies:\n  apm:\n"
        (folder / "apm.yml").write_text(head + wishes)
        return Peer("apm install", "apm install", "apm audit --ci")
    if name == "dotagents":
        rows = ["version = 1", 'agents = ["claude"]', "[trust]", "allow_all = true"]
        for registry, pack in packs:
            for number in range(_SKILLS):
                skill = f"{pack}-{number:04}"
                rows += ["[[skills]]", f'name = "{skill}"', f'source = "acme/{registry}"', 'ref = "v1.0.0"']
                rows += [f'path = "{pack}/skills/{skill}"']
        (folder / "agents.toml").write_text("\n".join(rows) + "\n")
        return Peer("dotagents install", "dotagents install")
    add = "skills add https://github.com/acme/{} --skill '*' -a claude-code -y --copy"
    command = " && ".join(add.format(registry) for registry in _PACKS)
    return Peer(command, command)
