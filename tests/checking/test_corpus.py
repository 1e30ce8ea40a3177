"""Real registries: how many findings each rule has there, as a person has read them.

`AGENTSYNC_TEST_CORPUS` names a folder with bundles of them; nothing of theirs but numbers is kept here. After a change
of a rule, read the findings that differ, then let `AGENTSYNC_UPDATE_PAGES=1 pytest tests/checking/test_corpus.py`
write the numbers.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from agentsync.checking.check import check
from tests.git_registry import plain_git_environment

_NAMED: Final = os.environ.get("AGENTSYNC_TEST_CORPUS", "")
CORPUS: Final = Path(_NAMED).absolute()
SNAPSHOT: Final = Path(__file__).parent / "corpus.json"
UPDATE: Final = bool(os.environ.get("AGENTSYNC_UPDATE_PAGES"))
KNOWN: Final[dict[str, dict[str, int]]] = json.loads(SNAPSHOT.read_text(encoding="utf-8"))

pytestmark = pytest.mark.skipif(not (_NAMED and CORPUS.is_dir()), reason="AGENTSYNC_TEST_CORPUS names no folder")


@pytest.mark.parametrize("name", KNOWN)
def test_findings(name: str, tmp_path: Path) -> None:
    """Each rule finds as much as when its findings were read."""
    bundle = next(CORPUS.rglob(f"{name}.bundle"), None)
    if bundle is None:
        pytest.skip(f"there is no {name}.bundle")
    folder = tmp_path / name
    subprocess.run(
        ["git", "clone", "--quiet", str(bundle), str(folder)], check=True, env=plain_git_environment() | {"HOME": "/"}
    )
    report = check(folder)
    found = dict(sorted(Counter(f"{one.rule} {one.level}" for one in report.findings).items()))
    if UPDATE:
        SNAPSHOT.write_text(json.dumps({**KNOWN, name: found}, indent=2) + "\n", encoding="utf-8")
        KNOWN[name] = found
    assert found == KNOWN[name]
    assert len(report.packs) >= 1 and all(Path(folder, one.path).exists() for one in report.findings)
