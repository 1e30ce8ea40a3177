"""Push what an update changed as the branch agentsync/update, and keep one pull request for it."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

from action import report
from action.api import ApiError, call, graphql
from action.runner import ActionError, event, kept, scratch, set_outputs, tell

BRANCH: Final = "agentsync/update"
_TITLE: Final = "Update agents"
_EMAIL: Final = "agentsync@users.noreply.github.com"
_PERSON: Final = {"NAME": "agentsync", "EMAIL": _EMAIL}
_OWN_FILES: Final = ("agentsync.yaml", "agentsync.lock", ".agentsync/patches")
_TO_DRAFT: Final = "mutation($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { clientMutationId } }"
_INVALID: Final = 422


def propose() -> None:
    """Commit, push and open or refresh the pull request; nothing happens where nothing changed."""
    updates = kept("updates")
    commit = _commit(updates)
    if commit is None:
        tell("notice", "nothing was updated that could be proposed")
        return
    if not _push(commit):
        return
    text = report.joined([(one["folder"], one["report"]) for one in updates])
    try:
        number = _request(text, is_draft=any(one["held"] for one in updates))
    except ApiError as error:
        raise ActionError(
            f"{error}: the pull request needs `permissions: contents: write, pull-requests: write`, "
            "and a repository that allows workflows to create pull requests"
        ) from error
    set_outputs(pull_request=number)


def _commit(updates: Sequence[dict[str, Any]]) -> str | None:
    """Return a commit on top of HEAD with the files as they are; the checkout and its index stay as they are."""
    index = {"GIT_INDEX_FILE": str(scratch("agentsync.index"))}
    _git("read-tree", "HEAD", env=index)
    if paths := _committed([path for one in updates for path in _paths(one)]):
        listed = "\0".join(f":(literal){path}" for path in paths)
        _git("add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul", env=index, input=listed)
    tree = _git("write-tree", env=index)
    if tree == _git("rev-parse", "HEAD^{tree}"):
        return None
    person = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in _PERSON.items()}
    return _git("commit-tree", tree, "-p", "HEAD", "-m", _TITLE, env=person)


def _paths(update: dict[str, Any]) -> Iterator[str]:
    """Yield the files of an update by their paths in the repository."""
    folder = Path(update["folder"]).resolve()
    for path in (*_OWN_FILES, *update["paths"]):
        # Of an entry, which is written FILE#POINTER, the file.
        document = path.partition("#")[0]
        is_entry = document != path and not (folder / path).exists() and (folder / document).exists()
        yield (folder / (document if is_entry else path)).relative_to(_top()).as_posix()


def _committed(paths: Sequence[str]) -> list[str]:
    """Return the paths that git has, or is to have: what the project ignores stays ignored."""
    tracked = _git("ls-files", "-z").split("\0")
    known = {*tracked, *(parent.as_posix() for path in tracked for parent in PurePosixPath(path).parents)}
    there = [path for path in dict.fromkeys(paths) if path in known or (_top() / path).exists()]
    ignored = _git("check-ignore", "-z", "--stdin", input="\0".join(there), may_fail=True).split("\0")
    return [path for path in there if path not in ignored]


@cache
def _top() -> Path:
    """Return the top of the repository that the first folder is in."""
    first = kept("updates")[0]["folder"]
    found = subprocess.run(["git", "-C", first, "rev-parse", "--show-toplevel"], capture_output=True, text=True)
    if found.returncode:
        raise ActionError(f"{first} is in no git repository: check it out first")
    return Path(found.stdout.removesuffix("\n")).resolve()


def _git(*words: str, env: dict[str, str] | None = None, input: str | None = None, may_fail: bool = False) -> str:
    every = {**os.environ, **(env or {})}
    done = subprocess.run(["git", *words], cwd=_top(), env=every, input=input, capture_output=True, text=True)
    if done.returncode and not may_fail:
        raise ActionError(f"git {words[0]}: {done.stderr.strip() or done.returncode}")
    return done.stdout.strip() if not done.returncode else ""


def _push(commit: str) -> bool:
    """Push a commit as the branch; False where a person has committed to it, whose work is not replaced."""
    access = _access()
    found = _git("ls-remote", "origin", f"refs/heads/{BRANCH}", env=access).split("\t")[0]
    if found:
        _git("fetch", "--quiet", "--no-tags", "--depth=2", "origin", found, env=access)
        if _git("log", "-1", "--format=%ae", found) != _EMAIL:
            tell("warning", f"{BRANCH} has commits of others: it is left as it is; delete or merge it")
            return False
        same = [_git("rev-parse", f"{one}^{{tree}}", f"{one}^") for one in (found, commit)]
        if same[0] == same[1]:
            return True
    lease = f"--force-with-lease=refs/heads/{BRANCH}:{found}"
    _git("push", "--quiet", lease, "origin", f"{commit}:refs/heads/{BRANCH}", env=access)
    return True


def _access() -> dict[str, str]:
    """Return the variables with which git may push: none where the checkout has left its own credentials."""
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
    is_set = _git("config", "--get-regexp", r"^http\..*\.extraheader$", may_fail=True)
    if is_set or not _git("remote", "get-url", "origin").startswith(server):
        return {}
    token = base64.b64encode(f"x-access-token:{os.environ['GITHUB_TOKEN']}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{server}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {token}",
    }


def _base() -> str:
    """Return the branch that the update is for."""
    if os.environ.get("GITHUB_REF_TYPE") == "branch" and "pull_request" not in event():
        return os.environ["GITHUB_REF_NAME"]
    raise ActionError("pull-request: an update starts from a branch, not from a tag or a pull request")


def _request(text: str, *, is_draft: bool) -> int:
    repository, base = os.environ["GITHUB_REPOSITORY"], _base()
    owner = repository.partition("/")[0]
    pulls = f"repos/{repository}/pulls"
    known = call("GET", f"{pulls}?state=open&head={owner}:{BRANCH}&base={base}")
    if known:
        first = known[0]
        call("PATCH", f"{pulls}/{first['number']}", {"title": _TITLE, "body": text})
        if is_draft and not first.get("draft"):
            graphql(_TO_DRAFT, id=first["node_id"])
        return int(first["number"])
    request = {"title": _TITLE, "body": text, "head": BRANCH, "base": base}
    try:
        made = call("POST", pulls, {**request, "draft": is_draft})
    except ApiError as error:
        if not is_draft or error.status != _INVALID:
            raise
        # Not every plan has drafts.
        made = call("POST", pulls, {**request, "title": f"{_TITLE} (something needs a yes)"})
    return int(made["number"])
