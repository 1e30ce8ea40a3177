"""The JSON Schemas of the files that people write and programs read: their names, and where editors find them."""

from typing import Final

SCHEMAS: Final = {
    "manifest": "agentsync.yaml",
    "lock": "agentsync.lock",
    "registry": "registry.yaml",
    "pack": "pack.yaml",
    "index": "the index of a registry",
    "policy": "policy.yaml",
    "fleet": "fleet.yaml",
    "fleet-report": "report.json of `agentsync fleet report`",
    "output": "what --json prints",
}
"""What each schema is of, by its name."""
SCHEMAS_VERSION: Final = 1
_SITE: Final = "https://agentsync.example"  # where the project is published: the one place that says so
INSTALLED_BY: Final = f"{_SITE}/install/v1"
"""The URI of how installed files are made of packs, for statements of provenance."""


def schema_url(name: str) -> str:
    """Return the address of a schema."""
    return f"{_SITE}/schemas/{SCHEMAS_VERSION}/{name}.json"


def docs_url(page: str) -> str:
    """Return the address of a page of the documentation."""
    return f"{_SITE}/{page}"


def editor_line(name: str) -> str:
    """Return the comment that tells editors the schema of a YAML file, as its first line."""
    return f"# yaml-language-server: $schema={schema_url(name)}\n"
