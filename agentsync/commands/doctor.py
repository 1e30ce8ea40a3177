"""Doctor: faults of git, cache, scope, headers and names, each with its next step. Changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agentsync.commands.committing import Ailment, hidden_files, rewritten_files
from agentsync.commands.context_budget import over_budget, over_size
from agentsync.commands.findings import both_scopes, content_findings, list_findings
from agentsync.commands.tool_notes import standing_notes
from agentsync.errors import AgentsyncError, Exit
from agentsync.model.item import ClaudeCode, Kind, same_name
from agentsync.model.lock import Lock
from agentsync.model.names import ScopeName
from agentsync.model.outcome import Outcome
from agentsync.model.policy import DEFAULT_LIMITS
from agentsync.model.rel_path import rel_path
from agentsync.model.slot import patch_path
from agentsync.packs.frontmatter import read_document
from agentsync.packs.hidden_text import find_hidden
from agentsync.platform.file_system import others_may_write
from agentsync.platform.links import is_link
from agentsync.platform.plain_files import read_plain_file
from agentsync.project.first_manifest import outer_notes
from agentsync.project.opening import projects_below
from agentsync.project.working_tree import git_version
from agentsync.project.workspace import Workspace
from agentsync.reporting.failure import in_user_scope
from agentsync.reporting.findings import finding_data
from agentsync.reporting.words import some
from agentsync.targets.tool import FILES, FolderPlace

_OLDEST_GIT: Final = (2, 34)
_MOST_TOLD: Final = 5


def doctor(workspace: Workspace) -> Outcome:
    """Run every check; exit 1 where one finds something. What packs and registries lack is told beside that."""
    lock = _lock(workspace)
    found = [one for check in (_git, _cache, _scope, _headers) for one in check(workspace)]
    found += [*rewritten_files(workspace, lock), *_names(workspace)]
    twice = both_scopes(workspace, lock, lock.packs)
    found += [Ailment("scopes", f"{one.item} of {one.pack}", one.what, one.fix) for one in twice]
    found += hidden_files(workspace, lock)
    for tool in workspace.project.tools(lock):
        own = ((kind, path) for kind, folder, path in _markdown(workspace) if folder in tool.homes)
        found += over_budget(tool, own)
        found += over_size(tool, workspace.scope.root) if workspace.scope.name is ScopeName.PROJECT else ()
    if workspace.scope.name is ScopeName.USER:
        found = [one._replace(next_step=in_user_scope(one.next_step)) for one in found]
    lines = [
        line for one in found for line in (f"{one.check:<8}  {one.subject}: {one.what}", f"    next: {one.next_step}")
    ]
    notes = [*outer_notes(workspace), *_below(workspace), *standing_notes(workspace, lock)]
    doubts, told = content_findings(workspace, lock)
    doubts = (*list_findings(workspace), *doubts)
    data = {"findings": [_row(one) for one in found], "packs": [finding_data(one) for one in doubts]}
    code = Exit.DIFFERS if found else Exit.OK
    return Outcome(data, lines or ["nothing found"], notes, code, findings=doubts, told=told)


def _below(workspace: Workspace) -> Iterator[str]:
    if workspace.scope.name is not ScopeName.PROJECT:
        return
    root = workspace.scope.root
    below = [path.relative_to(root).as_posix() for path in projects_below(root) if path != root]
    if below:
        way = "`agentsync drift --recursive` checks every project below a folder"
        yield f"not looked at: {some(below, _MOST_TOLD)}; {way}"


def _row(one: Ailment) -> dict[str, str]:
    row = {"check": one.check, "subject": one.subject, "what": one.what, "next": one.next_step}
    return row | ({"gitattributes": one.gitattributes} if one.gitattributes else {})


def _git(workspace: Workspace) -> Iterator[Ailment]:
    try:
        version = git_version()
    except AgentsyncError as error:
        yield Ailment("git", "git", str(error), error.hint)
        return
    if version < _OLDEST_GIT:
        shown = ".".join(map(str, version))
        yield Ailment("git", f"git {shown}", "too old to check signatures by ssh", "install git 2.34 or newer")


def _cache(workspace: Workspace) -> Iterator[Ailment]:
    cache = workspace.project.session.cache(workspace.options)
    folder = cache.folder
    try:
        cache.count()
        present = folder.exists()
        if present and others_may_write(folder, folder.stat()):
            yield Ailment("cache", str(folder), "others may write to it", f"chmod go-w {folder}")
    except (OSError, AgentsyncError) as error:
        yield Ailment("cache", str(folder), str(error), "name another folder in AGENTSYNC_CACHE_DIR")


def _scope(workspace: Workspace) -> Iterator[Ailment]:
    for what, read in (("manifest", lambda: workspace.project.manifest), ("lock", lambda: workspace.project.lock)):
        try:
            read()
        except AgentsyncError as error:
            yield Ailment("scope", what, error.what, error.hint or error.why)
    for locked in _lock(workspace).packs.values():
        for refused in locked.refused:
            what = "it was refused, so that what it belongs to is incomplete"
            yield Ailment("scope", f"{refused} of {locked.name}", what, f"agentsync info {locked.name}")
    for path in workspace.state.conflicts.all():
        yield Ailment("scope", path, "an update left a conflict", f"agentsync resolve {path}")
    for pack, path in workspace.project.orphans(_lock(workspace)):
        patch = f".agentsync/patches/{patch_path(pack, path)}"
        step = "delete it, or make its edit in the file again, and keep that with `agentsync keep`"
        yield Ailment("scope", patch, "no file that is kept needs this patch", step)


def _largest(workspace: Workspace) -> int:
    """Return the size of the largest file; the usual one where the policies cannot be read, which `_scope` tells."""
    try:
        return workspace.project.policy.limits.file
    except AgentsyncError:
        return DEFAULT_LIMITS.file


def _headers(workspace: Workspace) -> Iterator[Ailment]:
    """Yield headers of Markdown files that the tool does not read, and files that cannot be read."""
    limit = _largest(workspace)
    for kind, _, path in _markdown(workspace):
        shown = _shown(path, workspace)
        try:
            if path.stat().st_size > limit:
                what = "it is larger than any file that is installed"
                yield Ailment("files", shown, what, "take out what it quotes")
                continue
            data = read_plain_file(path, limit)
        except OSError as error:
            step = "see that you may read it, and what it is"
            yield Ailment("files", shown, f"cannot be read: {error.strerror}", step)
            continue
        document = read_document(data)
        if document.claude_code is ClaudeCode.DROPPED:
            step = "quote its values, or let the file begin with `---`; `agentsync keep` holds on to the change"
            yield Ailment("headers", shown, document.error or "its header is dropped as the file is loaded", step)
        elif kind is Kind.AGENT and not document.head:
            what = "it has no header, and is not loaded as an agent"
            yield Ailment("headers", shown, what, "give it name and description")
        if hidden := find_hidden(shown, data):
            where = f"{shown}, line {hidden.line}, column {hidden.column}"
            yield Ailment("files", where, str(hidden), "look at it closely")


def _names(workspace: Workspace) -> Iterator[Ailment]:
    """Yield agents or skills of one name: the tool loads one of them and hides the other."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    limit = _largest(workspace)
    for kind, folder, path in _markdown(workspace):
        try:
            name = read_document(read_plain_file(path, limit)).fields.get("name")
        except OSError:
            continue
        if isinstance(name, str) and kind in (Kind.AGENT, Kind.SKILL):
            found[str(kind), same_name(name.strip()), folder].append(_shown(path, workspace))
    for (what, name, _), paths in sorted(found.items()):
        if len(paths) > 1:
            yield Ailment("names", f"{what}:{name}", f"stands in {', '.join(paths)}", "rename or remove one of them")


def _lock(workspace: Workspace) -> Lock:
    """Return the lock, empty where it cannot be read: that is a fault of its own."""
    try:
        return workspace.project.lock or Lock()
    except AgentsyncError:
        return Lock()


def _shown(path: Path, workspace: Workspace) -> str:
    root = workspace.scope.root
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _markdown(workspace: Workspace) -> Iterator[tuple[Kind, str, Path]]:
    """Yield the Markdown files of the tools' folders, each once, with the kind and the folder."""
    places = (found for tool in workspace.project.tools(_lock(workspace)) for found in sorted(tool.places.items()))
    folders = {
        (kind, at.folder): "*/SKILL.md" if isinstance(at, FolderPlace) else "**/*.md"
        for kind, found in places
        for at in found
        if isinstance(at, FILES)
    }
    for (kind, name), pattern in folders.items():
        folder = workspace.folder.locate(rel_path(name))
        files = sorted(folder.glob(pattern)) if not is_link(folder) else []
        yield from ((kind, name, path) for path in files if path.is_file() and not is_link(path))
