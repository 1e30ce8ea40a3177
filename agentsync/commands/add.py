"""Add packs to the manifest, pinned, and install them; or take packs out of it, and their files away."""

import posixpath
import re
import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.commands.choosing import ItemChoice, Renamed, decide_pin, give_way, settling_command
from agentsync.commands.findings import added_branches, both_scopes, date_notes, outside_findings, tag_findings
from agentsync.commands.install import Extras, InstallOptions, install_decision, install_draft
from agentsync.commands.outcomes import headed
from agentsync.errors import AgentsyncError, FetchError, ManifestError, ResolutionError, UnsafeError, UsageError
from agentsync.model.finding import Finding
from agentsync.model.git_url import GitUrl
from agentsync.model.item import Choice
from agentsync.model.lock import Lock
from agentsync.model.manifest import Manifest, ManifestEntry, PackRequest, Registry, SourceRequest
from agentsync.model.names import PackName, nearest
from agentsync.model.outcome import Outcome
from agentsync.model.pack import Offer
from agentsync.planning.clashing import PacksClashError
from agentsync.project.arguments import meant, plain_folder, typed_request
from agentsync.project.decision import Decision, Upgrade
from agentsync.project.first_manifest import first_notes
from agentsync.project.manifest_draft import ManifestDraft
from agentsync.project.workspace import Workspace
from agentsync.registries.browsing import settled
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.prefetch import unreadable
from agentsync.reporting.words import done_line, some
from agentsync.versions.requirement import Pin, PinKind, is_alias

_MOST_NAMED: Final = 12  # of many packs, where a command asks which


class AddOptions(NamedTuple):
    """Options of `add`: `everything` and `keeps_names` are `--all` and `--no-rename`.

    Args:
        alias: the alias for a repository that is no registry yet, "" for its own name.
        branch: the branch to follow, "" for what is decided.
        ask: lets a person choose among packs, each given with its description; None where there is no one to ask.
    """

    alias: str = ""
    everything: bool = False
    only: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    rename: tuple[str, ...] = ()
    prefix: bool = False
    branch: str = ""
    keeps_names: bool = False
    dry_run: bool = False
    ask: Callable[[Mapping[str, str]], Sequence[str]] | None = None

    @property
    def choice(self) -> ItemChoice:
        """The flags that choose items."""
        return ItemChoice(self.only, self.excluded, self.rename, self.prefix)


def add(workspace: Workspace, requests: Sequence[str], options: AddOptions) -> Outcome:
    """Add packs to the manifest and install; nothing is changed where they cannot be resolved."""
    first = first_notes(workspace, dry_run=options.dry_run)
    adder = _Adder(workspace, options)
    for request in requests:
        adder.add(request)
    decision = adder.decide(requests)
    text = adder.draft.text if adder.draft.is_new else None
    extras = Extras(text, adder.noted, [one.rename for one in adder.renamed])
    outcome = install_decision(workspace, decision, InstallOptions(dry_run=options.dry_run), extras)
    outcome = headed(outcome, *adder.told, *adder.draft.lines(), *(one.line for one in adder.renamed))
    before = (decision.before or Lock()).packs
    changed = {name for name, pack in decision.lock.packs.items() if before.get(name) != pack}
    twice = both_scopes(workspace, decision.lock, changed)
    branches = added_branches(workspace.project.catalog(adder.manifest), decision.lock, {*adder.draft.names})
    findings = [*dict.fromkeys((*adder.findings, *branches, *twice, *outcome.findings))]
    return outcome._replace(findings=findings, notes=[*first, *outcome.notes])


class _Adder:
    """The manifest as it is to be, with what is asked for."""

    def __init__(self, workspace: Workspace, options: AddOptions) -> None:
        self._workspace, self._project = workspace, workspace.project
        self._options = options
        self.draft = ManifestDraft(workspace.project)
        self.renamed: list[Renamed] = []
        self.told: list[str] = []
        self.noted: list[str] = []
        self.findings: list[Finding] = []

    @property
    def manifest(self) -> Manifest:
        return self.draft.manifest

    def add(self, request: str) -> None:
        parsed, file = self._on_branch(meant(typed_request(request), self.manifest.registries)), ""
        if isinstance(parsed, PackRequest):
            self._add_from_registry(parsed)
            return
        if (folder := plain_folder(parsed.url)) is not None:
            self._add_folder(folder, parsed)
            return
        if parsed.browsed:
            parsed, file = settled(parsed, self._project.cache.repository(parsed.url))
        if parsed.path is not None or file:
            self._add_without_registry(parsed, parsed.path or "", file)
        else:
            self._add_repository(parsed)

    def _on_branch(self, request: PackRequest | SourceRequest) -> PackRequest | SourceRequest:
        if not self._options.branch:
            return request
        if request.pin is not None or (isinstance(request, SourceRequest) and request.ref is not None):
            raise UsageError("--branch and a version in the request exclude each other", hint="leave one of them away")
        try:
            return request._replace(pin=Pin(PinKind.BRANCH, self._options.branch))
        except ValueError as error:
            raise UsageError(str(error), hint="--branch NAME") from error

    def decide(self, requests: Sequence[str]) -> Decision:
        """Decide; of every pack of a repository, those that come later give way where items clash.

        Where items keep their names, the hint of the error is the command that settles it.
        """
        options, names = self._options, tuple(self.draft.names)
        for name in names if any(options.choice) else ():
            self.draft.extend(name, options.choice.of(name, names))
        while True:
            try:
                return self._decide_once()
            except PacksClashError as error:
                given = give_way(self.draft, error, self.add) if options.everything and not options.keeps_names else []
                if not given:
                    error.hint = self._hint(error, self._as_asked(requests))
                    raise
                self.renamed += given
            except (ResolutionError, UnsafeError, FetchError) as error:
                if not self._leave_out(error):
                    raise

    def _leave_out(self, error: AgentsyncError) -> bool:
        """Take back a pack that cannot be taken, where all were asked for; False where it was named, or is the last."""
        before = {entry.key for entry in self._project.manifest.packs}
        written = [name for name in self.draft.names if name not in before]
        concerned = [name for name in (error.pack, *error.asked_by) if name in written]
        if not self._options.everything or not concerned or len(self.draft.names) == 1:
            return False
        self.draft.take_back(concerned[0])
        self.noted.append(_left_out(concerned[0], error))
        return True

    def _decide_once(self) -> Decision:
        """Decide; an item that the locked release does not have may be in a newer one that is allowed."""
        ask = not self._options.dry_run
        try:
            return self._workspace.decide(self.manifest, ask=ask)
        except ResolutionError:
            if not any(self._options.choice):
                raise
            return self._workspace.decide(self.manifest, upgrade=Upgrade(self.draft.names), ask=ask)

    def _hint(self, error: PacksClashError, request: Sequence[str]) -> str:
        if self._options.everything and self._options.keeps_names:
            return shlex.join([*error.adding, *request])  # the same without --no-rename
        return settling_command(self.draft, error, request)

    def _as_asked(self, requests: Sequence[str]) -> list[str]:
        options = self._options
        alias = ("--as", options.alias) if options.alias else ()
        branch = ("--branch", options.branch) if options.branch else ()
        return [*requests, *alias, *("--all",) * options.everything, *options.choice.words(), *branch]

    def _add_from_registry(self, request: PackRequest) -> None:
        known = self.draft.entry(request.alias)
        if request.pack is None and known is not None and known.registry is None:
            self._take_up(known, request.pin)
            return
        registry = self.manifest.registries.get(request.alias)
        if registry is None:
            raise ManifestError(
                f"unknown registry {request.alias!r}", hint=_unknown_alias(request, self.manifest.registries)
            )
        catalog = self._project.catalog(self.manifest)
        if request.pack is None:
            self._add_offers(registry, self._of(registry, catalog), request.pin, None)
        else:
            name = PackName.of(registry.alias, request.pack)
            known = self.draft.entry(name)
            if known is not None and request.pin is None and any(self._options.choice):
                self.draft.take_up(name)  # its pin stays
                return
            others = [one.key for one in self.manifest.packs if one.registry == registry.alias and one.pack]
            catalog.want([name, *others])  # with what is decided about next
            self._set(name, request.pin or self._decided(catalog, name, catalog.offer(name), None))

    def _add_repository(self, request: SourceRequest) -> None:
        registry = next(
            (known for known in self.manifest.registries.values() if known.git.key == request.url.key), None
        )
        written = self._project.written(request.url) if registry is None else registry.git.text
        # Reached as it was typed, with any password in it; called as the manifest calls it, without.
        self._project.cache.repository(request.url._replace(text=written))
        if registry is None:
            alias = self._new_alias(request.url)
            self.draft.put_registry(alias, written)
            self.told.append(f"registry  {alias}: {written}")
            registry = self.manifest.registries[alias]
        offers = self._of(registry, self._project.catalog(self.manifest))
        self._add_offers(registry, offers, request.pin, request.ref)

    def _of(self, registry: Registry, catalog: GitCatalog) -> Sequence[Offer]:
        """Return the packs of a registry; the items that lie in none of them only where everything is asked for."""
        catalog.want_all(registry)
        offers = catalog.offers(registry)
        self.findings += catalog.findings()
        if self._options.everything:
            return offers.every
        self.findings += outside_findings(registry.alias, offers)
        return offers.packs

    def _add_offers(self, registry: Registry, offers: Sequence[Offer], pin: Pin | None, ref: str | None) -> None:
        if len(offers) > 1 and not self._options.everything:
            if self._options.ask is None:
                raise _say_which(registry, offers)
            chosen = self._options.ask({offer.name: offer.description for offer in offers})
            offers = [offer for offer in offers if offer.name in chosen]
        catalog = self._project.catalog(self.manifest)
        if self._options.everything and len(offers) > 1:
            offers = self._to_be_had(registry, offers, catalog)
        for offer in offers:
            name = PackName.of(registry.alias, offer.name)
            self._set(name, pin or self._decided(catalog, name, offer, ref))

    def _to_be_had(self, registry: Registry, offers: Sequence[Offer], catalog: GitCatalog) -> list[Offer]:
        """Return the packs that can be read, without those that cannot; fail where none can."""
        failures = unreadable(catalog, [f"{registry.alias}/{offer.name}" for offer in offers])
        if len(failures) == len(offers):
            raise next(iter(failures.values()))
        for name, error in failures.items():
            self.noted.append(_left_out(name, error))
        return [offer for offer in offers if f"{registry.alias}/{offer.name}" not in failures]

    def _add_without_registry(self, request: SourceRequest, path: str, file: str) -> None:
        offer = Offer(posixpath.splitext(file)[0] or posixpath.basename(path), request.url, path)
        name = PackName(self._options.alias or _as_alias(offer.name))
        pin = request.pin or self._decided(self._project.catalog(self.manifest), name, offer, request.ref)
        git = request.url._replace(text=self._project.written(request.url))
        self.draft.put(ManifestEntry(name, git=git, path=path, pin=pin, choice=Choice(only=(file,) if file else ())))

    def _add_folder(self, folder: Path, request: SourceRequest) -> None:
        if request.pin is not None or request.ref is not None:
            raise UsageError(f"{request.url.text} is a plain folder and has no versions", hint="leave the @ part away")
        name = PackName(self._options.alias or _as_alias(folder.name))
        self.draft.put(ManifestEntry(name, folder=self._project.written(request.url)))

    def _take_up(self, known: ManifestEntry, pin: Pin | None) -> None:
        """Take up a pack without a registry, for another pin or another choice of items."""
        if pin is not None and known.folder is not None:
            raise UsageError(f"{known.key} is a plain folder and has no versions", hint="leave the version away")
        if pin is not None:
            self.draft.set_pin(known, pin)
        self.draft.take_up(known.key)

    def _decided(self, catalog: GitCatalog, name: PackName, offer: Offer, ref: str | None) -> Pin:
        """Return the pin for a pack that is asked for without one; note where it will not move by releases."""
        pin = decide_pin(catalog, name, offer, ref)
        if ref is None and pin.kind is PinKind.BRANCH:
            self.noted.append(f"{name} has no releases, so it follows the branch {pin.text}")
            registry = self.manifest.registries.get(name.alias) if name.has_registry else None
            self.findings += tag_findings(name, offer, catalog.unread(name, offer), registry)
        elif ref is None and pin.kind is PinKind.VERSION and not offer.pinned:
            self.noted += date_notes(name, [one.version for one in catalog.releases(name, offer).within(stable=True)])
        return pin

    def _set(self, name: PackName, pin: Pin) -> None:
        self.draft.put(ManifestEntry(name, registry=name.alias, pack=name.pack, pin=pin))

    def _new_alias(self, url: GitUrl) -> str:
        alias = self._options.alias or _as_alias(url.repository_name)
        if not is_alias(alias):
            raise UsageError(f"{alias!r} cannot be an alias", hint="choose one with --as NAME")
        taken = self.manifest.registries.get(alias)
        if taken is not None:
            raise UsageError(
                f"the alias {alias!r} is taken",
                why=f"it stands for {taken.git.text}",
                hint="choose another one with --as NAME",
            )
        return alias


def _left_out(name: str, error: AgentsyncError) -> str:
    return f"{name} is left out: {error.what}{f' ({error.why})' if error.why else ''}"


def _unknown_alias(request: PackRequest, known: Collection[str]) -> str:
    close = nearest(request.alias, known) if known else f"`agentsync registry add {request.alias} URL`"
    if request.pack is None:
        return close
    return f"{close}; a repository on GitHub is github:{request.alias}/{request.pack}"


def _say_which(registry: Registry, offers: Sequence[Offer]) -> UsageError:
    names = [f"{registry.alias}/{offer.name}" for offer in offers]
    return UsageError(
        f"{registry.git.text} has {len(names)} packs: say which",
        why=some(names, _MOST_NAMED),
        hint=f"`agentsync registry add {registry.alias} {registry.git.text}`, then `agentsync add {names[0]}`;"
        f" or `agentsync add {registry.git.text} --all`",
    )


def _as_alias(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._") or "pack"


def remove(workspace: Workspace, packs: Sequence[str], *, dry_run: bool = False) -> Outcome:
    """Remove packs: what is ours and unedited goes, the rest is kept and told."""
    draft = ManifestDraft(workspace.project)
    keys = [_key_of(workspace.project.manifest, name) for name in packs]
    for key in keys:
        draft.drop_pack(key)
    outcome = install_draft(workspace, draft, dry_run=dry_run)
    return headed(outcome, *(done_line("remove", key, dry_run=dry_run) for key in keys))


def _key_of(manifest: Manifest, name: str) -> str:
    """Return the manifest's key for a pack; an alias alone names the one pack of its registry."""
    keys = [entry.key for entry in manifest.packs]
    if name in keys:
        return name
    alias = PackName(name).alias
    of_alias = [entry.key for entry in manifest.packs if entry.registry in (name, alias)]
    same = [key for key in of_alias if key == alias or name == key.alias]
    if len(same) == 1:
        return same[0]
    raise UsageError(f"the manifest has no pack {name!r}", hint=nearest(name, keys))
