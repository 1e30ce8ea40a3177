"""Check of repositories and locks against a policy."""

from __future__ import annotations

from collections.abc import Iterator

from agentsync.errors import PolicyError
from agentsync.model.git_url import GitUrl
from agentsync.model.lock import Lock
from agentsync.model.policy import TrustPolicy


def check_repository(policy: TrustPolicy, url: GitUrl) -> None:
    """Refuse a repository that a policy does not allow, before anything is asked of it."""
    if not _allows(policy, url):
        globs = "; ".join(", ".join(some) or "none" for some in policy.registries)
        raise PolicyError(
            f"the policy does not allow {url.text}",
            why=f"allowed registries: {globs}",
            hint="`agentsync policy show` tells where each rule comes from",
        )


def _allows(policy: TrustPolicy, url: GitUrl) -> bool:
    if not policy.registries:
        return True
    from agentsync.planning.url_glob import glob_matches  # few policies limit registries

    return all(any(glob_matches(glob, url) for glob in globs) for globs in policy.registries)


def check_lock(policy: TrustPolicy, lock: Lock) -> None:
    """Refuse a lock that a policy forbids, naming everything that is wrong."""
    found = list(_violations(policy, lock))
    if found:
        raise PolicyError(
            f"the policy forbids {found[0]}",
            why="; ".join(found[1:]),
            hint="`agentsync policy show` tells where each rule comes from",
        )


def _violations(policy: TrustPolicy, lock: Lock) -> Iterator[str]:
    for name, pack in sorted(lock.packs.items()):
        if policy.pinned and pack.ref.startswith("refs/heads/"):
            yield f"{name}, which follows the branch {pack.ref.removeprefix('refs/heads/')} (pinned: true)"
        if policy.require_signature and not pack.folder and not pack.signer:
            yield f"{name}, which no signer of its registry signed (require_signature: true)"
        for item in pack.items:
            if denied := policy.denied(item.grants):
                yield f"{item.key} of {name}, which asks for {', '.join(denied)} (deny_grants)"
