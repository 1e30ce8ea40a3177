"""Packs that exist in memory only: what the resolver asks, answered from a table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from packaging.version import Version

from agentsync.errors import ResolutionError
from agentsync.versions.catalog import Candidate, Requirement
from agentsync.versions.requirement import Pin, PinKind, parse_pin

# Pack to release to what it requires: `{"a": {"1.0": {"b": ">=1"}}}`.
Table = Mapping[str, Mapping[str, Mapping[str, str]]]
BRANCH: Final = "main"


def requirement(name: str, pin: str) -> Requirement:
    """A requirement as the lock would write its pin."""
    return Requirement(name, parse_pin(pin))


class MemoryCatalog:
    """A catalog.

    Args:
        table: releases and what they require; the key `main` is a branch.
        yanked: releases that were withdrawn, as `NAME VERSION`.
    """

    def __init__(self, table: Table, yanked: Sequence[str] = ()) -> None:
        self._table = table
        self._yanked = yanked
        self.asked: list[str] = []

    def candidates(self, name: str, pin: Pin) -> Sequence[Candidate]:
        """Every release, newest first; the branch where there is none or it is asked for."""
        if name not in self._table:
            raise ResolutionError(f"there is no pack {name}")
        releases = sorted((Version(text) for text in self._table[name] if text != BRANCH), reverse=True)
        if pin.kind is PinKind.BRANCH or not releases:
            if BRANCH not in self._table[name]:
                raise ResolutionError(f"{name} has no branch {pin.text}")
            return [self.branch(name, stands_in=pin.kind is PinKind.VERSION)]
        found = [self.release(name, str(version)) for version in releases]
        if pin.kind is PinKind.TAG:
            return [one for one in found if one.ref == f"refs/tags/{pin.text}"]
        if pin.kind is PinKind.COMMIT:
            return [Candidate(name, None, "", pin.text)]
        return found

    def unfit(self, candidate: Candidate) -> str:
        """Nothing is forbidden."""
        return ""

    def requires(self, candidate: Candidate) -> Sequence[Requirement]:
        """What a release asks for."""
        self.asked.append(str(candidate))
        text = str(candidate.version) if candidate.version is not None else BRANCH
        return [requirement(name, pin) for name, pin in self._table[candidate.name][text].items()]

    def release(self, name: str, version: str) -> Candidate:
        """One release as a candidate."""
        is_yanked = f"{name} {version}" in self._yanked
        return Candidate(name, Version(version), f"refs/tags/v{version}", _commit(name, version), is_yanked)

    def branch(self, name: str, *, stands_in: bool = False) -> Candidate:
        """The branch as a candidate."""
        return Candidate(name, None, f"refs/heads/{BRANCH}", _commit(name, BRANCH), stands_in=stands_in)


def _commit(name: str, version: str) -> str:
    return hashlib.sha1(f"{name} {version}".encode(), usedforsecurity=False).hexdigest()
