"""Files that a project has to commit, and that git ignores or whose line ends it rewrites."""

import shlex
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from agentsync.late import late
from agentsync.model.drift import Drift
from agentsync.model.item import ClaudeCode
from agentsync.model.lock import Lock
from agentsync.model.names import LOCK_NAME, MANIFEST_NAME, STATE_FOLDER, ScopeName
from agentsync.model.plan import READING, Plan
from agentsync.model.rel_path import RelPath, parents
from agentsync.model.slot import file_of, patch_path
from agentsync.model.working_tree import IgnoreRule, LineEnds
from agentsync.planning.placing import places, tools_for
from agentsync.project.working_tree import ignored, line_ends
from agentsync.project.workspace import Workspace
from agentsync.reporting.failure import shown
from agentsync.reporting.words import some
from agentsync.targets.tool import Tool

_MOST_TOLD: Final = 5
# What a pattern of attributes does not take as it is.
_SPECIAL: Final = late(r"[^\w./@+-]")
_ATTRIBUTES: Final = ".gitattributes"


class Ailment(NamedTuple):
    """Something that may go wrong, with the check that found it and the next step.

    Args:
        subject: the file, item or program that it is about.
        gitattributes: the line that it asks for in a `.gitattributes`, "" where it asks for none.
    """

    check: str
    subject: str
    what: str
    next_step: str
    gitattributes: str = ""


def hidden_files(workspace: Workspace, lock: Lock) -> list[Ailment]:
    """Find what has to be committed and is ignored: manifest, lock, patches, and installed files where others are not.

    A project that commits nothing of it, or no file of one tool, has decided so.
    """
    if workspace.scope.name is not ScopeName.PROJECT:
        return []
    kept = [patch_path(name, path) for name, pack in lock.packs.items() for path in pack.kept]
    patches = [f"{STATE_FOLDER}/patches/{one}" for one in kept]
    always = [RelPath(path) for path in (MANIFEST_NAME, LOCK_NAME, *patches)]
    installed: dict[str, list[RelPath]] = defaultdict(list)
    files = dict.fromkeys(map(file_of, lock.slots()))
    for path in files:
        installed[path.partition("/")[0]].append(path)
    rules = ignored(workspace.scope.root, workspace.folder, [*always, *files])
    if MANIFEST_NAME in rules:
        return []
    needed = [*always, *(path for paths in installed.values() if not rules.keys() >= set(paths) for path in paths)]
    found: dict[IgnoreRule, list[RelPath]] = defaultdict(list)
    for needing in needed:
        if needing in rules:
            found[rules[needing]].append(needing)
    return [_hidden(rule, sorted(paths)) for rule, paths in sorted(found.items())]


def hidden_notes(workspace: Workspace, lock: Lock) -> list[str]:
    """Say what git hides, for a command that has just written."""
    return [f"{one.subject}: {one.what}: {one.next_step}" for one in hidden_files(workspace, lock)]


def _hidden(rule: IgnoreRule, paths: Sequence[str]) -> Ailment:
    """Return what is wrong where a clone of the project needs files that one rule hides from git."""
    them = "it" if len(paths) == 1 else "them"
    where = f"`{shown(rule.pattern)}` in {shown(rule.source)}, line {rule.line}"
    what = f"git ignores {them}, and a clone needs {them} ({where})"
    return Ailment("git", some(paths, _MOST_TOLD, "file"), what, f"git add --force {shlex.join(paths)}")


class _Sensitive(NamedTuple):
    """A file that does not work with other line ends than it has in the lock: how it is told, and what it needs."""

    shown: str
    needs: LineEnds
    is_program: bool = False


def rewritten_files(workspace: Workspace, lock: Lock) -> Iterator[Ailment]:
    """Find the programs whose line ends git has rewritten, and the headers that would not survive it."""
    if not lock.packs:
        return
    targets = workspace.project.tools(lock)
    plan = workspace.plan(lock, READING)
    altered = {one.path for one in plan.changes if one.line_ends_changed}
    files = {**_fragile(lock, targets), **_broken(plan)}
    said = line_ends(workspace.scope.root, workspace.folder, files)
    patterns: dict[tuple[str, bool], list[RelPath]] = defaultdict(list)
    for path, file in sorted(files.items()):
        is_settled = said.get(path) in (file.needs, LineEnds.VERBATIM)
        if path in altered or not is_settled:
            patterns[_pattern(path, file, targets), is_settled].append(path)
    for (pattern, is_settled), paths in patterns.items():
        above = {parent for path in paths for parent in parents(path)}
        # A file of attributes that is nearer decides before the project's own, and that of the clone before all.
        is_nearer = any(workspace.folder.locate(RelPath(f"{one}/{_ATTRIBUTES}")).is_file() for one in above)
        place, start = (".git/info/attributes", "**/") if is_nearer else (_ATTRIBUTES, "")
        subjects = tuple(dict.fromkeys(files[path].shown for path in paths))
        programs = tuple(path for path in paths if files[path].is_program)
        documents = tuple(path for path in paths if path in altered and path not in programs)
        line = "" if is_settled else f"{start}{pattern}"
        steps = [f"write `{line}` into {place}"] if line else []
        steps += [f"agentsync restore {shlex.join(programs)}"] if programs else []
        # The documents are in sync, so that there is nothing to restore.
        steps += [f"rm {shlex.join(documents)}", "agentsync install"] if documents else []
        what = "headers that are no YAML are dropped where a checkout ends lines in CRLF"
        if programs:
            what = "programs whose line ends git has rewritten do not run"
        elif documents:
            what = "headers that are no YAML are dropped, because git has rewritten their line ends"
        check, subject = "files" if programs else "headers", some(subjects, _MOST_TOLD)
        yield Ailment(check, subject, what, ", then ".join(steps), line)


def _pattern(path: RelPath, file: _Sensitive, targets: Sequence[Tool]) -> str:
    """Return the line of attributes that gives a file what it needs; one for LF does no harm to its neighbours."""
    if file.needs is LineEnds.VERBATIM:
        return f"{_SPECIAL.sub('?', path)} -text"
    homes = (home for tool in targets for home in tool.homes)
    folder = next((home for home in homes if path.startswith(f"{home}/")), path.rpartition("/")[0])
    return f"{folder}/** text=auto eol=lf"


def _broken(plan: Plan) -> dict[RelPath, _Sensitive]:
    return {
        one.file: _Sensitive(one.path, LineEnds.VERBATIM if one.wanted.lf else LineEnds.LF, is_program=True)
        for one in plan.changes
        if one.drift is Drift.EDITED and one.line_ends_changed and one.wanted is not None
    }


def _fragile(lock: Lock, targets: Sequence[Tool]) -> dict[RelPath, _Sensitive]:
    """Return the items whose header is no YAML, by their file: it is read only while its lines end in LF."""
    return {
        place.path: _Sensitive(place.item.key, LineEnds.LF)
        for pack in lock.packs.values()
        for place in places(pack, tools_for(pack, targets))
        if place.item.claude_code is ClaudeCode.QUOTED and not place.is_rendered
    }
