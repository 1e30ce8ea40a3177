"""Registries and projects of any size for the benchmarks."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.installation import Installation

_WORDS = [
    f"{start}{middle}{end}" for start in "bcdfgklmnprst" for middle in ("a", "ei", "ou") for end in ("n", "st", "")
]


def agent(name: str, words: int = 1100, edition: int = 0) -> str:
    """Return an agent of the usual size, about 5 kB, no two alike, nor two editions of one."""
    chance = random.Random(f"{name} {edition}")
    text = " ".join(chance.choices(_WORDS, k=words))
    return f"---\nname: {name}\ndescription: Knows all about {name}.\n---\n# {name}\n\n{text}\n"


def agents(pack: str, count: int, *, edition: int = 0, changed: int = 0) -> dict[str, str]:
    """Return the files of a pack of agents; the first `changed` of them in this edition."""
    names = {number: f"{pack}-{number:05}" for number in range(count)}
    return {
        f"{pack}/agents/{name}.md": agent(name, edition=edition if number < changed else 0)
        for number, name in names.items()
    }


def skills(pack: str, count: int, files: int = 20) -> dict[str, str]:
    """Return the files of a pack of skills, each a folder of its own."""
    found = {}
    for number in range(count):
        folder = f"{pack}/skills/{pack}-{number:04}"
        found[f"{folder}/SKILL.md"] = agent(f"{pack}-{number:04}")
        found |= {f"{folder}/notes/{other:02}.md": agent(f"{number}-{other}") for other in range(1, files)}
    return found


def publish(machine: Installation, name: str, releases: Sequence[Mapping[str, str]]) -> Path:
    """Publish a bare repository with one tagged release after the other, v1.0.0, v1.1.0 and so on."""
    work, bare = machine.root / f"{name}-work", machine.root / "srv" / f"{name}.git"
    bare.parent.mkdir(exist_ok=True)
    git(machine, "init", "-q", str(work))
    for number, files in enumerate(releases):
        packs = sorted({path.partition("/")[0] for path in files})
        listed = "".join(f"  {pack}: {{path: {pack}}}\n" for pack in packs)
        for path, text in {**files, "registry.yaml": f"registry: 1\nname: {name}\npacks:\n{listed}"}.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(text)
        git(machine, "-C", str(work), "add", "-A")
        git(machine, "-C", str(work), "commit", "-qm", f"Release {number}")
        git(machine, "-C", str(work), "tag", f"v1.{number}.0")
    git(machine, "clone", "-q", "--bare", str(work), str(bare))
    for setting in ("uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true", "http.receivepack=false"):
        git(machine, "-C", str(bare), "config", *setting.split("="))
    return bare


def project(machine: Installation, name: str, registries: Mapping[str, str], packs: Sequence[str]) -> Path:
    """Make a project that asks for the newest release of these packs, nothing installed yet."""
    folder = machine.root / name
    folder.mkdir()
    listed = "".join(f"  {alias}: {url}\n" for alias, url in registries.items())
    wishes = "".join(f"  {pack}: ^1\n" for pack in packs)
    (folder / "agentsync.yaml").write_text(f"registries:\n{listed}packs:\n{wishes}")
    return folder


def run(machine: Installation, folder: Path, *arguments: str) -> None:
    """Run agentsync, which must succeed."""
    done = subprocess.run(
        [machine.agentsync, *arguments], cwd=folder, env=machine.env, capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"agentsync {arguments}: {done.stderr.decode()}")


def git(machine: Installation, *arguments: str) -> str:
    """Run git, which must succeed; return its output."""
    done = subprocess.run(["git", *arguments], check=True, env=machine.env, capture_output=True, text=True)
    return done.stdout
