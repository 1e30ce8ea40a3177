"""agentsync as a user has it: in an environment of its own, started by a script like that of pip or uv.

An editable installation, which developers have, loads a finder at each start of Python, and with it
most of what a short command would otherwise be slow by.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_SCRIPT = """#!{python}
import sys
from agentsync.__main__ import main
if __name__ == "__main__":
    sys.exit(main())
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """A machine with agentsync and one user, below one folder.

    Args:
        root: the folder.
        python: its Python.
        agentsync: the command.
        env: the environment of every command.
    """

    root: Path
    python: str
    agentsync: str
    env: dict[str, str]

    @property
    def cache(self) -> Path:
        """Return the cache of agentsync."""
        return self.root / "cache"


def install(root: Path) -> Installation:
    """Make an environment with this checkout in it; what it needs is taken from the one that runs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / "venv")], check=True)
    packages = next((root / "venv").glob("lib/python*/site-packages"))
    (packages / "agentsync.pth").write_text(f"{_ROOT}\n{sysconfig.get_path('purelib')}\n")
    python, command = root / "venv/bin/python", root / "venv/bin/agentsync"
    command.write_text(_SCRIPT.format(python=python))
    command.chmod(0o755)
    subprocess.run([str(python), "-m", "compileall", "-q", str(_ROOT / "agentsync")], check=True)
    (root / "home").mkdir()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(root / "home"),
        "LANG": "C.UTF-8",
        "AGENTSYNC_CACHE_DIR": str(root / "cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "bench",
        "GIT_AUTHOR_EMAIL": "bench@example.org",
        "GIT_COMMITTER_NAME": "bench",
        "GIT_COMMITTER_EMAIL": "bench@example.org",
    }
    return Installation(root, str(python), str(command), env)
