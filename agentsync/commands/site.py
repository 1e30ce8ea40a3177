"""Registry site: a catalogue of the packs of a registry, as a folder of static files."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from agentsync.errors import Exit, UsageError
from agentsync.model.outcome import Outcome
from agentsync.reporting.words import count

if TYPE_CHECKING:
    from agentsync.catalogue.site import SiteReport

_MODULES: Final = ("jinja2", "markdown_it", "nh3")
_MOST_TOLD: Final = 10


def site(
    path: str = ".", *, out: str = "", base_url: str = "", title: str = "", versions: str = "20", dry_run: bool = False
) -> Outcome:
    """Make the catalogue of the registry in a working tree or a bare repository.

    Args:
        path: where the registry is.
        out: the folder of the site.
        base_url: where it will stand, for the feed and the site map.
        title: what it is called, the name of the registry by default.
        versions: how many versions of a pack have a page.
    """
    if not out:
        raise UsageError("no folder is named for the catalogue", hint="agentsync registry site --out site")
    number, url = _number(versions), _base_url(base_url)
    _insist_on_libraries()
    from agentsync.catalogue.site import SiteOptions, build_site, catalogue_there
    from agentsync.catalogue.source import open_source

    there = catalogue_there(Path(out))
    with open_source(Path(path)) as source:
        report = build_site(source, there, SiteOptions(url, title, number), dry_run=dry_run)
    data = {"out": out, "registry": report.registry, "commit": report.commit, "packs": report.packs}
    data |= {"written": list(report.written), "removed": list(report.removed), "unchanged": report.unchanged}
    data |= {"failed": [{"pack": pack, "why": why} for pack, why in report.failed.items()]} if report.failed else {}
    return Outcome(
        data=data,
        lines=_lines(report, out, dry_run=dry_run),
        exit=Exit.DIFFERS if report.failed else Exit.OK,
        findings=report.findings,
    )


def _lines(report: SiteReport, out: str, *, dry_run: bool) -> list[str]:
    wrote, removed = ("would write", "would remove") if dry_run else ("wrote", "removed")
    files = count(len(report.written), "file")
    found = [f"{wrote} {files} of {len(report.written) + report.unchanged:,} to {out}: {count(report.packs, 'pack')}"]
    found += [f"{removed} {path}" for path in report.removed[:_MOST_TOLD]]
    if len(report.removed) > _MOST_TOLD:
        found.append(f"{removed} {len(report.removed) - _MOST_TOLD:,} more")
    return found


def _number(text: str) -> int:
    if text.isascii() and text.isdecimal():
        return int(text)
    raise UsageError(f"--versions {text!r} is no number", hint="agentsync registry site --out site --versions 20")


def _base_url(text: str) -> str:
    """Return the URL of the site with a slash at its end."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        is_fine = parts.scheme in ("https", "http") and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        is_fine = False
    if not is_fine or not text.isprintable() or " " in text:
        hint = "write where the catalogue will stand: --base-url https://packs.example/"
        raise UsageError(f"--base-url {text!r} is no address of a site", hint=hint)
    return f"{text.rstrip('/')}/"


def _insist_on_libraries() -> None:
    if missing := [name for name in _MODULES if find_spec(name) is None]:
        raise UsageError(
            "the catalogue needs libraries that are not installed",
            why=f"there is no {', '.join(missing)}",
            hint="pip install 'agentsync[site]'",
        )
