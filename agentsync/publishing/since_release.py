"""How a pack on disk differs from its newest release."""

from pathlib import Path
from typing import NamedTuple

from agentsync.errors import AgentsyncError
from agentsync.git.own_repository import open_checkout
from agentsync.publishing.history import History, url_for


class Difference(NamedTuple):
    """The difference of a pack: the tag of its newest release, "" for none, and a patch from it."""

    tag: str = ""
    patch: str = ""


def since_release(folder: Path) -> Difference:
    """Return how the files in the folder of a pack differ from its newest release, those not committed included."""
    with open_checkout(folder) as checkout:
        try:
            history = History(checkout.repository, url_for(checkout), checkout.commit)
        except AgentsyncError:  # the list of packs is not valid, which the check tells
            return Difference()
        offer = next((one for one in history.offers.packs if one.path == checkout.below and not one.elsewhere), None)
        newest = next(iter(history.releases(offer)), None) if offer is not None else None
        if offer is None or newest is None:
            return Difference()
        before, after = (history.tree(offer, commit) for commit in (history.tags[newest.tag], checkout.commit))
        return Difference(newest.tag, checkout.repository.patch(before, after) if before and after else "")
