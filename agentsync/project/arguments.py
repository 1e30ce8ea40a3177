"""Arguments that name a pack, a repository or a folder, as a person typed them in the current folder."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from agentsync.formats.git_url import parse_git_url
from agentsync.formats.requests import browsed, parse_request
from agentsync.model.git_url import GitUrl
from agentsync.model.manifest import PackRequest, SourceRequest
from agentsync.model.names import close_to

typed_place = browsed


def typed_request(text: str) -> PackRequest | SourceRequest:
    """Return what an argument of `add` or `info` asks for."""
    return parse_request(text, base=Path.cwd().as_posix(), exists=_is_on_disk)


def meant(request: PackRequest | SourceRequest, aliases: Collection[str]) -> PackRequest | SourceRequest:
    """Return a request, in which `OWNER/REPO` names a repository on GitHub where no registry is called OWNER.

    A word that is much like a known alias is most likely that one, mistyped.
    """
    if not isinstance(request, PackRequest) or request.pack is None or request.alias in aliases:
        return request
    if close_to(request.alias, aliases) is not None:
        return request
    return SourceRequest(parse_git_url(f"github:{request.alias}/{request.pack}"), pin=request.pin)


def typed_url(text: str) -> GitUrl:
    """Return the URL of a repository."""
    return parse_git_url(text, base=Path.cwd().as_posix())


def plain_folder(url: GitUrl) -> Path | None:
    """Return the folder that a path names, None for a git repository and where there is no folder."""
    if url.kind != "path":
        return None
    folder = Path(url.folder)
    is_git = (folder / ".git").exists() or ((folder / "HEAD").is_file() and (folder / "objects").is_dir())
    return folder if folder.is_dir() and not is_git else None


def _is_on_disk(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False
