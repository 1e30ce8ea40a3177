"""Read a policy: `policy.yaml` of the machine or the user, or `policy:` in a manifest.

The format is documented in `docs/reference/policy.md`.
"""

from __future__ import annotations

import re
from typing import Final

from agentsync.formats.section import Section
from agentsync.model.policy import TrustPolicy

KEYS: Final = tuple(
    """registries deny_grants residue require_signature pinned min_age hidden_text max_file
    max_pack max_files http_hosts linked_folders""".split()
)
_UNITS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_SIZES: Final = {"": 1, "KiB": 1024, "MiB": 1024 * 1024, "GiB": 1024 * 1024 * 1024}


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
        min_age=_measure(section, "min_age", _UNITS, "such as 7d, 12h or 2w") or 0,
        allow_hidden=_hidden(section),
        max_file=_measure(section, "max_file", _SIZES, "such as 512KiB or 2MiB"),
        max_pack=_measure(section, "max_pack", _SIZES, "such as 64MiB"),
        max_files=_measure(section, "max_files", {"": 1}, "a number"),
        http_hosts=tuple(host.lower() for host in section.texts("http_hosts")),
        linked_folders=tuple(path.rstrip("/") for path in section.texts("linked_folders")),
    )


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


def _measure(section: Section, key: str, units: dict[str, int], expected: str) -> int | None:
    text = section.text(key)
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,12})\s*([A-Za-z]*)", text)
    if found is None or found[2] not in units:
        raise section.problem(section.node(key), f"{key} must be {expected}")
    return int(found[1]) * units[found[2]]
