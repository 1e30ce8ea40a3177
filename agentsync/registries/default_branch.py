"""Comparing a pack on the default branch with its newest release: by tree ids, no file is read."""

from contextlib import suppress
from typing import NamedTuple

from agentsync.errors import AgentsyncError
from agentsync.formats.yaml_text import flow
from agentsync.git.fetching import Want
from agentsync.model.lock import LockedPack
from agentsync.registries.git_catalog import GitCatalog
from agentsync.versions.catalog import Candidate


class OtherBranch(NamedTuple):
    """A default branch that differs from the newest release in the tree of a pack."""

    pack: str
    release: str
    branch: str
    commit: str
    line: str  # the line of the manifest that follows the branch

    def data(self) -> dict[str, str]:
        """Return it as `default_branch` of the JSON document."""
        return {"name": self.branch, "commit": self.commit, "line": self.line}


def other_branch(catalog: GitCatalog, newest: Candidate, tree: str) -> OtherBranch | None:
    """Compare the default branch with the newest release; return None where they agree, or cannot be read.

    The answer is noted until a ref of the repository changes.

    Args:
        tree: git's id of the pack's root at that release.
    """

    def answer() -> list[str | None]:
        found = _differing(catalog, newest, tree)
        return [*found] if found is not None else [None, None]

    with suppress(AgentsyncError):
        branch, commit = catalog.noted(newest.name, ["default branch", newest.commit, tree], answer)
        if branch is not None and commit is not None:
            offer = catalog.offer(newest.name)
            where = {} if "/" in newest.name else {"git": offer.git.text, "path": offer.path}
            line = f"{newest.name}: {flow({**where, 'branch': branch}, sort=False)}"
            return OtherBranch(newest.name, str(newest.version), branch, commit, line)
    return None


def locked_release(pack: LockedPack) -> Candidate | None:
    """Return the release that is locked; None for a branch, a commit and a folder."""
    from packaging.version import Version

    if pack.version is None or not pack.commit:
        return None
    return Candidate(pack.name, Version(pack.version), pack.ref, pack.commit)


def _differing(catalog: GitCatalog, newest: Candidate, tree: str) -> tuple[str, str] | None:
    offer = catalog.offer(newest.name)
    refs = catalog.refs(offer)
    branch = catalog.default_branch(newest.name, offer) or ""
    if branch not in refs.branches or refs.branches[branch] == newest.commit:
        return None
    commit = refs.branches[branch]
    repository = catalog.repository(offer)

    def read() -> str | None:
        repository.need([Want(commit, f"refs/heads/{branch}")])
        return repository.objects.tree_id(commit, offer.path)

    there = repository.healing(read)
    return None if there in (None, tree) else (branch, commit)
