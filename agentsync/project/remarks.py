"""Remarks: what is told of packs while their lock is decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from packaging.version import Version

from agentsync.errors import ResolutionError
from agentsync.model.clash import LeftOut
from agentsync.model.finding import Finding, Rule, Told, stays_as_locked
from agentsync.model.lock import LockedPack
from agentsync.model.names import PackName
from agentsync.model.pack import Offer
from agentsync.planning.naming import left_out_finding, request_of, unmatched_finding
from agentsync.registries.git_catalog import GitCatalog
from agentsync.targets.tool import Tool
from agentsync.versions.catalog import Candidate
from agentsync.versions.version import is_among

# It reads headers, which few runs do.
if TYPE_CHECKING:
    from agentsync.planning.filling import Examined


class Remarks:
    """Findings and notes, gathered pack by pack; `adding` is the command that adds a pack to the scope."""

    def __init__(self, catalog: GitCatalog, adding: Sequence[str]) -> None:
        self._catalog = catalog
        self._adding = adding
        self._left_out: list[LeftOut] = []
        self.findings: list[Finding] = []
        self.told: list[Told] = []
        self.notes: list[str] = []

    def on_examined(self, examined: Examined, tools: Sequence[Tool]) -> None:
        """Tell what of a pack is not taken as it stands."""
        pack = examined.pack
        self.findings += examined.findings
        self._left_out += examined.left_out
        self.findings += map(unmatched_finding, examined.unmatched)
        self.told += examined.told
        if not pack.items and not pack.requires:
            told = ", ".join(tool.name for tool in tools)
            self.notes.append(f"{pack.name} holds nothing that can be installed for {told}")

    def on_chosen(self, candidate: Candidate, offer: Offer) -> None:
        """Warn of what its registry says of a version that was chosen."""
        name = candidate.name
        if offer.deprecated:
            self.findings.append(Finding(name, "", f"deprecated: {offer.deprecated}", rule=Rule.DEPRECATED))
        if candidate.yanked and candidate.version is not None:
            what = f"{candidate.version} was yanked{_because(candidate.version, offer)}"
            kept = "it stays only because it is locked"
            self.findings.append(Finding(name, "", what, rule=Rule.YANKED, fix=kept))
        if self._catalog.has_inner_packs(name):
            self.findings.append(_parted(candidate, offer))
        asked = PackName(name)
        if asked.has_registry and asked.pack != offer.name:
            new = PackName.of(asked.alias, offer.name)
            what = f"it is called {new} in its registry now"
            fix = f"write {new} instead of it in agentsync.yaml"
            self.findings.append(Finding(name, "", what, rule=Rule.PACK_RENAMED, fix=fix))

    def on_confirmed(self, candidate: Candidate) -> None:
        """Warn of an old decision that was just confirmed, as its registry was asked anyway."""
        try:
            offer = self._catalog.offer(candidate.name)
        except ResolutionError as error:
            self.findings.append(stays_as_locked(error))
            return
        yanked = candidate.version is not None and is_among(candidate.version, offer.yanked)
        self.on_chosen(candidate._replace(yanked=yanked), offer)

    def on_left_out(self, packs: Sequence[LockedPack], tools: Sequence[Tool]) -> None:
        """Tell the twins within packs that were not taken, each with a name that is free among all packs."""
        if not self._left_out:
            return
        from agentsync.planning.naming import NamesInUse

        names = NamesInUse(packs, tools)
        requests = {pack.name: request_of(pack) for pack in packs}
        for one in self._left_out:
            self.findings.append(left_out_finding(one, names, requests[one.pack], self._adding))


def _because(version: Version, offer: Offer) -> str:
    return next((f": {why}" for text, why in offer.yanked.items() if why and is_among(version, [text])), "")


def _parted(candidate: Candidate, offer: Offer) -> Finding:
    """Return the finding for a pack that stays a whole repository, with the line of the manifest to write."""
    what = "it stays the whole repository, as it was locked, although other packs lie in it now"
    pin = f"branch: {candidate.ref[11:]}" if candidate.ref.startswith("refs/heads/") else f"commit: {candidate.commit}"
    line = f"{PackName(candidate.name).last}: {{ git: {offer.git.text}, {pin} }}"
    fix = f"write `{line}` instead of {candidate.name} in agentsync.yaml, or take the packs that you use"
    return Finding(candidate.name, "", what, rule=Rule.PACK_PARTED, fix=fix)
