"""The failures of a search for versions, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from packaging.version import Version

from agentsync.errors import ResolutionError
from agentsync.versions.catalog import Candidate
from agentsync.versions.search import Asked
from agentsync.versions.version import caret

MOST_TOLD: Final = 12


def conflict_error(
    causes: Sequence[Asked], existing: Callable[[str], Sequence[str]], version_without: Callable[[str], Version | None]
) -> ResolutionError:
    """Return the error for requirements that cannot all be met.

    Args:
        existing: returns the versions of a pack that exist.
        version_without: returns the version of a pack where the manifest does not restrict it, None for no solution.
    """
    names = sorted({cause.requirement.name for cause in causes})
    ranges = sorted({str(cause.requirement.pin) for cause in causes})
    reasons = [str(cause) for cause in sorted(causes, key=lambda cause: (len(cause.chain), str(cause)))]
    offered = [_offered(name, existing(name)) for name in names]
    what = f"no version of {' and '.join(names)} satisfies {' and '.join(f'`{text}`' for text in ranges)}"
    error = ResolutionError(what, why="; ".join([*reasons, *offered]), hint=_hint(causes, version_without))
    error.asked_by = tuple(dict.fromkeys(one.name for cause in causes for one in cause.chain))
    return error.of(pack=names[0]) if len(names) == 1 else error


def _offered(name: str, versions: Sequence[str]) -> str:
    if not versions:
        return f"{name} has no release tags"
    return f"versions of {name} that exist: {versions_told(versions)}"


def self_error(candidate: Candidate) -> ResolutionError:
    """Return the error for a pack that requires itself."""
    return ResolutionError(
        f"{candidate} requires itself",
        why="its pack.yaml or plugin.json names the pack that it stands in",
        hint="ask for another version, and contact the pack maintainer",
    )


def versions_told(versions: Sequence[str]) -> str:
    """Return the newest versions for a sentence, and the number of the others."""
    rest = len(versions) - MOST_TOLD
    return ", ".join(versions[:MOST_TOLD]) + (f" and {rest} older" if rest > 0 else "")


def _hint(causes: Iterable[Asked], version_without: Callable[[str], Version | None]) -> str:
    """Return the smallest change of the manifest that would help, found by trying."""
    roots = {cause.chain[0].name if cause.chain else cause.requirement.name for cause in causes}
    for name in sorted(roots):
        version = version_without(name)
        if version is not None:
            return f'ask for {name} "{caret(version)}" in agentsync.yaml'
    return "ask for other versions in agentsync.yaml, or contact the pack maintainers"
