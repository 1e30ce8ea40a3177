"""The names of the two files that a project commits."""

from typing import Final

MANIFEST_NAME: Final = "agentsync.yaml"
# How some spell it; told, and not read: two names would be two manifests.
OTHER_NAME: Final = "agentsync.yml"
LOCK_NAME: Final = "agentsync.lock"
