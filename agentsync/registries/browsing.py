"""From the address that a browser shows to a folder or an item of a repository at a branch, tag or commit."""

from __future__ import annotations

import posixpath

from agentsync.errors import ResolutionError
from agentsync.formats.requests import split_ref
from agentsync.git.cached_repository import CachedRepository
from agentsync.model.manifest import SourceRequest
from agentsync.model.names import nearest
from agentsync.model.rel_path import rel_path
from agentsync.versions.requirement import Pin, PinKind


def settled(request: SourceRequest, repository: CachedRepository) -> tuple[SourceRequest, str]:
    """Return a browser's address as a request with folder and ref, and the name of the one file that it shows.

    The name is "" for the folder as a whole.

    Raises:
        ResolutionError: where the address names no branch, tag or commit that is there.
        FetchError: where the repository cannot be reached.
    """
    if not request.browsed:
        return request, ""
    refs = repository.refs()
    found = split_ref(request.browsed, {*refs.branches, *refs.tags})
    if found is None:
        raise ResolutionError(
            f"{request.url.text} has no branch, tag or commit with which {request.browsed!r} begins",
            why=f"it has {len(refs.branches)} branches and {len(refs.tags)} tags",
            hint=nearest(request.browsed.partition("/")[0], [*refs.branches, *refs.tags][:200]),
        )
    ref, path = found
    is_name = ref in refs.branches or ref in refs.tags
    request = request._replace(
        pin=None if is_name else Pin(PinKind.COMMIT, ref), ref=ref if is_name else None, browsed=""
    )
    folder, name = path, ""
    if path.lower().endswith(".md"):
        folder, name = posixpath.split(path)
        name = "" if name.lower() == "skill.md" else name
    return request._replace(path=rel_path(folder) if folder else None), name
