"""`marketplace.json` and `plugin.json`: the plugins of a repository as packs.

A marketplace is an index: its plugins lie in folders of the same repository, or in other
repositories, mostly pinned to a commit. What is not understood, stale, or leaves the repository is
one finding; the other plugins are taken.

Source of the formats: https://code.claude.com/docs/en/plugin-marketplaces and
https://code.claude.com/docs/en/plugins-reference.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from agentsync.errors import AgentsyncError
from agentsync.formats.git_url import parse_git_url
from agentsync.formats.json_text import JsonError, read_json
from agentsync.model.finding import Finding, Rule
from agentsync.model.git_url import GitUrl
from agentsync.model.pack import Offer
from agentsync.model.rel_path import rel_path
from agentsync.registries.registry_file import latest_name
from agentsync.versions.requirement import is_pack_name

MARKETPLACES: Final = (
    ".claude-plugin/marketplace.json",
    ".agents/plugins/marketplace.json",
    ".github/plugin/marketplace.json",
    ".cursor-plugin/marketplace.json",
)
PLUGIN_MANIFESTS: Final = (".claude-plugin/plugin.json", ".github/plugin/plugin.json", "plugin.json")
ITEM_LISTS: Final = ("agents", "skills", "commands")

# Not the URL of another repository, but a folder of this one.
_HERE: Final = re.compile(r"\.{1,2}(?:/|$)")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Marketplace(NamedTuple):
    """The packs of a `marketplace.json`, and findings about entries that are not valid."""

    offers: tuple[Offer, ...]
    findings: tuple[Finding, ...]


class _FolderMissingError(ValueError):
    """A plugin is listed in a folder that is not there."""


def read_marketplace(
    data: bytes, git: GitUrl, has_folder: Callable[[str], bool], path: str = MARKETPLACES[0]
) -> Marketplace:
    """Read a marketplace.

    Args:
        has_folder: returns whether that repository has a folder, "" being its root.
    """
    try:
        document = read_json(data)
    except JsonError as error:
        what = f"it cannot be read: {error.problem}"
        invalid = Finding("", path, what, error.line, error.column, rule=Rule.MARKETPLACE_INVALID)
        return Marketplace((), (invalid,))
    if not isinstance(document, dict) or not isinstance(document.get("plugins"), list):
        return Marketplace((), (Finding("", path, "it has no list of plugins", rule=Rule.MARKETPLACE_INVALID),))
    reader = _Marketplace(document, git, has_folder)
    entries: dict[str, Any] = {}
    offers: dict[str, Offer] = {}
    findings: list[Finding] = []
    for entry in document["plugins"]:
        try:
            offer = reader.offer(entry)
        except (ValueError, AgentsyncError) as error:
            name = entry.get("name") if isinstance(entry, dict) else None
            is_missing = isinstance(error, _FolderMissingError)
            rule = Rule.PACK_PATH_MISSING if is_missing else Rule.PLUGIN_INVALID
            findings.append(Finding(name if isinstance(name, str) else "", path, str(error), rule=rule))
            continue
        if offer.name in offers:
            what = "it is listed twice; the first entry counts"
            findings.append(Finding(offer.name, path, what, rule=Rule.PACK_TWICE))
        else:
            offers[offer.name], entries[offer.name] = offer, entry
    return Marketplace(tuple(_divided(offers, entries)), tuple(findings))


def _divided(offers: Mapping[str, Offer], entries: Mapping[str, Any]) -> Iterator[Offer]:
    """Yield the packs; those that share a root have their own lists each, whether strict or not."""
    roots = Counter(offer.path for offer in offers.values() if not offer.elsewhere)
    for name, offer in offers.items():
        declared = offer.declared
        if not offer.elsewhere and roots[offer.path] > 1:
            with suppress(ValueError, AgentsyncError):
                declared = dict(_lists(entries[name]))
        yield offer._replace(declared=declared)


def plugin_offer(data: bytes, root: str, git: GitUrl) -> Offer:
    """Return the pack of a `plugin.json` and its folder; raise JsonError where it is not valid, or names no pack."""
    document = read_json(data)
    name = document.get("name") if isinstance(document, dict) else None
    if not isinstance(name, str) or not is_pack_name(name):
        raise JsonError("it has no `name` that can be the name of a pack")
    return Offer(name, git, root, description=_line(document.get("description")), keywords=_words(document))


class _Marketplace:
    def __init__(self, document: Mapping[str, Any], git: GitUrl, has_folder: Callable[[str], bool]) -> None:
        metadata = document.get("metadata")
        root = metadata.get("pluginRoot", "") if isinstance(metadata, dict) else ""
        self._plugin_root = root if isinstance(root, str) else ""
        self._git = git
        self._has_folder = has_folder
        self._old_names = _old_names(document.get("renames"))

    def offer(self, entry: Any) -> Offer:
        """Return the pack of one entry; raise ValueError or AgentsyncError where it is not valid."""
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise ValueError("an entry without a name")
        if not is_pack_name(entry["name"]):
            raise ValueError(f"{entry['name']!r} cannot be the name of a pack")
        where = self._where(entry.get("source", "./"))
        return Offer(
            name=entry["name"],
            description=_line(entry.get("description")),
            keywords=_words(entry),
            declared=dict(_declared(entry)),
            renamed_from=tuple(sorted(self._old_names.get(entry["name"], ()))),
            **where,
        )

    def _where(self, source: Any) -> dict[str, Any]:
        if isinstance(source, str):
            return {"git": self._git, "path": self._folder(source)}
        if not isinstance(source, dict):
            raise ValueError("`source` is neither a path nor a mapping")
        kind = source.get("source")
        if kind == "local" and isinstance(source.get("path"), str):
            return {"git": self._git, "path": self._folder(source["path"])}
        if kind == "github" and isinstance(source.get("repo"), str):
            url = f"github:{source['repo']}"
        elif kind in ("url", "git-subdir", "git") and isinstance(source.get("url"), str):
            url = source["url"]
            if _HERE.match(url):
                return {"git": self._git, "path": self._folder(posixpath.join(url, _optional(source, "path")))}
        else:
            raise ValueError(f"a source of the kind {kind!r} is not known")
        return {
            "git": self._elsewhere(url),
            "path": _inside(_optional(source, "path") or "."),
            "elsewhere": True,
            "pinned": _commit(source.get("sha")),
            "ref": _optional(source, "ref"),
        }

    def _elsewhere(self, text: str) -> GitUrl:
        if re.fullmatch(r"[A-Za-z0-9_-][\w.-]*/[\w.-]+", text):
            text = f"github:{text}"
        url = parse_git_url(text)
        if url.is_local and not self._git.is_local:
            raise ValueError(f"{url.text} is a path on this machine, named by a registry that is not")
        return url

    def _folder(self, source: str) -> str:
        """Return the folder of a path: as written, or below `pluginRoot`."""
        for text in (source, posixpath.join(self._plugin_root, source)):
            folder = _inside(text)
            if self._has_folder(folder):
                return folder
        raise _FolderMissingError(f"it is listed, and the folder {source!r} is not there")


def _old_names(renames: Any) -> dict[str, list[str]]:
    """Return the old names of each plugin: two for one that was renamed twice."""
    moved = {old: new for old, new in renames.items() if isinstance(new, str)} if isinstance(renames, dict) else {}
    found: dict[str, list[str]] = {}
    for old in moved:
        found.setdefault(latest_name(old, moved), []).append(old)
    return found


def _optional(source: Mapping[str, Any], key: str) -> str:
    """Return a text of a source, "" where it is absent."""
    value = source.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"the `{key}` of its source is no text")
    return value or ""


def _declared(entry: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the lists that replace the plugin's own manifest, where `strict` is false."""
    if entry.get("strict") is False:
        yield from _lists(entry)


def _lists(entry: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key in ITEM_LISTS:
        listed = entry.get(key)
        texts = [listed] if isinstance(listed, str) else listed
        if texts is None:
            continue
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"`{key}` is no list of paths")
        yield key, tuple(_inside(text) for text in texts)


def _inside(text: str) -> str:
    """Return a path in a repository, "" for its root; raise UnsafeError where it leads out."""
    tidy = posixpath.normpath(text.strip() or ".")
    return "" if tidy == "." else rel_path(tidy)


def _commit(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not _COMMIT.fullmatch(value):
        raise ValueError("its `sha` is no commit id")
    return value


def _line(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _words(entry: Mapping[str, Any]) -> tuple[str, ...]:
    listed = [word for key in ("keywords", "tags") if isinstance(entry.get(key), list) for word in entry[key]]
    return tuple(dict.fromkeys(word for word in listed if isinstance(word, str)))
