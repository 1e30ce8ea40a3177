"""The catalogue of the example registry as a part of the documentation: a hook of MkDocs.

Source of the interface: https://www.mkdocs.org/dev-guide/plugins/#events
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

PUBLISH = Path(__file__).with_name("publish.py")
FOLDER = "catalogue"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files of the catalogue, so that pages may link to them."""
    with tempfile.TemporaryDirectory() as scratch:
        registry, out = Path(scratch, "agents.git"), Path(scratch, FOLDER)
        _run(str(PUBLISH), str(registry))
        title = "Packs of the example registry"
        _run("-m", "agentsync", "registry", "site", str(registry), "--out", str(out), "--title", title)
        for path in sorted(file for file in out.rglob("*") if file.is_file() and not file.name.startswith(".")):
            place = f"{FOLDER}/{path.relative_to(out).as_posix()}"
            files.append(File.generated(config, place, content=path.read_bytes()))
    return files


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
