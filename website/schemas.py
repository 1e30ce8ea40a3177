"""A hook of MkDocs: publish the JSON Schemas below the address that `init` writes for editors."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).resolve().parent.parent / "agentsync" / "schemas"


def on_post_build(config: Any, **_: Any) -> None:
    """Copy the schemas into the site, as `schemas/1/NAME.json`."""
    shutil.copytree(SCHEMAS, Path(config["site_dir"]) / "schemas", dirs_exist_ok=True)
