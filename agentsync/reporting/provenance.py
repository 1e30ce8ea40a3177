"""The lock as a statement of provenance: in-toto Statement v1 with the predicate SLSA provenance v1.

It says which bytes are installed, and from which commits they were made. Nothing is signed here: a statement is what
signing programs take. Sources: the specifications of in-toto's attestation framework and of SLSA v1.0.
"""

from typing import Any, Final

from agentsync.model.lock import Lock, LockedPack
from agentsync.reporting.supply_chain import commit_address, package_url

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://slsa.dev/provenance/v1"


def statement(lock: Lock, lock_sha256: str, build_type: str, tool: str) -> dict[str, Any]:
    """Return the statement about a lock.

    Args:
        lock_sha256: the digest of the lock's bytes.
        build_type: the URI that says how the installed files are made of the dependencies.
        tool: the version of agentsync.
    """
    digests = {str(slot): digest.sha256 for slot, digest in lock.slots().items()}
    packs = sorted(lock.packs.values(), key=lambda pack: pack.name)
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": digests[name]}} for name in sorted(digests)],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": build_type,
                "externalParameters": {
                    "lock": {"name": "agentsync.lock", "digest": {"sha256": lock_sha256}},
                    "targets": sorted(lock.targets),
                },
                "internalParameters": {"kept": sorted(str(slot) for pack in packs for slot in pack.kept)},
                "resolvedDependencies": [_dependency(pack) for pack in packs],
            },
            "runDetails": {"builder": {"id": build_type.rpartition("/")[0], "version": {"agentsync": tool}}},
        },
    }


def _dependency(pack: LockedPack) -> dict[str, Any]:
    """Return a pack as a resource: a commit, or the tree of a folder on disk."""
    digest = {"gitCommit": pack.commit} if pack.commit else {"gitTree": pack.tree}
    return {
        "name": pack.name,
        "uri": commit_address(pack) or package_url(pack),
        "digest": digest,
        "annotations": {"ref": pack.ref, "path": pack.path, "tree": pack.tree},
    }
