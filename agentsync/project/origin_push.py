"""Send what was edited in the user scope to its origin: one commit on the branch that it was taken from."""

from agentsync.errors import UsageError
from agentsync.model.git_file import Side
from agentsync.model.names import LOCK_NAME, MANIFEST_NAME
from agentsync.project.origin import Origin, both_changed, digests, edited, fetched, local_files, remember, remembered
from agentsync.project.workspace import Workspace
from agentsync.registries.contributing import Contributing

_HINT = "nothing is lost: your edits are here; once the push is allowed, `agentsync keep --push` sends them"


def push(workspace: Workspace, message: str = "") -> list[str]:
    """Push manifest, lock and patches as they are here, and return what there is to tell; nothing is forced.

    Raises:
        RefusedError: where the origin has changed too, or does not take the commit; nothing is changed here.
    """
    known = remembered(workspace)
    if known is None:
        raise UsageError(
            "there is nowhere to push to",
            why="--push is for a user scope that was taken from a repository",
            hint="begin one with `agentsync init --user --from GIT_URL`",
        )
    url = workspace.project.url(known.git)
    there, _ = fetched(workspace, url, known.path, known.branch)
    files = local_files(workspace)
    local = digests(files)
    mine = [path for path in edited(local, known.digests, there.digests) if local.get(path) != there.digests.get(path)]
    if (
        any(path not in (MANIFEST_NAME, LOCK_NAME) for path in mine)
        and LOCK_NAME in files.keys() - there.digests.keys()
    ):
        mine.append(LOCK_NAME)  # without its lock a patch is nothing
    if not mine:
        return [f"nothing to push to {there}"]
    news = sorted(path for path in {*known.digests, *there.digests} if _differ(known, there, path))
    if news:
        raise both_changed(known, mine, news)
    way = Contributing(workspace.project.cache, url, None)
    above = f"{known.path}/" if known.path else ""
    changed = {f"{above}{path}": Side(files[path], False) if path in files else None for path in mine}
    commit = way.commit(there.commit, changed, f"{message or f'agentsync: {_named(mine)}'}\n")
    way.push(commit, known.branch, _HINT)
    sent = there._replace(commit=commit, digests={path: local[path] for path in local if path in _kept(there, mine)})
    with workspace.exclusive():
        remember(workspace, sent)
    return [f"pushed {', '.join(mine)} to {sent}"]


def _differ(known: Origin, there: Origin, path: str) -> bool:
    return known.digests.get(path) != there.digests.get(path)


def _kept(there: Origin, mine: list[str]) -> set[str]:
    """Return what the origin has after the push: a lock of this machine alone is not among it."""
    return {*there.digests, *mine}


def _named(mine: list[str]) -> str:
    return mine[0] if len(mine) == 1 else f"{len(mine)} files of the user scope"
