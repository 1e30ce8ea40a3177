"""Read `apm.yml` and `apm.lock.yaml`, the files of apm 0.35 (microsoft/apm, `docs/manifest-schema.md`)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, Final

from agentsync.model.imported import ForeignPack, Imported, Lost, Texts
from agentsync.registries.foreign import (
    Reader,
    lost_keys,
    of_version,
    repository,
    rows_at,
    table,
    table_at,
    tables_at,
    target,
    text,
    texts_of,
    yaml_of,
)

_MANIFEST: Final = "apm.yml"
_LOCK: Final = "apm.lock.yaml"
_READ: Final = frozenset(
    """$schema name version description author license homepage repository keywords tags manifestVersion schemaVersion
    type default_host target targets dependencies devDependencies""".split()
)
_LOST: Final = {
    "compilation": "agentsync compiles no AGENTS.md",
    "scripts": "agentsync runs no scripts",
    "executables": "each item's power is recorded and asked about instead, see `agentsync grants`",
    "allowExecutables": "each item's power is recorded and asked about instead, see `agentsync grants`",
    "replace": "name the repository to use under `registries:`",
    "registries": "packages of a registry that is no git repository are not read",
    "policy": "write `policy:` into agentsync.yaml",
    "lifecycle": "agentsync runs no scripts",
    "includes": "what this project itself offers to others is written in `pack.yaml`",
    "marketplace": "what this project itself offers to others is written in `registry.yaml`",
    "build": "what this project itself offers to others is written in `pack.yaml`",
}
_SECTIONS: Final = {
    "mcp": "its servers stay in the files that apm wrote; packs bring servers too",
    "lsp": "agentsync installs no language servers",
}
_PACK_READ: Final = frozenset({"git", "path", "ref", "alias", "skills", "targets", "type"})
_NO_REPOSITORY: Final = "it is a package of a registry that is no git repository"
_LOCAL: Final = (".", "/", "~")
_Locked = Mapping[tuple[str, str], Mapping[str, Any]]


def _read(texts: Texts, _: str) -> Imported:
    manifest, lock = yaml_of(texts, _MANIFEST), yaml_of(texts, _LOCK)
    of_version(_LOCK, lock, "lockfile_version", "1", "2")
    locked = {_key(one): one for one in tables_at(_LOCK, lock, "dependencies")}
    packs: list[ForeignPack] = []
    lost = list(lost_keys(_MANIFEST, manifest, _LOST, _READ))
    for section in ("dependencies", "devDependencies"):
        asked = table_at(_MANIFEST, manifest, section)
        lost += lost_keys(_MANIFEST, asked, _SECTIONS, {"apm"}, f"{section}.")
        for one in rows_at(_MANIFEST, asked, "apm", f"{section}."):
            found = _pack(one, locked, text(manifest.get("default_host")))
            if isinstance(found, Lost):
                lost.append(found._replace(key=f"{section}.apm: {found.key}"))
                continue
            packs.append(found)
            lost += lost_keys(_MANIFEST, table(one), {}, _PACK_READ, f"{section}.apm: {found.entry}: ")
    packs += _needed(locked)
    lost += _no_files(locked)
    named = text(manifest.get("target")).replace(" ", "").split(",") + list(texts_of(manifest.get("targets")))
    return Imported(
        packs=tuple(packs),
        lost=tuple(lost),
        advice=(f"when all is well, remove {_MANIFEST}, {_LOCK}, apm_modules/ and .apm-local/",) if manifest else (),
        targets=tuple((_MANIFEST, target(name)) for name in named if name),
    )


def _key(locked: Mapping[str, Any]) -> tuple[str, str]:
    where, path = repository(text(locked.get("repo_url")), text(locked.get("host")))
    return where, text(locked.get("virtual_path")) or path


def _pack(one: object, locked: _Locked, host: str) -> ForeignPack | Lost:
    asked = table(one) or {"git": text(one)}
    source, path = text(asked.get("git")), text(asked.get("path"))
    if asked.get("id") or asked.get("registry") or asked.get("marketplace") or not (source or path):
        name = text(asked.get("id")) or text(asked.get("name")) or str(one)
        return Lost(_MANIFEST, name, "write the repository of its list" if asked.get("marketplace") else _NO_REPOSITORY)
    if source == "parent":
        return Lost(_MANIFEST, f"parent {path}", "write its repository")
    folder = source if source.startswith(_LOCAL) else path if not source else ""
    if folder.startswith(_LOCAL):
        named = next((two for two in locked.values() if text(two.get("local_path")) == folder), {})
        return _chosen(ForeignPack(_MANIFEST, posixpath.basename(folder.rstrip("/")), folder=folder), asked, named)
    source, _, behind = source.partition("#")
    where, inner = repository(source, host)
    there = locked.get((where, path or inner), {})
    pack = ForeignPack(_MANIFEST, "", git=where, path=path or inner, ref=text(asked.get("ref")) or behind)
    return _chosen(pack, asked, there)


def _chosen(pack: ForeignPack, asked: Mapping[str, Any], there: Mapping[str, Any]) -> ForeignPack:
    """Return a pack with its name, its choice of items, and what the lock says of it."""
    own, alias = (pack.path or pack.git.removesuffix(".git")).rpartition("/")[2], text(asked.get("alias"))
    is_skill = text(there.get("package_type")) == "claude_skill"
    return pack._replace(
        entry=alias or pack.entry or own,
        commit=text(there.get("resolved_commit")),
        only=tuple(f"skill:{skill}" for skill in texts_of(asked.get("skills"))),
        rename={"SKILL.md": alias} if is_skill and alias and alias != own else {},
        targets=tuple(map(target, texts_of(asked.get("targets")))),
        files=tuple(path for path in texts_of(there.get("deployed_files")) if "://" not in path),
    )


def _needed(locked: _Locked) -> Iterator[ForeignPack]:
    """Yield what apm installed because another package asks for it."""
    for (where, path), one in locked.items():
        if text(one.get("resolved_by")) and text(one.get("resolved_commit")):
            ref = text(one.get("constraint")) or text(one.get("resolved_ref"))
            yield _chosen(ForeignPack(_LOCK, "", git=where, path=path, ref=ref), {}, one)


def _no_files(locked: _Locked) -> Iterator[Lost]:
    for one in locked.values():
        for path in texts_of(one.get("deployed_files")):
            if "://" in path:
                yield Lost(_LOCK, f"deployed_files: {path}", "it is no file")


APM: Final = Reader("apm", (_MANIFEST, _LOCK), (), _read)
