"""Read the files of tools for skills: `skills` 1.7, dotagents 1.19 and rulesync 17, in the form of these versions."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, Final

from agentsync.model.imported import ForeignPack, Imported, Lost, Texts
from agentsync.registries.foreign import Reader, json_of, lost_keys, repository, rows, table, text, texts_of, toml_of

_SKILLS_LOCK: Final = "skills-lock.json"
_USER_SKILLS_LOCK: Final = ".agents/.skill-lock.json"
_NOT_GIT: Final = "it comes from no git repository"


def _read_skills(texts: Texts) -> Imported:
    packs: list[ForeignPack] = []
    lost: list[Lost] = []
    for origin in (_SKILLS_LOCK, _USER_SKILLS_LOCK):
        for name, one in table(json_of(texts, origin).get("skills")).items():
            found = _skill(origin, name, table(one))
            lost += [Lost(origin, f"skills.{name}.subagents", "write them into a pack")] if one.get("subagents") else []
            (lost if isinstance(found, Lost) else packs).append(found)  # type: ignore[arg-type]
    advice = [f"when all is well, remove {origin}" for origin in (_SKILLS_LOCK, _USER_SKILLS_LOCK) if origin in texts]
    return Imported(tuple(packs), tuple(lost), tuple(advice))


def _skill(origin: str, name: str, one: dict[str, Any]) -> ForeignPack | Lost:
    kind, url = text(one.get("sourceType")), text(one.get("sourceUrl"))
    source = text(one.get("source"))
    if kind == "local":
        return ForeignPack(origin, name, folder=source)
    if kind not in ("github", "gitlab", "git", ""):
        return Lost(origin, f"skills.{name}", _NOT_GIT)
    where, path = repository(url if kind == "git" and url else source, "gitlab.com" if kind == "gitlab" else "")
    spot = text(one.get("skillPath"))
    folder = posixpath.dirname(spot) if spot.lower().endswith("skill.md") else spot
    only = () if folder or path else (f"skill:{name}",)
    return ForeignPack(origin, name, git=where, path=folder or path, ref=text(one.get("ref")), only=only, spot=spot)


SKILLS: Final = Reader("skills", (_SKILLS_LOCK,), (_USER_SKILLS_LOCK,), _read_skills)

_AGENTS: Final = "agents.toml"
_AGENTS_LOCK: Final = "agents.lock"
_AGENTS_LOST: Final = {
    "mcp": "add its servers from a pack",
    "hooks": "add them from a pack",
    "symlinks": "agentsync installs into the folder of each target",
    "agents": "write `targets:` into agentsync.yaml",
    "minimum_release_age": "write `policy: {min_age: ...}` into agentsync.yaml",
}


def _read_dotagents(texts: Texts) -> Imported:
    manifest, lock = toml_of(texts, _AGENTS), toml_of(texts, _AGENTS_LOCK)
    host = "gitlab.com" if manifest.get("defaultRepositorySource") == "gitlab" else ""
    lost = list(lost_keys(_AGENTS, manifest, _AGENTS_LOST))
    packs: list[ForeignPack] = []
    for section, kind in (("skills", "skill"), ("subagents", "agent")):
        locked = table(lock.get(section))
        for one in map(table, rows(manifest.get(section))):
            source = text(one.get("source"))
            if source.startswith("https://") and not source.startswith(("https://github.com/", "https://gitlab.com/")):
                lost.append(Lost(_AGENTS, f"{section}.{text(one.get('name'))}", _NOT_GIT))
            else:
                packs.append(_of_agents(one, table(locked.get(text(one.get("name")))), kind, host))
    lost += _trust(table(manifest.get("trust")))
    advice = (f"when all is well, remove {_AGENTS} and {_AGENTS_LOCK}",) if manifest else ()
    return Imported(tuple(packs), tuple(lost), advice)


def _of_agents(one: dict[str, Any], locked: dict[str, Any], kind: str, host: str) -> ForeignPack:
    name, source = text(one.get("name")), text(one.get("source"))
    if source.startswith("path:"):
        return ForeignPack(_AGENTS, name, folder=source.removeprefix("path:"))
    source = source.removeprefix("git:")
    head, at, behind = source.rpartition("@")
    is_ref = bool(at) and "/" in head and ":" not in behind
    where, _ = repository((head if is_ref else source).removeprefix("@"), host)
    is_all = name == "*"
    path = "" if is_all or kind == "agent" else text(one.get("path")) or text(locked.get("resolved_path"))
    return ForeignPack(
        origin=_AGENTS,
        entry=where.removesuffix(".git").rpartition("/")[2] if is_all else name,
        git=where,
        path="" if path == "." else path,
        ref=text(one.get("ref")) or (behind if is_ref else ""),
        commit=text(locked.get("resolved_commit")),
        only=() if path else (f"{kind}:*",) if is_all else (f"{kind}:{name}",),
        excluded=tuple(f"{kind}:{other}" for other in texts_of(one.get("exclude"))),
    )


def _trust(trust: dict[str, Any]) -> Iterator[Lost]:
    globs = [f"https://github.com/{owner}/**" for owner in texts_of(trust.get("github_orgs"))]
    globs += [f"https://github.com/{name}" for name in texts_of(trust.get("github_repos"))]
    globs += [f"https://{domain}/**" for domain in texts_of(trust.get("git_domains"))]
    if globs:
        yield Lost(_AGENTS, "trust", f"write `policy: {{registries: [{', '.join(globs)}]}}` into agentsync.yaml")


DOTAGENTS: Final = Reader("dotagents", (_AGENTS, _AGENTS_LOCK), (), _read_dotagents)

_RULESYNC: Final = "rulesync.jsonc"
_RULESYNC_LOCK: Final = "rulesync.lock"
_RULESYNC_LOST: Final = {"targets": "write `targets:` into agentsync.yaml"}


def _read_rulesync(texts: Texts) -> Imported:
    manifest, lock = json_of(texts, _RULESYNC), json_of(texts, _RULESYNC_LOCK)
    locked = table(lock.get("sources"))
    lost = list(lost_keys(_RULESYNC, manifest, _RULESYNC_LOST))
    packs = []
    for one in map(table, rows(manifest.get("sources"))):
        source = text(one.get("source"))
        if text(one.get("transport")) == "npm":
            lost.append(Lost(_RULESYNC, f"sources: {source}", _NOT_GIT))
            continue
        where, path = repository(source.partition("@")[0] if "://" not in source else source)
        behind = source.partition("@")[2] if "://" not in source else ""
        there = table(locked.get(source))
        chosen = texts_of(one.get("skills")) or texts_of(there.get("skillSelection"))
        packs.append(
            ForeignPack(
                origin=_RULESYNC,
                entry=where.removesuffix(".git").rpartition("/")[2],
                git=where,
                path=path,
                ref=text(one.get("ref")) or behind,
                commit=text(there.get("resolvedRef")),
                only=tuple(f"skill:{name}" for name in chosen if name != "*") or ("skill:*",),
            )
        )
    own = "what .rulesync/ holds is the project's own, and stays as it is"
    advice = (f"when all is well, remove `sources` from {_RULESYNC}, and {_RULESYNC_LOCK}; {own}",) if packs else ()
    return Imported(tuple(packs), tuple(lost), advice)


RULESYNC: Final = Reader("rulesync", (_RULESYNC, _RULESYNC_LOCK), (), _read_rulesync)
