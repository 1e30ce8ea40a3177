"""Find packs and items by words, in what the cache knows of the manifest's registries."""

from __future__ import annotations

import gc
import shlex
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agentsync.errors import AgentsyncError
from agentsync.model.finding import Finding, Rule, finding_from_json, finding_of
from agentsync.model.outcome import Outcome
from agentsync.registries.search_rows import Row, SearchRows, Source, place_of

# What reads registries is loaded where their rows are made: it takes longer to load than to find.
if TYPE_CHECKING:
    from agentsync.model.manifest import Registry
    from agentsync.project.workspace import Workspace


def search(workspace: Workspace, words: Sequence[str], *, refresh: bool = False) -> Outcome:
    """Find every pack and item that has all the words in its name, description or keywords, without regard to case."""
    registries = list(workspace.project.manifest.registries.values())
    failures: Mapping[str, AgentsyncError] = {}
    if refresh and not workspace.options.offline:
        from agentsync.registries.search_reading import fetch_rows

        failures = fetch_rows(workspace.project.catalog(), registries, by_index=True)
        gc.collect()  # what was asked online is read again offline: both would be in memory
    hits: list[Row] = []
    findings: list[Finding] = []
    of_lists: list[Finding] = []
    rows = SearchRows(workspace.project.cache.folder)
    for registry in registries:
        try:
            found, told = _found(workspace, rows, registry, words)
        except AgentsyncError as error:
            one = finding_of(failures.get(registry.alias, error).of(registry=registry.alias))
            fix = one.fix if failures else f"agentsync search --refresh {shlex.join(words)}"
            findings.append(one._replace(what=f"not searched: {one.what}", fix=fix))
            continue
        hits += found
        what = "not looked into: its files are not in the cache"
        findings += [
            Finding(name, "", what, rule=Rule.PACK_NOT_READ, fix=f"agentsync info {name}") for name in told["unread"]
        ]
        of_lists += [_of_registry(registry.alias, finding_from_json(one)) for one in told["findings"]]
    rows.close()
    data = [{"pack": hit.pack, "item": hit.item or None, "description": hit.description} for hit in hits]
    width = max((len(_name(hit)) for hit in hits), default=0)
    lines = [f"{_name(hit):<{width}}  {_short(hit.description)}".rstrip() for hit in hits]
    findings += sorted(of_lists, key=lambda one: one.registry)
    return Outcome({"hits": data}, lines or ["nothing found"], findings=tuple(dict.fromkeys(findings)))


def _found(
    workspace: Workspace, rows: SearchRows, registry: Registry, words: Sequence[str]
) -> tuple[list[Row], Mapping[str, Any]]:
    """Return the rows of a registry with all the words, and what is told beside them."""
    project = workspace.project
    project.cache.repository(registry.git)  # within the policy
    place = place_of(repr(registry), repr(project.policy))
    told = rows.told(place)
    if told is None or (found := rows.find(place, words)) is None:
        told = _read(workspace, rows, registry, place)
        found = rows.find(place, words)
    return found or [], told


def _read(workspace: Workspace, rows: SearchRows, registry: Registry, place: str) -> Mapping[str, Any]:
    """Make the rows of a registry anew, and return what is told beside them."""
    from agentsync.registries.search_reading import read_rows

    project, since = workspace.project, time.time_ns()
    found = read_rows(project.catalog(offline=True), registry, project.policy.limits)
    folder = project.cache.folder
    files: dict[str, str] = {}
    own = (project.cache.repository(registry.git), False)
    for repository, has_unread in (own, *found.repositories):
        for path in repository.record_files(with_objects=has_unread):
            name = path.relative_to(folder).as_posix()
            files[name] = rows.standing(name, since)
    told = {"unread": list(found.unread), "findings": [one._asdict() for one in found.findings]}
    rows.put(Source(place, files, told), found.rows)
    return told


def _of_registry(alias: str, one: Finding) -> Finding:
    return one._replace(pack=f"{alias}/{one.pack}" if one.pack else "", registry=alias)


def _name(hit: Row) -> str:
    return f"{hit.pack} {hit.item}".rstrip()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:97]}..."
