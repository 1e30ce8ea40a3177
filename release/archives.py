"""Archives that are functions of their contents: sorted, with one time, without owners."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

_MAIN = "from agentsync.__main__ import main\n\nmain()\n"
_BUILD = """
import sys
from setuptools import build_meta
out = sys.argv[1]  # setuptools has arguments of its own
build_meta.build_sdist(out)
build_meta.build_wheel(out)
"""


def build_distributions(checkout: Path, out: Path, epoch: int) -> list[Path]:
    """Build the source distribution and the wheel of a checkout.

    Args:
        epoch: the time of all files, in seconds since 1970.
    """
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _BUILD, folder]
        subprocess.run(command, cwd=checkout, env=environment, check=True, stdout=subprocess.DEVNULL)
        built = sorted(Path(folder).iterdir())
        for path in built:
            if path.name.endswith(".tar.gz"):
                _rewrite_tar(path, out / path.name, epoch)
            else:
                shutil.copyfile(path, out / path.name)
        return [out / path.name for path in built]


def _rewrite_tar(source: Path, goal: Path, epoch: int) -> None:
    """Write an archive again, with its members sorted, of one time, and of no owner."""
    with tarfile.open(source) as old, goal.open("wb") as file:
        with (
            gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=epoch) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new,
        ):
            for member in sorted(old.getmembers(), key=lambda one: one.name):
                member.uid = member.gid = 0
                member.uname = member.gname = ""
                member.mtime = epoch
                member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
                member.pax_headers = {}
                new.addfile(member, old.extractfile(member) if member.isfile() else None)


def build_zipapp(wheel: Path, locked: Path, goal: Path, epoch: int) -> Path:
    """Build one file that holds agentsync and what it needs, for a Python without pip.

    Args:
        locked: the list of exact versions; what agentsync does not need at run time is left out.
    """
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        more = ["--no-compile", "--target", folder, "--constraint", str(locked), str(wheel)]
        subprocess.run([*pip, *more], check=True)
        (where / "__main__.py").write_text(_MAIN)
        data = io.BytesIO()
        when = time.gmtime(max(epoch, 315_532_800))[:6]  # a zip knows no time before 1980
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(where.rglob("*")):
                name = path.relative_to(where).as_posix()
                if path.is_file() and _belongs(name):
                    entry = zipfile.ZipInfo(name, when)
                    entry.external_attr = 0o644 << 16
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    packed.writestr(entry, path.read_bytes())
    goal.write_bytes(b"#!/usr/bin/env python3\n" + data.getvalue())
    goal.chmod(0o755)
    return goal


def _belongs(name: str) -> bool:
    """Return whether a file is Python that runs on every system, or belongs to it.

    Left out are compiled parts, which cannot be loaded from a zip and are not needed, programs, and the records of
    pip, which name this machine.
    """
    parts = name.split("/")
    is_record = parts[0].endswith(".dist-info") and parts[-1] in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
    return not (name.endswith((".so", ".pyd", ".pyc")) or parts[0] == "bin" or is_record)
