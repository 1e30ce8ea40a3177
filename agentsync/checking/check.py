"""Check the folder of a registry or of a pack on disk: its files as git would deliver them, or a commit of them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.checking.engine import Source, check_pack, check_registry
from agentsync.checking.levels import check_rules
from agentsync.checking.past import Past
from agentsync.checking.rules import CHECKS, TRUST
from agentsync.errors import AgentsyncError
from agentsync.formats.git_url import parse_git_url
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.git.own_repository import Checkout, no_revision, open_checkout
from agentsync.model.check import CheckReport
from agentsync.model.finding import Level
from agentsync.model.git_url import GitUrl
from agentsync.model.pack import Contents
from agentsync.registries.offers import LISTS

# Of a repository that has no name of its own, and of one whose `origin` is on this machine.
_UNNAMED: Final = "repository"


class CheckOptions(NamedTuple):
    """Options of a check.

    Args:
        rules: levels by rule or group, before those of files.
        is_strict: whether a warning fails.
        ref: the revision to look at, "" for the working tree.
        since: the revision from which a pull request starts: only packs that changed since are looked at; "" for all.
    """

    rules: Mapping[str, str] = {}
    is_strict: bool = False
    ref: str = ""
    since: str = ""


USUAL: Final = CheckOptions()


def check(folder: Path, options: CheckOptions = USUAL, *, is_registry: bool = True) -> CheckReport:
    """Check a registry with all its packs, or the pack of one folder.

    Raises:
        UsageError: where there is no such folder, rule, level or revision.
        FetchError: where git cannot read the repository.
    """
    check_rules(options.rules)
    with open_checkout(folder, options.ref) as checkout:
        top = checkout.below if is_registry else _registry_of(checkout)
        url = url_of(checkout)
        source = Source(files_of(checkout, top), url, _past(checkout, url, top, options.since))
        if is_registry:
            report = check_registry(source, options.rules)
        else:
            report = check_pack(source, checkout.below.removeprefix(top).strip("/"), options.rules)
        return report._replace(below=checkout.below, is_strict=options.is_strict, notes=tuple(_kept(options.rules)))


def _kept(rules: Mapping[str, str]) -> Iterator[str]:
    """Yield the rules that the command line wants to weigh less, and whose errors stay."""
    for rule, level in rules.items():
        known = CHECKS.get(rule)
        if known is not None and known.group == TRUST and known.level is Level.ERROR and level != Level.ERROR:
            yield f"{rule}: what `install` refuses stays an error"


def _past(checkout: Checkout, url: GitUrl, top: str, since: str) -> Past | None:
    """Return the past of a registry, None for one that is not the top of its repository: its tags are not its own."""
    repository = checkout.repository
    commit = repository.commit_of(since) if since else ""
    if since and not commit:
        raise no_revision(since, repository.top)
    if top or repository.git_dir is None:
        return None
    return Past(repository, checkout.commit, url, commit)


def files_of(checkout: Checkout, below: str) -> Contents:
    """Return the files below a folder of a checkout."""
    repository = checkout.repository
    tree = repository.healing(lambda: repository.objects.tree_id(checkout.commit, below))
    if tree is None:  # git delivers no file of the folder
        tree = repository.empty_tree()
    return GitContents(repository, Want(checkout.commit, tree=tree), below)


def _registry_of(checkout: Checkout) -> str:
    """Return the nearest folder above a pack that has a list of packs, "" for the top of the repository."""
    objects = checkout.repository.objects
    root = objects.tree_id(checkout.commit, "")
    known = objects.entries(root) if root is not None else {}
    folder = checkout.below
    while folder and not any(f"{folder}/{name}" in known for name in LISTS):
        folder = folder.rpartition("/")[0]
    return folder


def url_of(checkout: Checkout) -> GitUrl:
    """Return where people get the repository from: its `origin`, else the folder itself."""
    repository = checkout.repository
    for text in (repository.origin, repository.top.as_posix()):
        try:
            url = parse_git_url(text)
        except AgentsyncError:
            continue
        if text != repository.origin or not url.is_local:
            return url
    return parse_git_url(f"/{_UNNAMED}")
