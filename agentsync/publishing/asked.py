"""What `registry publish` is asked for: packs, perhaps with a version each, and where to push to."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from agentsync.errors import UsageError
from agentsync.model.names import nearest
from agentsync.model.pack import Offer
from agentsync.publishing.deciding import Bump
from agentsync.registries.offers import Offers
from agentsync.versions.version import version_of

AUTO = "auto"


class PublishOptions(NamedTuple):
    """Options of `registry publish`.

    Args:
        everything: all packs that changed since their newest release.
        bump: the number to raise; None to decide by what changed.
        backport: let a version be lower than the newest, in a series of its own.
        allow_unchanged: release a pack whose files are those of its newest release.
        sign: sign the tags, whatever git's settings say.
        push: the remote to push to, "" for none; `DEFAULT` for the usual one.
    """

    everything: bool = False
    bump: Bump | None = None
    backport: bool = False
    allow_unchanged: bool = False
    sign: bool = False
    push: str = ""
    dry_run: bool = False


DEFAULT_REMOTE = "*"
"""The remote that is taken where none is named: that of the branch, else `origin`, else the only one."""


class Asked(NamedTuple):
    """A pack that is to be released; its version as it was written, "" to decide it."""

    offer: Offer
    version: str = ""


def bump_of(word: str) -> Bump | None:
    """Return the number that a word names, None for `auto`."""
    known = {str(bump): bump for bump in Bump}
    if word not in (AUTO, *known):
        raise UsageError(f"there is no bump {word!r}", hint=nearest(word, [AUTO, *known]))
    return known.get(word)


def asked_in(words: Sequence[str], offers: Offers, options: PublishOptions) -> list[Asked]:
    """Return the packs that words name; raise UsageError for a name or a version that makes no sense."""
    if options.everything and words:
        raise UsageError("--all goes without names of packs", hint="leave out --all, or the names")
    if not options.everything and not words:
        raise UsageError("no pack is named", hint="name packs, or write --all for those that changed")
    if options.backport and (options.everything or not all("@" in word for word in words)):
        raise UsageError("--backport needs the version that it is", hint="write PACK@VERSION")
    if options.everything:
        return [Asked(offer) for offer in offers.packs if not offer.elsewhere]
    found: dict[str, Asked] = {}
    for word in words:
        name, at, version = word.partition("@")
        offer = named(offers, name)
        if offer.name in found:
            raise UsageError(f"{offer.name} is named twice", hint="name each pack once")
        if at and options.bump is not None:
            raise UsageError(f"{word}: the version is named already", hint="leave out --bump, or the version")
        if at and version_of(version) is None:
            raise UsageError(f"{version!r} is not a version", hint=f"write {name}@1.2.0")
        found[offer.name] = Asked(offer, version.removeprefix("v"))
    return list(found.values())


def named(offers: Offers, name: str) -> Offer:
    """Return the pack of a name in its own repository; raise UsageError where there is none."""
    found = offers.named(name)
    if found is None or found.name != name:
        why = f"{name} is called {found.name} now" if found is not None else ""
        raise UsageError(f"there is no pack {name!r} here", why=why, hint=nearest(name, names_in(offers)))
    if found.elsewhere:
        raise UsageError(f"{name} lies in another repository", why=found.git.text, hint="publish it there")
    return found


def names_in(offers: Offers) -> Collection[str]:
    """Return the names of the packs of a repository."""
    return [offer.name for offer in offers.every]
