"""The tests as on another system: its file system under all that they write, its Python in each command they run.

    python -m tests.portable windows tests/cli/test_update.py

Whatever follows the name of the system goes to pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.portable import fuse
from tests.portable.systems import AS_SYSTEM, IMITATED, mounted


def main(name: str, *arguments: str) -> int:
    """Mount the file system, run pytest on it, and return pytest's exit code."""
    system = {system.name: system for system in IMITATED}[name]
    if why := fuse.why_not():
        sys.stderr.write(f"error: {why}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="p") as folder, mounted(system.manners, Path(folder)) as where:
        command = [sys.executable, "-m", "pytest", f"--basetemp={where / 't'}", *arguments]
        return subprocess.run(command, env={**os.environ, AS_SYSTEM: name}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
