"""What registries say of the packs that a fleet has locked: each registry is asked once, for all repositories.

The work grows with packs and tags: repositories that have the same lock entry share its answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple

from packaging.version import Version

from agentsync.errors import AgentsyncError, FetchError, ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.git.cache import Cache
from agentsync.git.parallel import SMALL_BATCH, run_parallel
from agentsync.model.finding import Finding
from agentsync.model.fleet import FleetStanding, FoundPack, PackUpstream, PackUse
from agentsync.model.git_url import GitUrl
from agentsync.model.lock import LockedPack
from agentsync.model.manifest import ManifestEntry, Registry
from agentsync.model.names import PackName
from agentsync.model.upstream import PackStanding, Standing
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.standing import asked_in, standing_of
from agentsync.versions.requirement import Pin, PinKind
from agentsync.versions.version import is_among

_WORDS: Final = {
    Standing.BEHIND: FleetStanding.OUTDATED,
    Standing.YANKED: FleetStanding.OUTDATED,
    Standing.GONE: FleetStanding.OUTDATED,
    Standing.MOVED_TAG: FleetStanding.MOVED_TAG,
}


class RegistryAnswers(NamedTuple):
    """What registries said.

    Args:
        packs: by the number of the lock entry; nothing of a registry that was not asked, or did not answer.
        failures: of the registries that could not be asked, by URL.
        findings: what is wrong with their lists of packs.
    """

    packs: Mapping[int, PackUpstream] = {}
    failures: Mapping[str, AgentsyncError] = {}
    findings: tuple[Finding, ...] = ()


class _Question(NamedTuple):
    """A registry, the alias that it is called by, and the lock entries of its packs."""

    git: GitUrl
    alias: str
    uses: list[PackUse]


def ask_registries(
    cache: Cache, uses: Iterable[PackUse], named: Mapping[str, GitUrl], *, every: bool
) -> RegistryAnswers:
    """Ask each registry once about all lock entries of its packs, all registries at the same time.

    Args:
        named: the registries of the fleet's own list, by alias; these are asked.
        every: ask also the others that locks name.
    """
    known = {git.key: (alias, git) for alias, git in named.items()}
    questions: dict[str, _Question] = {}
    failures: dict[str, AgentsyncError] = {}
    for use in uses:
        text = use.pack.registry
        if not text or text in failures:
            continue
        try:
            git = parse_git_url(text, allow_http=_hosts(named))
        except AgentsyncError as error:
            if every:
                failures[text] = error
            continue
        alias, git = known.get(git.key, (PackName(use.pack.pack).alias, git))
        if every or git.key in known:
            questions.setdefault(git.key, _Question(git, alias, [])).uses.append(use)
    asked = list(questions.values())
    answers = run_parallel([partial(_answer, cache, one) for one in asked], SMALL_BATCH)
    packs: dict[int, PackUpstream] = {}
    findings: dict[Finding, None] = {}
    for question, answer in zip(asked, answers, strict=True):
        if isinstance(answer, AgentsyncError):
            failures[question.git.text] = answer
        else:
            packs |= answer.packs
            findings |= dict.fromkeys(answer.findings)
    return RegistryAnswers(packs, failures, tuple(findings))


def _hosts(named: Mapping[str, GitUrl]) -> frozenset[str]:
    """Return the hosts that plain http may go to, because the fleet's own list says so."""
    return frozenset(git.host for git in named.values() if git.kind == "http")


def _answer(cache: Cache, question: _Question) -> RegistryAnswers | AgentsyncError:
    """Ask one registry; return the failure where it cannot be asked."""
    entries = {use.number: _alike(use.pack, question.alias) for use in question.uses}
    keys = {name for one in entries.values() if not (name := PackName(one.pack)).has_registry}
    direct: dict[str, ManifestEntry] = {key: ManifestEntry(key, git=question.git) for key in keys}
    catalog = GitCatalog(cache, {question.alias: Registry(question.alias, question.git)}, direct)
    try:
        said = {one: _said(catalog, one) for one in dict.fromkeys(entries.values())}
    except FetchError as error:
        return error
    return RegistryAnswers({number: said[one] for number, one in entries.items()}, {}, catalog.findings())


def _alike(pack: FoundPack, alias: str) -> FoundPack:
    """Return what an answer depends on: no folder, no items, and the alias of the question."""
    name = PackName(pack.pack)
    return pack._replace(
        folder="", pack=PackName.of(alias, name.pack) if name.has_registry else name, tree="", items=()
    )


def _said(catalog: GitCatalog, pack: FoundPack) -> PackUpstream:
    try:
        asked = asked_in(pack.wanted)
    except ValueError as error:
        return PackUpstream(told=str(error))
    name = PackName(pack.pack)
    locked = LockedPack(
        name=name,
        version=pack.version,
        git=pack.registry,
        ref=_ref(catalog, pack, asked),
        commit=pack.commit,
        tree=pack.tree,
        path="",
        requested=pack.wanted,
    )
    return _upstream(catalog, locked, standing_of(catalog, locked, asked))


def _ref(catalog: GitCatalog, pack: FoundPack, asked: Sequence[Pin]) -> str:
    """Return the ref that a pack is locked by: its tag, the branch that is asked for, or the one that counts."""
    if pack.tag:
        return f"refs/tags/{pack.tag}"
    branch = next((pin.text for pin in asked if pin.kind is PinKind.BRANCH), "")
    if not branch and not any(pin.kind is PinKind.COMMIT for pin in asked):
        with suppress(ResolutionError):
            branch = catalog.default_branch(pack.pack, catalog.offer(pack.pack)) or ""
    return f"refs/heads/{branch}" if branch else ""


def _upstream(catalog: GitCatalog, pack: LockedPack, found: PackStanding) -> PackUpstream:
    told = found.finding.what if found.finding is not None else ""
    newest = "" if found.standing is Standing.MOVED_TAG else found.available or ""
    if found.standing is Standing.YANKED:
        yanked = catalog.offer(pack.name).yanked
        reason = next((why for text, why in yanked.items() if is_among(Version(pack.version or "0"), [text])), "")
        told = f"{pack.version} was yanked{f': {reason}' if reason else ''}"
    elif found.standing is Standing.PINNED:
        newest, told = "", f"{found.available} is there, and {pack.requested or 'nothing'} does not allow it"
    return PackUpstream(_WORDS.get(found.standing), newest, told)
