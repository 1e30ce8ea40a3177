"""Read `apm.yml` and `apm.lock.yaml`, the files of apm 0.35 (microsoft/apm, `docs/manifest-schema.md`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agentsync.model.imported import ForeignPack, Imported, Lost, Texts
from agentsync.registries.foreign import Reader, lost_keys, repository, rows, table, text, texts_of, yaml_of

_MANIFEST: Final = "apm.yml"
_LOCK: Final = "apm.lock.yaml"
_LOST: Final = {
    "compilation": "agentsync compiles no AGENTS.md",
    "scripts": "agentsync runs no scripts",
    "executables": "each item's power is recorded and asked about instead, see `agentsync grants`",
    "replace": "name the repository to use under `registries:`",
    "registries": "packages of a registry that is no git repository are not read",
    "policy": "write `policy:` into agentsync.yaml",
    "lifecycle": "agentsync runs no scripts",
    "target": "write `targets:` into agentsync.yaml",
    "targets": "write `targets:` into agentsync.yaml",
}


def _read(texts: Texts) -> Imported:
    manifest, lock = yaml_of(texts, _MANIFEST), yaml_of(texts, _LOCK)
    locked = {_key(one): one for one in map(table, rows(lock.get("dependencies")))}
    packs: list[ForeignPack] = []
    lost = list(lost_keys(_MANIFEST, manifest, _LOST))
    for section in ("dependencies", "devDependencies"):
        asked = table(manifest.get(section))
        for one in rows(asked.get("apm")):
            pack = _pack(one, locked)
            if isinstance(pack, Lost):
                lost.append(pack._replace(key=f"{section}.apm: {pack.key}"))
            else:
                packs.append(pack)
        for key, what in (("mcp", "add its servers from a pack"), ("lsp", "agentsync installs no language servers")):
            lost += [Lost(_MANIFEST, f"{section}.{key}", what)] if asked.get(key) else []
    advice = (f"when all is well, remove {_MANIFEST}, {_LOCK} and apm_modules/",)
    return Imported(tuple(packs), tuple(lost), advice if manifest else ())


def _key(locked: Mapping[str, Any]) -> tuple[str, str]:
    where, path = repository(text(locked.get("repo_url")), text(locked.get("host")))
    return where, text(locked.get("virtual_path")) or path


def _pack(one: object, locked: Mapping[tuple[str, str], Mapping[str, Any]]) -> ForeignPack | Lost:
    asked = table(one) or {"git": text(one)}
    source = text(asked.get("git"))
    if asked.get("id") or (not source and not asked.get("path")):
        return Lost(
            _MANIFEST, text(asked.get("id")) or str(one), "it is a package of a registry that is no git repository"
        )
    folder = text(asked.get("path")) if not source else source if source.startswith((".", "/", "~")) else ""
    if folder.startswith((".", "/", "~")):
        return ForeignPack(_MANIFEST, folder, folder=folder)
    source, _, behind = source.partition("#")
    where, path = repository(source)
    path = text(asked.get("path")) or path
    there = locked.get((where, path), {})
    name = text(asked.get("alias")) or (path or where.removesuffix(".git")).rpartition("/")[2]
    return ForeignPack(
        origin=_MANIFEST,
        entry=name,
        git=where,
        path=path,
        ref=text(asked.get("ref")) or behind,
        commit=text(there.get("resolved_commit")),
        only=tuple(f"skill:{skill}" for skill in texts_of(asked.get("skills"))),
        files=texts_of(there.get("deployed_files")),
    )


APM: Final = Reader("apm", (_MANIFEST, _LOCK), (), _read)
