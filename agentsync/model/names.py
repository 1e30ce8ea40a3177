"""The names of the two files that a project commits."""

from typing import Final

MANIFEST_NAME: Final = "agentsync.yaml"
LOCK_NAME: Final = "agentsync.lock"
