"""The engine: every rule over every pack of a repository, with the levels that its files give them."""

import posixpath
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.checking import (
    entry_rules,
    header_rules,
    market_rules,
    name_rules,
    registry_rules,
    release_rules,
    skill_rules,
    text_rules,
    trust_rules,
)
from agentsync.checking.found import Found
from agentsync.checking.levels import Silenced, Words, is_fixed, level_of, read_words
from agentsync.checking.part import Part
from agentsync.checking.past import Past
from agentsync.checking.registry import Registry
from agentsync.checking.release_rules import Released
from agentsync.checking.rules import AGENTSKILLS, CHECKS
from agentsync.checking.subject import Subject, read_subject
from agentsync.model.check import CheckedPack, CheckFinding, CheckReport
from agentsync.model.git_url import GitUrl
from agentsync.model.names import PackName, nearest
from agentsync.model.pack import Contents, Offer, PackRoot
from agentsync.packs.pack_file import PACK_FILE
from agentsync.registries.registry_file import REGISTRY_NAME

_PACK_RULES: Final[tuple[Callable[[Subject], Iterator[Found]], ...]] = (
    *registry_rules.PACK_RULES,
    *market_rules.PACK_RULES,
    *entry_rules.RULES,
    *header_rules.RULES,
    *name_rules.RULES,
    *skill_rules.RULES,
    *text_rules.RULES,
    *trust_rules.RULES,
)


class Source(NamedTuple):
    """Files of a repository, where it is known to be, and its past where that counts."""

    contents: Contents
    git: GitUrl
    past: Past | None = None


def check_registry(
    source: Source, rules: Mapping[str, str] | None = None, only: Collection[str] | None = None
) -> CheckReport:
    """Check the lists of a repository, each of its packs, and what holds between these.

    Args:
        rules: levels by rule or group, before all others.
        only: the names of the packs that are looked at; None for all, or those that changed since the past's start.
    """
    run = _Run(source, rules or {})
    run.registry_as_a_whole()
    chosen = [offer for offer in run.changed() if only is None or offer.name in only]
    for offer in chosen:
        run.pack(offer)
    run.listed({offer.name for offer in chosen})
    run.across()
    run.own_words(is_whole=len(chosen) == len(run.registry.packs))
    return run.report()


def check_pack(source: Source, path: str, rules: Mapping[str, str] | None = None) -> CheckReport:
    """Check one pack of a repository: that of a folder, whether a list names it or not; arguments as above."""
    run = _Run(source, rules or {})
    listed = next((offer for offer in run.registry.packs if offer.path == path), None)
    if listed is None:
        name = posixpath.basename(path) or source.git.repository_name or "pack"
        listed = Offer(name, source.git, path)
        run.registry.packs = (*run.registry.packs, listed)
    if listed in run.changed():
        run.pack(listed)
        run.listed({listed.name})
        run.own_words(is_whole=False)
    return run.report(below=path)


class _Run:
    """One run over one repository."""

    def __init__(self, source: Source, rules: Mapping[str, str]) -> None:
        self._rules = rules
        self._contents = source.contents
        self._past = source.past
        self.registry = Registry(source.contents, source.git)
        self._own = read_words(self.registry.text)
        self._used: set[tuple[str, Silenced]] = set()
        self._packs: list[CheckedPack] = []
        self._subjects: list[Subject] = []
        self._words: dict[str, tuple[str, Words]] = {}
        self._findings: list[CheckFinding] = []

    def changed(self) -> Sequence[Offer]:
        """Return the packs that are here, or with a start those whose files changed since there."""
        past, packs = self._past, self.registry.packs
        if past is None or not past.since:
            return packs
        then = past.trees([(past.since, offer.path) for offer in packs])
        now = past.trees([(past.commit, offer.path) for offer in packs])
        return [offer for offer, old, new in zip(packs, then, now, strict=True) if old is None or old != new]

    def registry_as_a_whole(self) -> None:
        """Check the lists of the registry."""
        for rule in (*registry_rules.REGISTRY_RULES, *market_rules.REGISTRY_RULES):
            self._take(rule(self.registry))

    def listed(self, packs: Collection[str]) -> None:
        """Check how some packs are listed, what they require, and what was released of them."""
        found = [one for rule in registry_rules.LISTED_RULES for one in rule(self.registry)]
        past = self._past
        released = Released(self.registry, past, self._subjects) if past is not None else None
        releases = released.releases if released is not None else None
        found += registry_rules.requirements(self.registry, self._subjects, releases)
        if released is not None:
            found += [one for rule in release_rules.RULES for one in rule(released)]
        known = {offer.name for offer in self.registry.packs}
        self._take(one for one in found if one.pack in packs or one.pack not in known)

    def pack(self, offer: Offer) -> None:
        """Check one pack."""
        root = PackRoot(PackName(offer.name), offer.path, offer.declared, offer.inner)
        contents = Part(self._contents, self.registry.paths, offer.path, self.registry.sizes)
        if not contents.entries and offer.path and self.registry.lists:
            return  # told as a folder that is missing
        self._words[offer.name] = offer.path, _words_of(contents)
        subject = read_subject(root, contents)
        if isinstance(subject, Found):
            self._packs.append(CheckedPack(offer.name, offer.path or ".", 0, ()))
            self._take([subject], offer.name)
            return
        self._packs.append(CheckedPack(offer.name, offer.path or ".", len(subject.items), subject.grants))
        self._subjects.append(subject)
        for rule in _PACK_RULES:
            self._take(rule(subject), offer.name)

    def across(self) -> None:
        """Check what holds between the packs that were looked at."""
        for subject, found in name_rules.across_packs(self._subjects):
            self._take([found], subject.root.name)

    def own_words(self, *, is_whole: bool) -> None:
        """Check what files say about rules: of a registry as a whole also which of its exceptions silence nothing."""
        for folder, words in (*self._words.values(), *([("", self._own)] if is_whole else [])):
            is_registry = words is self._own
            path = REGISTRY_NAME if is_registry else posixpath.join(folder, PACK_FILE)
            for rule, line, column in words.unknown:
                fix = nearest(rule, [*CHECKS, AGENTSKILLS])
                self._take([Found("check-unknown", path, f"there is no rule {rule!r}", line, column, fix)])
            for one in words.exceptions:
                if (REGISTRY_NAME if is_registry else folder, one) not in self._used:
                    what = f"{one.glob!r} silences nothing of {one.rule}"
                    self._take([Found("except-unused", path, what, one.line, one.column, "delete it")])

    def report(self, below: str = "") -> CheckReport:
        """Return what was found, by file and line; paths start from a folder."""
        found = sorted(set(self._findings), key=lambda one: (one.path, one.line, one.column, one.rule, one.what))
        packs = tuple(pack._replace(path=_from(below, pack.path)) for pack in self._packs)
        about = {one.rule: CHECKS[one.rule].finds for one in found}
        return CheckReport(packs, tuple(one._replace(path=_from(below, one.path)) for one in found), about=about)

    def _take(self, found: Iterable[Found], pack: str = "") -> None:
        """Add findings with their level; `pack` is the one whose root their paths start from, "" for the registry's."""
        for one in found:
            folder = self._words[pack][0] if pack else ""
            start, words = self._words.get(one.pack or pack, ("", Words()))
            path = posixpath.join(folder, one.path) if one.path else folder or "."
            is_silent = self._silences(one, REGISTRY_NAME, "", self._own, path)
            is_silent = self._silences(one, start, start, words, path) or is_silent
            level = level_of(one, self._rules, words.levels, self._own.levels)
            if level is not None and not is_silent:
                fix = one.fix.replace("\0", shlex.quote(path))
                told = CheckFinding(one.rule, level, one.what, fix, one.pack or pack, one.item, path)
                self._findings.append(told._replace(line=one.line, column=one.column))

    def _silences(self, found: Found, name: str, folder: str, words: Words, path: str) -> bool:
        """Return whether a file silences a finding, and note the exception that does."""
        inside = path.removeprefix(f"{folder}/") if folder else path
        used = [one for one in words.exceptions if one.covers(found, inside)] if not is_fixed(found) else []
        self._used.update((name, one) for one in used)
        return bool(used)


def _words_of(contents: Contents) -> Words:
    if PACK_FILE not in contents.entries or not contents.entries[PACK_FILE].is_plain:
        return Words()
    return read_words(contents.read([PACK_FILE])[PACK_FILE].decode("utf-8", "replace"))


def _from(folder: str, path: str) -> str:
    return posixpath.relpath(path, folder) if folder else path
