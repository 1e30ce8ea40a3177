"""Read a policy: `policy.yaml` of the machine or the user, or `policy:` in a manifest.

The format is documented in `docs/reference/policy.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agentsync.errors import ManifestError
from agentsync.formats.section import Section, read_section
from agentsync.model.measures import DURATIONS, SIZES, bytes_in, number_in, seconds_in
from agentsync.model.policy import TrustPolicy

KEYS: Final = tuple(
    """registries deny_grants residue require_signature pinned min_age hidden_text max_file
    max_pack max_files http_hosts linked_folders""".split()
)


def read_policy(section: Section) -> TrustPolicy:
    """Read a policy; a fault is the section's error, with file, line and column."""
    section.only_keys(KEYS)
    registries = section.texts("registries")
    return TrustPolicy(
        registries=(registries,) if section.node("registries") is not None else (),
        deny_grants=section.texts("deny_grants"),
        deny_residue=_denies(section, "residue"),
        require_signature=section.flag("require_signature"),
        pinned=section.flag("pinned"),
        min_age=_measure(section, "min_age", seconds_in, DURATIONS) or 0,
        allow_hidden=_hidden(section),
        max_file=_measure(section, "max_file", bytes_in, SIZES),
        max_pack=_measure(section, "max_pack", bytes_in, SIZES),
        max_files=_measure(section, "max_files", number_in, "a number"),
        http_hosts=tuple(host.lower() for host in section.texts("http_hosts")),
        linked_folders=tuple(path.rstrip("/") for path in section.texts("linked_folders")),
    )


def read_policy_text(text: str, name: str) -> TrustPolicy:
    """Read the text of a file with a policy; raise ManifestError, with file, line and column, where it is not valid."""
    return read_policy(read_section(text, name, ManifestError, hint=f"the rules are {', '.join(KEYS)}"))


def _denies(section: Section, key: str) -> bool:
    value = section.text(key)
    if value not in (None, "ask", "deny"):
        raise section.problem(section.node(key), f"{key} must be deny or ask")
    return value == "deny"


def _hidden(section: Section) -> tuple[str, ...] | None:
    """Read `hidden_text: refuse`, or `hidden_text: {allow: [globs over packs]}`."""
    node = section.node("hidden_text")
    if node is None:
        return None
    if getattr(node, "value", None) == "refuse":
        return ()
    inner = section.as_section(node, "hidden_text")
    inner.only_keys(("allow",))
    return inner.texts("allow")


def _measure(section: Section, key: str, read: Callable[[str], int | None], expected: str) -> int | None:
    text = section.text(key)
    if text is None:
        return None
    found = read(text)
    if found is None:
        raise section.problem(section.node(key), f"{key} must be {expected}")
    return found
