"""The lists of a registry as its author wrote them: the packs that they offer, and where each is listed."""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Final

from agentsync.checking.found import Found, Spot, spot
from agentsync.errors import AgentsyncError
from agentsync.formats.yaml_tree import Node, Table, Text, YamlError, read_yaml
from agentsync.model.git_url import GitUrl
from agentsync.model.pack import Contents, Offer
from agentsync.registries.offers import LISTS, Offers, offers_in
from agentsync.registries.registry_file import REGISTRY_NAME, InvalidRegistryError, included_files

_UNREAD: Final = "contact "


class Registry:
    """The lists in the root of a repository.

    Args:
        git: where the repository is known to be; it names a repository that is one pack.
    """

    def __init__(self, contents: Contents, git: GitUrl) -> None:
        self.contents = contents
        self.git = git
        self.paths: Sequence[str] = sorted(contents.entries)
        self.folders = {folder for path in self.paths for folder in folders_above(path)}
        # All at once: packs would ask for them one after the other.
        self.sizes = contents.sizes(path for path in self.paths if contents.entries[path].is_plain)
        self.lists = [path for path in LISTS if path in contents.entries and contents.entries[path].is_plain]
        self.texts: Mapping[str, bytes] = contents.read(self.lists)
        self.invalid: Sequence[Found] = ()
        self.offers = self._offers()
        listed = self.offers.packs if self.offers is not None else ()
        # The packs whose files are in this repository.
        self.packs: tuple[Offer, ...] = tuple(offer for offer in listed if not offer.elsewhere)

    @cached_property
    def text(self) -> str:
        """The text of its `registry.yaml`, "" where there is none."""
        return self.texts.get(REGISTRY_NAME, b"").decode("utf-8", "replace")

    @cached_property
    def tree(self) -> Table | None:
        """Its `registry.yaml` as a tree that knows places, None where it is no mapping."""
        return _tree(self.text)

    @cached_property
    def _entries(self) -> Mapping[str, tuple[str, Text, Node]]:
        """The packs that are listed in YAML: the file, the key and the value of each."""
        packs = self.tree.get("packs") if self.tree is not None else None
        tables = {REGISTRY_NAME: packs}
        with suppress(AgentsyncError):  # that files cannot be included is told of the list as a whole
            tables |= {path: _tree(text) for path, text in included_files(self.text, self.contents)}
        return {
            key.value: (path, key, node)
            for path, table in reversed(tables.items())
            for key, node in (table.value if isinstance(table, Table) else ())
        }

    def spot(self, pack: str, key: str = "") -> tuple[str, Spot]:
        """Return the file and the place where a pack is listed, or one key of it; the beginning where that is open."""
        if (entry := self._entries.get(pack)) is not None:
            path, where, value = entry
            if key and isinstance(value, Table):
                where = next((name for name, _ in value.value if name.value == key), where)
            return path, Spot(where.start.line, where.start.column)
        for path in self.lists:
            if path != REGISTRY_NAME and (place := named_in_json(self.texts[path], pack)) is not None:
                return path, place
        return self._otherwise(pack), Spot()

    def _otherwise(self, pack: str) -> str:
        """Return where a pack that no list names is told of: its folder; of a pack that is not there the list."""
        folder = next((offer.path for offer in self.packs if offer.name == pack), None)
        return folder if folder is not None else next(iter(self.lists), "")

    def _offers(self) -> Offers | None:
        try:
            return offers_in(self.contents, self.git)
        except InvalidRegistryError as error:
            self.invalid = [self._invalid(one, one.path) for one in (error, *error.others)]
        except AgentsyncError as error:
            self.invalid = [self._invalid(error, REGISTRY_NAME)]
        return None

    def _invalid(self, error: AgentsyncError, path: str) -> Found:
        fix = "" if error.hint.startswith(_UNREAD) else error.hint
        place = Spot(error.line or 1, error.column or 1)
        rule = "pack-path-missing" if (path, place) in self._path_places else "registry-invalid"
        return Found(rule, path, error.problem or error.what, *place, fix=fix)

    @cached_property
    def _path_places(self) -> set[tuple[str, Spot]]:
        """Return where the folders of packs are written in `registry.yaml` and what it includes."""
        nodes = ((path, value.get("path")) for path, _, value in self._entries.values() if isinstance(value, Table))
        return {(path, Spot(node.start.line, node.start.column)) for path, node in nodes if isinstance(node, Text)}


def _tree(text: str) -> Table | None:
    try:
        root = read_yaml(text)
    except YamlError:
        return None
    return root if isinstance(root, Table) else None


def folders_above(path: str) -> Iterator[str]:
    """Yield every folder above a path, the nearest first, but for the root."""
    while path := posixpath.dirname(path):
        yield path


def named_in_json(data: bytes, name: str) -> Spot | None:
    """Return where a JSON text gives an entry its name, None where it does not."""
    text = data.decode("utf-8", "replace")
    found = re.search(rf'"name"\s*:\s*({re.escape(json.dumps(name, ensure_ascii=False))})', text)
    return None if found is None else spot(text, found.start(1))
