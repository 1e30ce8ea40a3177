"""The packs of a repository at one commit: from its `registry.yaml`, its plugin manifests, or itself.

Each way of finding packs is tried in turn; a folder that an earlier one claimed is not claimed again. A repository
without lists and manifests is one pack as a whole.
"""

import posixpath
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple

from agentsync.errors import UnsafeError
from agentsync.formats.json_text import JsonError
from agentsync.model.finding import Finding, Rule
from agentsync.model.git_url import GitUrl
from agentsync.model.item import Kind
from agentsync.model.links import links_in
from agentsync.model.pack import Contents, Offer
from agentsync.model.rel_path import why_unsafe
from agentsync.packs.discovery import candidates, survey
from agentsync.packs.frontmatter import read_document
from agentsync.packs.inspection import readable
from agentsync.packs.pack_tree import PackTree, is_markdown, may_be_agent, may_be_command, may_be_item
from agentsync.registries.marketplace import MARKETPLACES, PLUGIN_MANIFESTS, plugin_offer, read_marketplace
from agentsync.registries.registry_file import REGISTRY_NAME, registry_in
from agentsync.versions.requirement import is_pack_name

LISTS: Final = (REGISTRY_NAME, *MARKETPLACES)

_NOT_LOOKED_INTO: Final = frozenset(
    "node_modules vendor dist build test tests __tests__ testdata fixtures backups backup archive docs website site"
    " example examples sample samples template templates evals".split()
)
_PLUGIN_FOLDERS: Final = ("agents", "commands", "skills", "hooks", "rules")


class _Offers(NamedTuple):
    packs: tuple[Offer, ...]
    whole: Offer
    findings: tuple[Finding, ...] = ()
    rest: Offer | None = None


class Offers(_Offers):
    """The packs of a repository that are listed, and the findings about lists and entries that are not valid.

    Args:
        whole: the repository as one pack. It can be asked for by the repository's own name even where others are
            listed, as long as every item lies in one of them.
        rest: the pack of the items that lie in no other one, None where there are none.
    """

    @cached_property
    def every(self) -> tuple[Offer, ...]:
        return self.packs if self.rest is None else (*self.packs, self.rest)

    @property
    def broken(self) -> Finding | None:
        """The finding about a list that could not be read at all, None where all could be."""
        return next((one for one in self.findings if not one.pack and one.rule is Rule.MARKETPLACE_INVALID), None)

    def named(self, name: str) -> Offer | None:
        """Return the pack of this name, or that had it before; None where there is none."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> Mapping[str, Offer]:
        """The packs by each name, present names before earlier ones: a question for one must not look at all."""
        earlier = {name: offer for offer in reversed(self.packs) for name in offer.renamed_from}
        return {self.whole.name: self.whole} | earlier | {offer.name: offer for offer in reversed(self.every)}


def offers_in(contents: Contents, git: GitUrl) -> Offers:
    """Read the packs in the root tree of a repository; raise ResolutionError where `registry.yaml` is not valid."""
    return _Reader(contents, git).read()


class _Reader:
    def __init__(self, contents: Contents, git: GitUrl) -> None:
        self._contents = contents
        self._git = git
        self._packs: dict[str, Offer] = {}
        self._findings: list[Finding] = []

    @cached_property
    def _folders(self) -> Collection[str]:
        return {"", *(folder for path in self._contents.entries for folder in _folders_above(path))}

    def read(self) -> Offers:
        texts = self._contents.read([path for path in LISTS if self._is_file(path)])
        if (listed := registry_in(self._contents, self._git)) is not None:
            self._take(listed.offers)
        for path in MARKETPLACES:
            if path in texts:
                market = read_marketplace(texts[path], self._git, lambda folder: folder in self._folders, path)
                self._findings += market.findings
                self._take(market.offers)
        self._take(self._plugins())
        own_name = self._git.repository_name
        whole = Offer(own_name if is_pack_name(own_name) else "repository", self._git)
        if not self._packs:
            return Offers((whole,), whole, tuple(self._findings))
        packs = with_inner(tuple(self._packs.values()))
        taken = {name for offer in packs for name in (offer.name, *offer.renamed_from)}
        name = f"{whole.name}-rest" if whole.name in taken else whole.name
        rest = rest_of(self._contents, packs, self._git, name)
        return Offers(packs, whole, tuple(self._findings), rest)

    def _take(self, offers: Iterable[Offer]) -> None:
        """Add the packs of one way of finding them; folders that an earlier way claimed stay with it."""
        claimed = {offer.path for offer in self._packs.values() if not offer.elsewhere}
        for offer in offers:
            known = self._packs.get(offer.name)
            if known is not None and _is_same_source(known, offer):
                continue  # one marketplace for several tools
            if known is not None:
                reason = "another pack has this name; the first one counts"
                self._findings.append(Finding(offer.name, offer.path, reason, rule=Rule.PACK_TWICE))
            elif offer.elsewhere or offer.path not in claimed:
                self._packs[offer.name] = offer

    def _plugins(self) -> Iterator[Offer]:
        """Yield the plugins that no list names, one for each folder."""
        claimed = {offer.path for offer in self._packs.values() if not offer.elsewhere}
        manifests = [(root, path) for root, path in self._plugin_manifests() if root not in claimed]
        texts = self._contents.read(path for _, path in manifests)
        for root, path in manifests:
            if root in claimed:
                continue
            try:
                if (reason := why_unsafe(path)) is not None:
                    raise JsonError(f"its folder cannot hold a pack: {reason}")
                offer = plugin_offer(texts[path], root, self._git)
            except JsonError as error:
                found = Finding("", path, error.problem, error.line, error.column, rule=Rule.PLUGIN_INVALID)
                self._findings.append(found)
                continue
            claimed.add(root)
            yield offer

    def _plugin_manifests(self) -> Iterator[tuple[str, str]]:
        """Yield every plugin manifest after its folder, the usual spelling first."""
        likely = sorted(path for path in self._contents.entries if path.endswith(PLUGIN_MANIFESTS))
        for spelling in PLUGIN_MANIFESTS:
            for path in likely:
                if path != spelling and not path.endswith(f"/{spelling}"):
                    continue
                root = path[: -len(spelling)].rstrip("/")
                if not self._is_file(path) or not _NOT_LOOKED_INTO.isdisjoint(root.split("/")):
                    continue
                if spelling == "plugin.json" and not self._looks_like_plugin(root):
                    continue
                yield root, path

    def _looks_like_plugin(self, root: str) -> bool:
        """Return whether a bare `plugin.json` is of an AI tool: items lie beside it."""
        if posixpath.basename(root) in (".claude-plugin", "plugin") or root.endswith("-plugin"):
            return False
        return any(posixpath.join(root, folder) in self._folders for folder in _PLUGIN_FOLDERS)

    def _is_file(self, path: str) -> bool:
        entry = self._contents.entries.get(path)
        return entry is not None and entry.is_plain


def _is_same_source(one: Offer, other: Offer) -> bool:
    here, there = ((offer.git.key, offer.path, offer.pinned, offer.declared) for offer in (one, other))
    return here == there


def _folders_above(path: str) -> Iterator[str]:
    while (path := path.rpartition("/")[0]) and path != "/":
        yield path


# Where there are agents outside, one of the first has a description.
_FIRST: Final = 20


def with_inner(offers: Sequence[Offer]) -> tuple[Offer, ...]:
    """Return packs of one repository, each with the paths below its root that belong to others."""
    covered = sorted({path for offer in offers if not offer.elsewhere for path in _covered(offer)})
    return tuple(
        offer if offer.elsewhere or offer.declared else offer._replace(inner=_inside(offer.path, covered))
        for offer in offers
    )


def rest_of(contents: Contents, offers: Sequence[Offer], git: GitUrl, name: str) -> Offer | None:
    """Return the pack, of this name, of the items that lie in no other one; None where there are none."""
    covered = {path for offer in offers if not offer.elsewhere for path in _covered(offer)}
    if "" in covered:
        return None
    inner = _outermost(covered | set(_reached(contents, covered)))
    description = "what lies in no pack of its own"
    return Offer(name, git, description=description, inner=inner) if _holds_items(contents, inner) else None


def _covered(offer: Offer) -> Iterator[str]:
    """Yield the paths that a pack takes: its folder, or those on its lists."""
    if not offer.declared:
        yield offer.path
    for listed in offer.declared.values():
        yield from (posixpath.join(offer.path, entry).rstrip("/") for entry in listed)


def _inside(root: str, covered: Sequence[str]) -> tuple[str, ...]:
    """Return the outermost of these sorted paths below a root, relative to it."""
    if not root:
        return _outermost([path for path in covered if path])
    # "0" is the character after "/".
    first, end = bisect_left(covered, f"{root}/"), bisect_left(covered, f"{root}0")
    return _outermost([path[len(root) + 1 :] for path in covered[first:end]])


def _outermost(paths: Collection[str]) -> tuple[str, ...]:
    """Return the paths without those that lie below others of them, sorted."""
    found: list[str] = []
    for path in sorted(paths, key=lambda path: f"{path}/"):
        if not found or not path.startswith(f"{found[-1]}/"):
            found.append(path)
    return tuple(sorted(found))


def _reached(contents: Contents, covered: Collection[str]) -> Iterator[str]:
    """Yield the paths outside of packs that links in packs lead to."""
    links = set(links_in(contents.entries))
    tree = PackTree((), covered)
    for shown, real in contents.links.origins.items():
        if tree.is_own(shown):
            continue
        link = shown
        while link and link not in links:
            link = posixpath.dirname(link)
        below = shown[len(link) :]
        yield real[: -len(below)] if below and real.endswith(below) else real


def _holds_items(contents: Contents, inner: Collection[str]) -> bool:
    """Return whether an agent, skill or command lies outside; files are read only where names do not tell."""
    origins = contents.links.origins
    own = PackTree((), inner)
    if not any(own.is_own(path) and is_markdown(path) for path in contents.entries):
        return False
    paths = [path for path in contents.entries if own.is_own(origins.get(path, path))]
    tree = PackTree(paths, inner)
    if any(tree.folder(path).shipped and tree.is_own(path) for path in tree.skills.values()):
        return True
    if any(may_be_command(tree, path) and may_be_item(tree, path) for path in tree.paths):
        return True
    asked = sorted(path for path in candidates(contents.entries, inner) if contents.entries[path].is_plain)
    try:
        placed = (path for path in asked if path in tree and may_be_agent(tree, path) and may_be_item(tree, path))
        first = contents.read(islice(placed, _FIRST))
        if any("description" in read_document(text).fields for text in first.values()):
            return True
        texts = contents.read(readable("", asked, contents)[0])
    except UnsafeError:
        return True
    found = survey(contents.entries, lambda path: texts.get(path, b""), inner=inner, origins=origins)
    return any(item.kind in (Kind.AGENT, Kind.SKILL, Kind.COMMAND) for item in found.items)
