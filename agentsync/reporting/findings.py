"""Findings, and what AI tools do not get as it is: as lines for people and as data for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from agentsync.model.finding import Finding, Level, Rule, Told
from agentsync.model.grant import OF_CONTENT
from agentsync.model.names import PackName
from agentsync.reporting.words import count, shown_grants, some

_MOST_TOLD: Final = 50
_FEW: Final = 3
_FEW_ITEMS: Final = 3
_FEW_NAMES: Final = 5
_VERBS: Final = {"residue": ("stay", "allowed"), "consent": ("wait", "for a yes")}  # the others are words themselves
_EXPLAINED: Final = ("narrowed", "changed", "renamed", "residue")  # the word alone does not say why
_NOUNS: Final = {"mcp": "MCP server"}
_ALWAYS: Final = ("target", "item", "code", "about", "why")
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


def told_lines(told: Iterable[Told], *, everything: bool = False) -> list[str]:
    """Return what tools do not get, or not as it is: one line for each tool and kind of loss.

    Args:
        everything: each pack on lines of its own, and also what costs a person nothing, such as two equal copies that
            a tool sees.
    """
    groups: dict[tuple[object, ...], list[Told]] = {}
    for one in told:
        if everything or one.code != "twice":
            groups.setdefault((one.pack if everything else "", *_group(one)), []).append(one)
    lines = [_told_line(group) for group in groups.values()]
    waiting = [one for group in groups.values() for one in group if one.waits]
    return [*lines, _ways_to_say_yes(waiting)] if waiting else lines


def _group(told: Told) -> tuple[object, ...]:
    if told.waits or told.code == "consent":
        return told.pack, told.target, told.code, told.waits, told.item if told.code == "consent" else ""
    if told.code in _EXPLAINED:
        return told.target, told.code, told.about, told.why
    return told.target, told.code, told.why if told.code == "refused" else told.about


def _told_line(group: Sequence[Told]) -> str:
    first = group[0]
    packs = {one.pack for one in group}
    whose = f"{_counted(group)} of {first.pack if len(packs) == 1 else count(len(packs), 'pack')}"
    if first.code == "twice":
        return f"{first.target}: twice: {first.why} ({first.about} of {first.pack})"
    if first.code == "consent":
        verb = "not installed before a yes" if first.waits else "waits for a yes"
        return f"{first.target}: {verb}: {whose}: {_asked_for(group)}"
    if first.waits:
        classes = ", ".join(_classes(group))
        return f"{first.target}: not installed before a yes: {whose}: {first.target} would also give {classes}"
    if first.code == "refused":
        return f"{first.target}: not installed: {whose}: {first.why}"
    names = first.about.split(", ")
    verb, rest = _VERBS.get(first.code, (first.code, ""))
    verb = f"{verb}s {rest}" if rest and len(names) == 1 else f"{verb} {rest}".rstrip()
    line = f"{first.target}: {some(names, _FEW_NAMES)} {verb} for {whose}"
    return f"{line}: {first.why}" if first.code in _EXPLAINED else line


def _classes(told: Iterable[Told]) -> list[str]:
    return list(dict.fromkeys(name for one in told for name in one.about.split(", ")))


def _ways_to_say_yes(waiting: Sequence[Told]) -> str:
    """Return what says yes to items that wait, as a line."""
    ways = ["--accept-grants", "`agentsync grants --accept` and then `agentsync install`"]
    residue = [one for one in waiting if one.code == "residue"]
    for target in dict.fromkeys(one.target for one in residue):
        classes = ", ".join(_classes(one for one in residue if one.target == target))
        ways.append(f"`{target}: {{residue: [{classes}]}}` below `targets:`")
    return f"to say yes: {', or '.join(ways)}"


def _asked_for(group: Sequence[Told]) -> str:
    """Return what a yes is asked for: in the place of a digest what would be run or reached, then other grants."""
    runs = [one.runs for one in group if one.runs]
    names = [name for one in group for name in one.about.split(", ") if not (one.runs and name.startswith(OF_CONTENT))]
    return "; ".join(dict.fromkeys([*runs, *shown_grants(names)]))


def _counted(group: Sequence[Told]) -> str:
    """Return the items of a group, by name where they are few."""
    items = dict.fromkeys((one.pack, one.item) for one in group if one.item)
    if 0 < len(items) <= _FEW_ITEMS and len({one.pack for one in group}) == 1:
        return ", ".join(item for _, item in items)
    numbers = Counter(_NOUNS.get(kind := item.partition(":")[0], kind) for _, item in items)
    for one in group:
        numbers[one.about] += 0 if one.item else one.number
    return ", ".join(count(number, noun) for noun, number in sorted((+numbers).items()))


def told_data(told: Told) -> dict[str, Any]:
    """Return as data what a tool does not get."""
    return {key: value for key, value in told._asdict().items() if value or key in _ALWAYS}


def _safe(text: str) -> str:
    """Return a text without credentials: a reason may quote what git said."""
    if "@" not in text and "=" not in text:
        return text
    from agentsync.model.redaction import redact  # takes long to load, and most commands do not need it

    return redact(text)
