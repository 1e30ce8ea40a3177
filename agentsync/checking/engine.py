"""The engine: every rule over every pack of a repository, with the levels that its files give them."""

import posixpath
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.checking import header_rules, name_rules, registry_rules, skill_rules, text_rules, trust_rules
from agentsync.checking.found import Found
from agentsync.checking.levels import Silenced, Words, is_fixed, level_of, read_words
from agentsync.checking.part import Part
from agentsync.checking.registry import Registry
from agentsync.checking.rules import CHECKS
from agentsync.checking.subject import Subject, read_subject
from agentsync.model.check import CheckedPack, CheckFinding, CheckReport
from agentsync.model.git_url import GitUrl
from agentsync.model.names import PackName
from agentsync.model.pack import Contents, Offer, PackRoot
from agentsync.packs.pack_file import PACK_FILE
from agentsync.registries.registry_file import REGISTRY_NAME

_PACK_RULES: Final[tuple[Callable[[Subject], Iterator[Found]], ...]] = (
    *registry_rules.PACK_RULES,
    *header_rules.RULES,
    *name_rules.RULES,
    *skill_rules.RULES,
    *text_rules.RULES,
    *trust_rules.RULES,
)


class Source(NamedTuple):
    """Files of a repository, and where it is known to be."""

    contents: Contents
    git: GitUrl


def check_registry(
    source: Source, rules: Mapping[str, str] | None = None, only: Collection[str] | None = None
) -> CheckReport:
    """Check the lists of a repository, each of its packs, and what holds between these.

    Args:
        rules: levels by rule or group, before all others.
        only: the names of the packs that are looked at, None for all.
    """
    run = _Run(source, rules or {})
    run.registry_as_a_whole()
    for offer in run.packs():
        if only is None or offer.name in only:
            run.pack(offer)
    run.across()
    return run.report()


def check_pack(source: Source, path: str, rules: Mapping[str, str] | None = None) -> CheckReport:
    """Check one pack of a repository: that of a folder, whether a list names it or not; arguments as above."""
    run = _Run(source, rules or {})
    listed = next((offer for offer in run.packs() if offer.path == path), None)
    if listed is None:
        name = posixpath.basename(path) or source.git.repository_name or "pack"
        listed = Offer(name, source.git, path)
    run.pack(listed)
    return run.report(below=path)


class _Run:
    """One run over one repository."""

    def __init__(self, source: Source, rules: Mapping[str, str]) -> None:
        self._rules = rules
        self._contents = source.contents
        self.registry = Registry(source.contents, source.git)
        self._own = read_words(self.registry.text)
        self._used: set[tuple[str, Silenced]] = set()
        self._packs: list[CheckedPack] = []
        self._subjects: list[Subject] = []
        self._words: dict[str, Words] = {}
        self._findings: list[CheckFinding] = []

    def packs(self) -> Sequence[Offer]:
        """Return the packs whose files are here."""
        return self.registry.packs

    def registry_as_a_whole(self) -> None:
        for rule in registry_rules.REGISTRY_RULES:
            self._take(rule(self.registry), "", "", Words())

    def pack(self, offer: Offer) -> None:
        """Check one pack."""
        root = PackRoot(PackName(offer.name), offer.path, offer.declared, offer.inner)
        contents = Part(self._contents, self.registry.paths, offer.path)
        if not contents.entries:
            return  # told as a folder that is missing
        words = self._words[offer.name] = _words_of(contents)
        subject = read_subject(root, contents)
        if isinstance(subject, Found):
            self._packs.append(CheckedPack(offer.name, offer.path or ".", 0, ()))
            self._take([subject], offer.name, offer.path, words)
            return
        self._packs.append(CheckedPack(offer.name, offer.path or ".", len(subject.items), subject.grants))
        self._subjects.append(subject)
        for rule in _PACK_RULES:
            self._take(rule(subject), offer.name, offer.path, words)

    def across(self) -> None:
        """Check what holds between the packs that were looked at."""
        for subject, found in name_rules.across_packs(self._subjects):
            name = subject.root.name
            self._take([found], name, subject.root.path, self._words[name])

    def report(self, below: str = "") -> CheckReport:
        """Return what was found, by file and line; paths start from a folder."""
        found = sorted(set(self._findings), key=lambda one: (one.path, one.line, one.column, one.rule, one.what))
        packs = tuple(pack._replace(path=_from(below, pack.path)) for pack in self._packs)
        about = {one.rule: CHECKS[one.rule].finds for one in found}
        return CheckReport(packs, tuple(one._replace(path=_from(below, one.path)) for one in found), about=about)

    def _take(self, found: Iterable[Found], pack: str, folder: str, words: Words) -> None:
        for one in found:
            path = posixpath.join(folder, one.path) if one.path else folder or "."
            is_silent = False
            for name, start, own in ((REGISTRY_NAME, "", self._own), (folder, folder, words)):
                inside = path.removeprefix(f"{start}/") if start else path
                for silenced in own.exceptions:
                    if silenced.covers(one, inside) and not is_fixed(one):
                        self._used.add((name, silenced))
                        is_silent = True
            level = level_of(one, self._rules, words.levels, self._own.levels)
            if level is not None and not is_silent:
                fix = one.fix.replace("\0", shlex.quote(path))
                told = CheckFinding(one.rule, level, one.what, fix, one.pack or pack, one.item, path)
                self._findings.append(told._replace(line=one.line, column=one.column))


def _words_of(contents: Contents) -> Words:
    if PACK_FILE not in contents.entries or not contents.entries[PACK_FILE].is_plain:
        return Words()
    return read_words(contents.read([PACK_FILE])[PACK_FILE].decode("utf-8", "replace"))


def _from(folder: str, path: str) -> str:
    return posixpath.relpath(path, folder) if folder else path
