"""The yes to what items would be allowed in a tool: in the manifest, on the command line, kept here, or of a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from agentsync.model.grant import FOR_TOOL, Gainer
from agentsync.model.lock import LockedPack
from agentsync.model.manifest import Manifest
from agentsync.model.names import ItemKey
from agentsync.model.policy import TrustPolicy
from agentsync.planning.consent import Consent, Waiting, in_manifest, target_of

if TYPE_CHECKING:
    from agentsync.disk.consents import Accepted
    from agentsync.project.session import Options


def consent_for(
    manifest: Manifest,
    policy: TrustPolicy,
    options: Options,
    accepted: Callable[[], Accepted],
    answers: dict[Waiting, bool],
    *,
    ask: bool,
) -> Consent:
    """Return what was agreed to for a run.

    Args:
        accepted: reads the gains that a person accepted here before.
        answers: what a person said in this run already; completed.
        ask: whether a person is asked, where one is there.
    """
    in_text = in_manifest(manifest.residue)
    kept: list[Accepted] = []

    def agrees(pack: LockedPack, item: ItemKey, grant: str) -> bool:
        if in_text(pack, item, grant):
            return True
        if any(fnmatchcase(name, glob) for glob in options.accepted for name in (item, pack.name)):
            return True
        if not kept:
            kept.append(accepted())
        return grant in kept[0].get(Gainer(pack.name, pack.git or pack.folder, item), ())

    def put(waiting: Waiting) -> bool:
        if waiting not in answers:
            confirm = options.confirm if ask else None
            answers[waiting] = confirm is not None and confirm(_lines(waiting), f"install them for {waiting.target}?")
        return answers[waiting]

    return Consent(agrees, policy.denied, put)


def said_yes(answers: Mapping[Waiting, bool]) -> set[tuple[str, str, str]]:
    """Return what a person said yes to: pack, item and grant."""
    yes = (waiting for waiting, answer in answers.items() if answer)
    return {(one.pack, item, grant) for one in yes for item in one.items for grant in one.grants}


def _lines(waiting: Waiting) -> list[str]:
    grants = [grant for grant in waiting.grants if not grant.startswith(FOR_TOOL)]
    more = [grant.rpartition(":")[2] if target_of(grant) else grant for grant in grants]
    some = ", ".join(waiting.items[:5]) + (f" and {len(waiting.items) - 5} more" if len(waiting.items) > 5 else "")
    runs = [f"  {line}" for line in waiting.runs]
    given = [f"  it would give them {', '.join(more)}"] if more else []
    return [f"{waiting.pack} for {waiting.target}: {some}", *runs, *given]
