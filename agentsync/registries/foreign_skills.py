"""Read the files of tools for skills: `skills` 1.7 and dotagents 1.19, in the form of these versions."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, Final

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
    text_at,
    texts_of,
    toml_of,
    unreadable,
)

_SKILLS_LOCK: Final = "skills-lock.json"
_USER_SKILLS_LOCK: Final = ".agents/.skill-lock.json"
_NOT_GIT: Final = "it comes from no git repository"
# Their hash is of a folder, made in a way of their own: files are compared by their own bytes.
_SKILL_READ: Final = frozenset(
    """source sourceType sourceUrl ref skillPath computedHash skillFolderHash installedAt updatedAt pluginName
    sourceBaseUrl wellKnownDigest""".split()
)
_SKILL_LOST: Final = {"subagents": "write them into a pack"}


def _read_skills(texts: Texts, _: str) -> Imported:
    packs: list[ForeignPack] = []
    lost: list[Lost] = []
    for origin, version in {_SKILLS_LOCK: "1", _USER_SKILLS_LOCK: "3"}.items():
        of_version(origin, whole := json_of(texts, origin), "version", version)
        if whole and "skills" not in whole:
            raise unreadable(origin, "it has no `skills`")
        skills = table_at(origin, whole, "skills")
        for name in skills:
            one = table_at(origin, skills, name, "skills.")
            found = _skill(origin, name, one)
            lost += lost_keys(origin, one, _SKILL_LOST, _SKILL_READ, f"skills.{name}.")
            (lost if isinstance(found, Lost) else packs).append(found)  # type: ignore[arg-type]
    advice = [f"when all is well, remove {origin}" for origin in (_SKILLS_LOCK, _USER_SKILLS_LOCK) if origin in texts]
    return Imported(tuple(packs), tuple(lost), tuple(advice))


def _skill(origin: str, name: str, one: dict[str, Any]) -> ForeignPack | Lost:
    kind, url, source, spot, ref = (
        text_at(origin, one, key, f"skills.{name}.")
        for key in ("sourceType", "sourceUrl", "source", "skillPath", "ref")
    )
    if kind == "local":
        return ForeignPack(origin, name, folder=source, only=(f"skill:{name}",))
    if kind not in ("github", "gitlab", "git", ""):
        return Lost(origin, f"skills.{name}", _NOT_GIT)
    if not source and not url:
        raise unreadable(origin, f"skills.{name} has no `source`")
    where, path = repository(url if kind == "git" and url else source, "gitlab.com" if kind == "gitlab" else "")
    folder = posixpath.dirname(spot) if spot.lower().endswith("skill.md") else spot
    only = () if folder or path else (f"skill:{name}",)
    return ForeignPack(origin, name, git=where, path=folder or path, ref=ref, only=only, spot=spot)


SKILLS: Final = Reader("skills", (_SKILLS_LOCK,), (_USER_SKILLS_LOCK,), _read_skills)

_AGENTS: Final = "agents.toml"
_AGENTS_LOCK: Final = "agents.lock"
_AGENTS_LOST: Final = {
    "mcp": "its servers stay in the files that dotagents wrote; packs bring servers too",
    "hooks": "they stay in the files that dotagents wrote; packs bring hooks too",
    "symlinks": "agentsync installs into the folder of each target",
    "minimum_release_age": "write `policy: {min_age: ...}` into agentsync.yaml",
    "minimum_release_age_exclude": "`policy: {min_age: ...}` has no exceptions",
}
_AGENTS_READ: Final = frozenset(
    {"version", "defaultRepositorySource", "project", "agents", "skills", "subagents", "trust"}
)
_AGENT_READ: Final = frozenset({"name", "source", "ref", "path", "exclude", "targets"})


def _read_dotagents(texts: Texts, _: str) -> Imported:
    manifest, lock = toml_of(texts, _AGENTS), toml_of(texts, _AGENTS_LOCK)
    for name, whole in ((_AGENTS, manifest), (_AGENTS_LOCK, lock)):
        of_version(name, whole, "version", "1")
    host = "gitlab.com" if manifest.get("defaultRepositorySource") == "gitlab" else ""
    lost = list(lost_keys(_AGENTS, manifest, _AGENTS_LOST, _AGENTS_READ))
    packs: list[ForeignPack] = []
    for section, kind in (("skills", "skill"), ("subagents", "agent")):
        locked = table_at(_AGENTS_LOCK, lock, section)
        for one in tables_at(_AGENTS, manifest, section):
            source = text(one.get("source"))
            if source.startswith("https://") and not source.startswith(("https://github.com/", "https://gitlab.com/")):
                lost.append(Lost(_AGENTS, f"{section}.{text(one.get('name'))}", _NOT_GIT))
                continue
            packs.append(_of_agents(one, _locked(one, locked), kind, host))
            lost += lost_keys(_AGENTS, one, {}, _AGENT_READ, f"{section}.{text(one.get('name'))}.")
    lost += _trust(table(manifest.get("trust")))
    advice = (f"when all is well, remove {_AGENTS} and {_AGENTS_LOCK}",) if manifest else ()
    targets = tuple((_AGENTS, target(name)) for name in texts_of(manifest.get("agents")))
    return Imported(tuple(packs), tuple(lost), advice, targets)


def _locked(one: dict[str, Any], locked: dict[str, Any]) -> dict[str, Any]:
    """Return what the lock says of an entry; the skills of a star are locked one by one, at the same commit."""
    if text(one.get("name")) != "*":
        return table(locked.get(text(one.get("name"))))
    same = (table(two) for two in locked.values() if table(two).get("source") == one.get("source"))
    return {"resolved_commit": text(next(same, {}).get("resolved_commit"))}


def _of_agents(one: dict[str, Any], locked: dict[str, Any], kind: str, host: str) -> ForeignPack:
    name, source = text(one.get("name")), text(one.get("source"))
    if source.startswith("path:"):
        folder = source.removeprefix("path:")
        only, is_all = (f"{kind}:{name}",), name == "*"
        return ForeignPack(_AGENTS, _last(folder) if is_all else name, folder=folder, only=() if is_all else only)
    source = source.removeprefix("git:")
    head, at, behind = source.rpartition("@")
    is_ref = bool(at) and "/" in head.partition("://")[2 if "://" in head else 0] and ":" not in behind
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
        targets=tuple(map(target, texts_of(one.get("targets")))),
    )


def _last(path: str) -> str:
    return posixpath.basename(path.rstrip("/"))


def _trust(trust: dict[str, Any]) -> Iterator[Lost]:
    globs = [f"https://github.com/{owner}/**" for owner in texts_of(trust.get("github_orgs"))]
    globs += [f"https://github.com/{name}" for name in texts_of(trust.get("github_repos"))]
    globs += [f"https://{domain}/**" for domain in texts_of(trust.get("git_domains"))]
    if globs:
        yield Lost(_AGENTS, "trust", f"write `policy: {{registries: [{', '.join(globs)}]}}` into agentsync.yaml")


DOTAGENTS: Final = Reader("dotagents", (_AGENTS, _AGENTS_LOCK), (), _read_dotagents)
