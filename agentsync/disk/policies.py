"""The policies of the machine and of the user, which no project can change."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from agentsync.disk.disk_error import disk_errors
from agentsync.formats.policy import read_policy_text
from agentsync.model.policy import POLICY_NAME, TrustPolicy
from agentsync.platform.plain_files import read_plain_file

_LARGEST: Final = 8 * 1024 * 1024


def read_policies(folders: Iterable[Path]) -> dict[str, TrustPolicy]:
    """Return the policy in each of these folders that has one, by its file.

    Raises:
        ManifestError: with file, line and column, where one is not valid.
        DiskError: where one cannot be read.
    """
    found: dict[str, TrustPolicy] = {}
    for folder in folders:
        where = folder / POLICY_NAME
        with disk_errors(f"cannot read {where}"):
            try:
                text = read_plain_file(where, _LARGEST, follow=True).decode("utf-8", "replace")
            except (FileNotFoundError, NotADirectoryError):
                continue
        found[str(where)] = read_policy_text(text, str(where))
    return found
