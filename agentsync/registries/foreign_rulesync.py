"""Read `rulesync.jsonc` and `rulesync.lock`, the files of rulesync 17, as far as they name sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from agentsync.model.imported import ForeignPack, Imported, Lost, Texts
from agentsync.registries.foreign import (
    Reader,
    json_of,
    lost_keys,
    of_version,
    repository,
    table,
    table_at,
    tables_at,
    target,
    text,
    texts_of,
)

_MANIFEST: Final = "rulesync.jsonc"
_LOCAL: Final = "rulesync.local.jsonc"
_LOCK: Final = "rulesync.lock"
_OWN: Final = "rules, commands and subagents that come from .rulesync/ are the project's own, and left alone"
_ENTRY_READ: Final = frozenset({"source", "skills", "rules", "transport", "ref", "path", "rulesPath"})
_ENTRY_LOST: Final = {"agent": "write `targets:` into the entry", "scope": "`agentsync import --user` is for yourself"}
_PROVIDERS: Final = {"github:": "github.com", "gitlab:": "gitlab.com"}
_RULES: Final = "rules"


class _Source(NamedTuple):
    """A source: its repository, with what `OWNER/REPO@REF:PATH` says of it."""

    where: str
    ref: str
    path: str


def _read(texts: Texts, _: str) -> Imported:
    manifest = json_of(texts, _MANIFEST) | json_of(texts, _LOCAL)
    of_version(_LOCK, lock := json_of(texts, _LOCK), "lockfileVersion", "1")
    sources = table_at(_LOCK, lock, "sources")
    locked = {_same(key): table_at(_LOCK, sources, key, "sources.") for key in sources}
    packs: list[ForeignPack] = []
    # All else is about how rulesync generates, and it goes on to do so.
    lost = [Lost(_MANIFEST, "features", _OWN)] if _more_than_skills(manifest) else []
    for one in tables_at(_MANIFEST, manifest, "sources"):
        source = text(one.get("source"))
        if text(one.get("transport")) == "npm":
            lost.append(Lost(_MANIFEST, f"sources: {source}", "it comes from no git repository"))
            continue
        for found in _packs(one, locked.get(_same(source), {})):
            (lost if isinstance(found, Lost) else packs).append(found)  # type: ignore[arg-type]
        lost += lost_keys(_MANIFEST, one, _ENTRY_LOST, _ENTRY_READ, f"sources: {source}: ")
    advice = (f"when all is well, remove {_LOCK}, .rulesync/*/.curated/, and `sources` from {_MANIFEST}",)
    targets = manifest.get("targets")
    named = tuple(table(targets)) or texts_of(targets)
    return Imported(
        packs=tuple(packs),
        lost=tuple(lost),
        advice=advice if packs else (),
        targets=tuple((_MANIFEST, target(name)) for name in named) if packs else (),
    )


def _more_than_skills(manifest: dict[str, Any]) -> bool:
    """Return whether anything but skills is generated."""
    targets = table(manifest.get("targets"))
    features = [texts_of(manifest.get("features")), *(texts_of(one) or tuple(table(one)) for one in targets.values())]
    return any(name != "skills" for names in features for name in names)


def _packs(one: dict[str, Any], there: dict[str, Any]) -> Iterator[ForeignPack | Lost]:
    """Yield the pack of a source; of one that has its skills in a folder of its own, another one for its rules."""
    where, ref, inner = _parsed(text(one.get("source")))
    skills, rules = texts_of(one.get("skills")), texts_of(one.get("rules"))
    if not skills and not rules:
        skills = texts_of(there.get("skillSelection")) or ("*",)
    path = text(one["path"]) if "path" in one else inner
    pack = ForeignPack(
        origin=_MANIFEST,
        entry=where.removesuffix(".git").rpartition("/")[2],
        git=where,
        ref=text(one.get("ref")) or ref,
        commit=text(there.get("resolvedRef")),
    )
    ours = [f"skill:{name}" for name in _all_or(skills)]
    theirs = [f"rule:{name.removesuffix('.md')}" for name in _all_or(rules)]
    if theirs and text(one.get("rulesPath")) not in ("", _RULES):
        why = f"rules are found below {_RULES}/, and not below {text(one.get('rulesPath'))}"
        yield Lost(_MANIFEST, f"sources: {text(one.get('source'))}: rules", why)
        theirs = []
    if path.strip("./") and ours:
        yield pack._replace(path=path.strip("/").removeprefix("./"), only=tuple(ours))
        ours = []
    if ours or theirs:
        yield pack._replace(only=(*ours, *theirs))


def _all_or(names: tuple[str, ...]) -> tuple[str, ...]:
    return ("*",) if "*" in names else names


def _parsed(source: str) -> _Source:
    """Read `OWNER/REPO[@REF][:PATH]`, with a provider before it or as a URL."""
    if "://" in source:
        return _Source(repository(source)[0], "", "")
    provider = next((one for one in _PROVIDERS if source.startswith(one)), "")
    head, _, path = source.removeprefix(provider).partition(":")
    head, _, ref = head.partition("@")
    return _Source(repository(head, _PROVIDERS.get(provider, ""))[0], ref, path)


def _same(source: str) -> str:
    """Return a source as the lock has it: without its host, in small letters."""
    key = re.sub(r"^https?://(?:www\.)?(?:github|gitlab)\.com/|^(?:github|gitlab):", "", source, flags=re.IGNORECASE)
    return key.rstrip("/").removesuffix(".git").lower()


RULESYNC: Final = Reader("rulesync", (_MANIFEST, _LOCAL, _LOCK), (), _read)
