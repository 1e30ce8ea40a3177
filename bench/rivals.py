"""Other tools that install skills from git, each as its documentation says: what they are told, and their commands.

They are found on the `PATH`. All are asked for the skills of one repository of a GitHub user, at the newest release or
the default branch, whichever is their own way.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

OWNER: Final = "acme/market"
URL: Final = f"https://github.com/{OWNER}.git"
PACK: Final = "kit"


class Rival(NamedTuple):
    """A tool: the files that tell it what is wanted, and its commands.

    Args:
        files: by their path in the project.
        first: the command of a first install.
        locked: that of an install of what was locked, "" where it has none.
        update: that of an update, "" where it has none.
        locks: the files that it writes to be committed.
    """

    files: Mapping[str, str]
    first: str
    locked: str
    update: str
    locks: tuple[str, ...]


def rivals(skills: Sequence[str]) -> dict[str, Rival]:
    """Return the tools for these skills, folders below `skills/` of the pack, by name."""
    paths = {name: f"{PACK}/skills/{name}" for name in skills}
    rows = ["version = 1", 'agents = ["claude"]', "[trust]", "allow_all = true"]
    rows += ["[[skills]]", 'name = "*"', f'source = "{OWNER}"', f'path = "{PACK}/skills"']
    wanted = {"skills": {name: {"source": f"{OWNER}", "path": path} for name, path in paths.items()}}
    source = {"source": URL, "transport": "git", "path": f"{PACK}/skills", "skills": ["*"]}
    rules = {"targets": ["claudecode"], "features": ["skills"], "sources": [source]}
    apm = f"name: bench\nversion: 1.0.0\ntargets: [claude]\ndependencies:\n  apm:\n    - {OWNER}/{PACK}\n"
    return {
        "agentsync": Rival(
            {"agentsync.yaml": f"registries:\n  market: github:{OWNER}\npacks:\n  market/{PACK}: ^1\n"},
            "agentsync install",
            "agentsync install --frozen",
            "agentsync update",
            ("agentsync.lock",),
        ),
        "apm": Rival({"apm.yml": apm}, "apm install", "apm install --frozen", "apm update --yes", ("apm.lock.yaml",)),
        "skills": Rival(
            {"package.json": "{}"},
            f"skills add https://github.com/{OWNER} --skill '*' -a claude-code -y --copy",
            "skills experimental_install",
            "skills update -p -y",
            ("skills-lock.json",),
        ),
        "dotagents": Rival(
            {"agents.toml": "\n".join(rows) + "\n"},
            "dotagents install",
            "dotagents install",
            "dotagents install",
            ("agents.lock",),
        ),
        "skills-lock": Rival(
            {"package.json": json.dumps({**wanted, "skillsConfig": {"agents": ["claude-code"]}})},
            "skills-lock install",
            "skills-lock install --frozen",
            "skills-lock update",
            ("skills-lock.json",),
        ),
        "rulesync": Rival(
            {"rulesync.jsonc": json.dumps(rules)},
            "rulesync install && rulesync generate",
            "rulesync install --frozen && rulesync generate",
            "rulesync install --update && rulesync generate",
            ("rulesync.lock",),
        ),
        "claude": Rival(
            {},
            f"claude plugin marketplace add {URL} && claude plugin install {PACK}@market",
            "",
            f"claude plugin marketplace update market && claude plugin update {PACK}@market",
            (),
        ),
    }


def version(name: str) -> str:
    """Return the version of a tool on the `PATH`, "" where it is not there or does not run."""
    if shutil.which(name) is None:
        return ""
    for word in ("--version", "help"):
        done = subprocess.run([name, word], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            numbers = [part for part in done.stdout.split() if part[:1].isdigit() and "." in part]
            return numbers[0] if numbers else "of an unknown version"
    return ""
