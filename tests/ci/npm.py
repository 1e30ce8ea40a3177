"""Programs from npm with all that they need, installed once into the user's cache. None of their scripts runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.loaders.packages import CACHE

_REAL: Final = dict(os.environ)  # read as the tests are collected: each test has another home
_SECONDS: Final = 900


def installed(*specs: str) -> Path:
    """The folder `node_modules` with packages in it; the test is skipped where npm does not give them."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = CACHE / "+".join(spec.replace("/", "+") for spec in specs)
    if (folder / "node_modules").is_dir():
        return folder / "node_modules"
    made = folder.with_name(f"{folder.name}.{os.getpid()}")
    made.mkdir(parents=True)
    quiet = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional")
    try:
        line = ["npm", "install", *quiet, "--prefix", str(made), *specs]
        run = subprocess.run(line, env=_REAL, capture_output=True, text=True, timeout=_SECONDS)
        if run.returncode:
            pytest.skip(f"npm does not give {' '.join(specs)}: {run.stderr.strip()[:200]}")
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder / "node_modules"
