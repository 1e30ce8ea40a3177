"""Findings, and what AI tools do not get as it is: as lines for people and as data for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from agentsync.model.finding import Level, Told
from agentsync.model.names import PackName
from agentsync.reporting.words import count

if TYPE_CHECKING:
    from agentsync.model.finding import Finding

_MOST_TOLD: Final = 50
_FEW: Final = 3
_LEFT_OUT: Final[Mapping[str, str]] = {
    "refused-file": "not installed",
    "hidden-text": "not installed",
    "link-not-followed": "not installed",
    "submodule": "not installed",
    "marketplace-invalid": "not offered",
    "plugin-invalid": "not offered",
    "pack-path-missing": "not offered",
    "pack-twice": "not offered",
}


def finding_line(finding: Finding) -> str:
    """Return a finding as one line: what is left out for it, where, why, and what to do."""
    left_out, place = _LEFT_OUT.get(finding.rule), finding.place
    if finding.rule == "hidden-text" and finding.level is not Level.ERROR:
        left_out = None
    whose = " ".join(part for part in (finding.pack, finding.item) if part)
    if left_out == "not installed":
        told = f"{left_out}: {place} of {whose}: {finding.what}"
    elif left_out is not None:
        registry = f"of {finding.registry}" if finding.registry and finding.registry not in finding.pack else ""
        where = " ".join(part for part in (place, registry) if part)
        told = f"{left_out}: {finding.pack or 'an entry'}{f' ({where})' if where else ''}: {finding.what}"
    else:
        subject = whose or (f"registry {finding.registry}" if finding.registry else "")
        told = ": ".join(part for part in (subject, place, finding.what) if part)
    # As for a hint: a fix is a command as a whole, or a sentence with commands in backticks.
    fix = f"run `{finding.fix}`" if finding.fix.startswith("agentsync ") else finding.fix
    return _safe(f"{told}; {fix}" if fix else told)


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """Return the first findings as lines, and how many more there are; packs that were not looked into in one line."""
    unread: dict[str, list[str]] = {}
    for one in findings:
        if one.rule == "pack-not-read":
            unread.setdefault(PackName(one.pack).alias, []).append(one.pack)
    many = {alias: packs for alias, packs in unread.items() if len(packs) > _FEW}
    alone = [one for one in findings if one.rule != "pack-not-read" or PackName(one.pack).alias not in many]
    lines = [finding_line(finding) for finding in alone[:_MOST_TOLD]]
    if len(alone) > _MOST_TOLD:
        lines.append(f"{count(len(alone) - _MOST_TOLD, 'finding')} more; --json has them all")
    return [*lines, *(_not_read(alias, packs) for alias, packs in many.items())]


def _not_read(alias: str, packs: Sequence[str]) -> str:
    some = f"{', '.join(packs[:_FEW])} and {len(packs) - _FEW} more"
    return f"{some}: not looked into: their files are not in the cache; run `agentsync info {alias} --all`"


def finding_data(finding: Finding) -> dict[str, Any]:
    """Return a finding as data; a part that it does not have is absent."""
    parts: dict[str, Any] = {
        "rule": str(finding.rule),
        "level": str(finding.level),
        "registry": finding.registry,
        "pack": finding.pack,
        "item": finding.item,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "what": _safe(finding.what),
        "fix": _safe(finding.fix),
    }
    return {key: value for key, value in parts.items() if value}


def told_lines(told: Iterable[Told]) -> list[str]:
    """Return what tools do not get: one line for each pack, tool and reason."""
    groups: dict[tuple[str, str, str, str], list[Told]] = {}
    for one in told:
        groups.setdefault((one.pack, one.target, one.code, one.why), []).append(one)
    return [
        f"{'not installed' if code == 'refused' else code}: {_counted(group)} of {pack}: {why}"
        for (pack, _, code, why), group in groups.items()
    ]


def _counted(group: Sequence[Told]) -> str:
    return ", ".join(one.item or count(one.number, one.about) for one in group)


def told_data(told: Told) -> dict[str, Any]:
    """Return as data what a tool does not get."""
    return {key: value for key, value in told._asdict().items() if value}


def _safe(text: str) -> str:
    """Return a text without credentials: a reason may quote what git said."""
    if "@" not in text and "=" not in text:
        return text
    from agentsync.model.redaction import redact  # takes long to load, and most commands do not need it

    return redact(text)
