"""Findings, and what AI tools do not get as it is: as lines for people and as data for machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from agentsync.model.finding import Finding, Level, Rule, Told
from agentsync.model.names import PackName
from agentsync.reporting.words import count, some

_MOST_TOLD: Final = 50
_FEW: Final = 3
_NOT_INSTALLED: Final = (Rule.REFUSED_FILE, Rule.HIDDEN_TEXT, Rule.LINK_NOT_FOLLOWED, Rule.SUBMODULE)
_NOT_OFFERED: Final = (Rule.MARKETPLACE_INVALID, Rule.PLUGIN_INVALID, Rule.PACK_PATH_MISSING, Rule.PACK_TWICE)


def finding_line(finding: Finding) -> str:
    """Return a finding as one line: what is left out for it, where, why, and what to do."""
    place, whose = finding.place, " ".join(part for part in (finding.pack, finding.item) if part)
    is_allowed = finding.rule is Rule.HIDDEN_TEXT and finding.level is not Level.ERROR
    if finding.rule in _NOT_INSTALLED and not is_allowed:
        told = f"not installed: {place} of {whose}: {finding.what}"
    elif finding.rule in _NOT_OFFERED:
        registry = f"of {finding.registry}" if finding.registry and finding.registry not in finding.pack else ""
        where = " ".join(part for part in (place, registry) if part)
        told = f"not offered: {finding.pack or 'an entry'}{f' ({where})' if where else ''}: {finding.what}"
    else:
        subject = whose or (f"registry {finding.registry}" if finding.registry else "")
        told = ": ".join(part for part in (subject, place, finding.what) if part)
    fix = f"run `{finding.fix}`" if finding.is_command else finding.fix
    return _safe(f"{told}; {fix}" if fix else told)


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """Return the first findings as lines, and how many more there are; packs that were not looked into in one line."""
    unread: dict[str, list[str]] = {}
    for one in findings:
        if one.rule is Rule.PACK_NOT_READ:
            unread.setdefault(PackName(one.pack).alias, []).append(one.pack)
    many = {alias: packs for alias, packs in unread.items() if len(packs) > _FEW}
    alone = [one for one in findings if one.rule is not Rule.PACK_NOT_READ or PackName(one.pack).alias not in many]
    lines = [finding_line(finding) for finding in alone[:_MOST_TOLD]]
    if len(alone) > _MOST_TOLD:
        lines.append(f"{count(len(alone) - _MOST_TOLD, 'finding')} more; --json has them all")
    return lines + [
        f"{some(packs, _FEW)}: not looked into: their files are not in the cache; run `agentsync info {alias} --all`"
        for alias, packs in many.items()
    ]


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
    lines = []
    for (pack, _, code, why), group in groups.items():
        counted = ", ".join(one.item or count(one.number, one.about) for one in group)
        lines.append(f"{'not installed' if code == 'refused' else code}: {counted} of {pack}: {why}")
    return lines


def told_data(told: Told) -> dict[str, Any]:
    """Return as data what a tool does not get."""
    return {key: value for key, value in told._asdict().items() if value}


def _safe(text: str) -> str:
    """Return a text without credentials: a reason may quote what git said."""
    if "@" not in text and "=" not in text:
        return text
    from agentsync.model.redaction import redact  # takes long to load, and most commands do not need it

    return redact(text)
