"""Read `agentsync.yaml`.

The format is documented in `docs/reference/manifest.md`. Each fault names file, line, column and the nearest spelling.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, TypeVar

from agentsync.errors import AgentsyncError, ManifestError
from agentsync.formats.fields import CHOICE_KEYS, read_choice, read_edits
from agentsync.formats.git_url import parse_git_url
from agentsync.formats.header_fields import meant_field
from agentsync.formats.plain_yaml import read_plain
from agentsync.formats.policy import read_policy
from agentsync.formats.section import Section, read_section
from agentsync.formats.yaml_tree import Items, Node, Text
from agentsync.model.git_url import GitUrl
from agentsync.model.grant import CLASSES
from agentsync.model.item import DEFAULT_TARGETS, Choice, FieldEdits, TargetEdits
from agentsync.model.manifest import Manifest, ManifestEntry, Registry
from agentsync.model.names import MANIFEST_NAME, ItemKey, PackName, nearest
from agentsync.model.rel_path import rel_path
from agentsync.versions.requirement import Pin, PinKind, check_alias
from agentsync.versions.tag_template import check_template

_EXAMPLE: Final = (
    "a manifest is `registries: {acme: URL}` and `packs: {acme/PACK: RANGE}`; `agentsync help add` writes both"
)
_RESIDUE: Final = "no `- ` and no `[ ]` around it: `targets: {TOOL: {}, OTHER: {residue: [CLASS]}}`"
_TOP_KEYS: Final = ("registries", "packs", "targets", "overrides", "policy")
_REGISTRY_KEYS: Final = ("git", "branch", "tags", "signers", "gpg")
_PINS: Final = {kind.value: kind for kind in PinKind}
_PACK_KEYS: Final = (*_PINS, *CHOICE_KEYS)
_FOLDER_KEYS: Final = (*CHOICE_KEYS, "path")
_OWN_KEYS: Final = (*_PACK_KEYS, "git", "path")
T = TypeVar("T")


def parse_manifest(
    text: str,
    *,
    name: str = MANIFEST_NAME,
    base: str = "",
    targets: tuple[str, ...],
    allow_http: frozenset[str] = frozenset(),
) -> Manifest:
    """Read a manifest.

    Args:
        base: the folder that relative paths in it start from.
        allow_http: hosts that plain http may go to besides this machine.

    Raises:
        ManifestError: with file, line, column, what was expected and the nearest spelling.
    """
    if conflict := re.search(r"^<{7} .*$", text, re.MULTILINE):
        line = text.count("\n", 0, conflict.start()) + 1
        raise ManifestError(
            f"{name}, line {line}, column 1: git conflict markers",
            why="two branches changed it and the merge was not finished",
            hint="settle the manifest by hand, then `agentsync lock` settles the lock",
        )
    quickly = read_plain(text)
    if quickly is not None:
        # A fault is read again as YAML, which has its place.
        with suppress(AgentsyncError):
            return _Reader(Section(quickly, name, ManifestError), base, targets, allow_http).read()
    return _Reader(read_section(text, name, ManifestError, hint=_EXAMPLE), base, targets, allow_http).read()


class _Reader:
    def __init__(self, top: Section, base: str, targets: tuple[str, ...], allow_http: frozenset[str]) -> None:
        self._allow_http = allow_http
        self._top = top
        self._base = base
        self._known_targets = targets

    def read(self) -> Manifest:
        self._top.only_keys(_TOP_KEYS)
        written = self._top.section("registries").entries()
        registries = {key.value: self._registry(key, node) for key, node in written}
        edits = self._overrides()
        packs = tuple(self._entry(key, node, registries, edits) for key, node in self._top.section("packs").entries())
        names = [entry.key for entry in packs]
        for key, _ in self._top.section("overrides").entries():
            if key.value not in names:
                what = f"overrides for {key.value!r}, which is not under `packs`"
                raise self._top.problem(key, what, hint=nearest(key.value, names))
        targets, residue = self._all_targets()
        return Manifest(
            registries, packs, targets or DEFAULT_TARGETS, read_policy(self._top.section("policy")), residue
        )

    def _registry(self, key: Text, node: Node) -> Registry:
        section = self._top.section("registries")
        self._check(key, lambda: check_alias(key.value))
        if isinstance(node, Text):
            return Registry(key.value, self._url(node, section, key.value))
        entry = section.as_section(node, key.value)
        entry.only_keys(_REGISTRY_KEYS)
        where = entry.node("git")
        if where is None:
            raise entry.problem(node, f"{entry.where} needs `git: URL`")
        url = self._url(where, entry, "git")
        template = entry.text("tags") or ""
        if template:
            self._check(entry.node("tags"), lambda: check_template(template))
        signers = entry.text("signers") or ""
        return Registry(key.value, url, entry.text("branch"), signers, self._fingerprints(entry), template)

    def _fingerprints(self, entry: Section) -> tuple[str, ...]:
        found = tuple(text.replace(" ", "").upper() for text in entry.texts("gpg"))
        for text in found:
            if not re.fullmatch("[0-9A-F]{40}|[0-9A-F]{64}", text):
                raise entry.problem(entry.node("gpg"), f"{text[:80]!r} is no fingerprint of a key: 40 digits")
        return found

    def _entry(
        self,
        key: Text,
        node: Node,
        registries: Mapping[str, Registry],
        edits: Mapping[str, tuple[Mapping[str, FieldEdits], TargetEdits]],
    ) -> ManifestEntry:
        section = self._top.section("packs")
        name = PackName(key.value)
        of_all, own = edits.get(name, ({}, {}))
        if isinstance(node, Text):
            alias, pack = self._from_registry(key, registries)
            text = section.as_text(node, key.value)
            pin = self._check(node, lambda: Pin(PinKind.VERSION, text))
            return ManifestEntry(name, alias, pack, pin=pin, choice=Choice(edits=of_all, own_edits=own))
        entry = section.as_section(node, key.value)
        choice = read_choice(entry)._replace(targets=self._targets(entry), edits=of_all, own_edits=own)
        git = entry.node("git")
        if git is None and entry.node("path") is None:
            entry.only_keys(_PACK_KEYS)
            alias, pack = self._from_registry(key, registries)
            return ManifestEntry(name, alias, pack, pin=self._one_pin(entry), choice=choice)
        entry.only_keys(_FOLDER_KEYS if git is None else _OWN_KEYS)
        self._check(key, lambda: check_alias(key.value))
        if git is None:
            return ManifestEntry(name, folder=entry.text("path"), choice=choice)
        url = self._url(git, entry, "git")
        return ManifestEntry(name, git=url, path=self._folder(entry), pin=self._one_pin(entry), choice=choice)

    def _folder(self, entry: Section) -> str:
        """Return the normal path of a pack in its repository, "" for the root."""
        text = entry.text("path") or "."
        tidy = posixpath.normpath(text)
        if tidy == ".":
            return ""
        return self._check(entry.node("path"), lambda: rel_path(tidy))

    def _from_registry(self, key: Text, registries: Mapping[str, Registry]) -> tuple[str, str | None]:
        name = PackName(key.value)
        alias, pack = name.alias, name.pack
        if alias not in registries:
            where = f"say where it is: `registries: {{{alias}: URL}}`"
            hint = nearest(alias, registries.keys()) if registries else where
            raise self._top.problem(key, f"unknown registry {alias!r}", hint=hint)
        if name.has_registry and not pack:
            raise self._top.problem(key, f"{key.value!r} names no pack", hint=f"write {alias}/PACK, or just {alias}")
        return alias, pack or None

    def _one_pin(self, entry: Section) -> Pin:
        given = [name for name in _PINS if entry.node(name) is not None]
        if len(given) != 1:
            what = f"{entry.where} needs exactly one of {', '.join(_PINS)}; found {' and '.join(given) or 'none'}"
            raise entry.problem(None, what, hint='e.g. version: "*"')
        node = entry.node(given[0])
        text = entry.text(given[0]) or ""
        return self._check(node, lambda: Pin(_PINS[given[0]], text))

    def _all_targets(self) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
        """Return the AI tools of the manifest, a list or a mapping, and the residue that is agreed to for each."""
        node = self._top.node("targets")
        if node is None or not self._top.is_section(node):
            if isinstance(node, Items) and (wrong := next(filter(self._top.is_section, node.value), None)) is not None:
                raise self._top.problem(wrong, "a target with `residue` needs `targets` as a mapping", hint=_RESIDUE)
            return self._targets(self._top), {}
        section, residue = self._top.section("targets"), dict[str, tuple[str, ...]]()
        for name, value in section.entries():
            self._known(section, name, name.value)
            is_bare = isinstance(value, Text) and not value.value and value.plain
            options = section.section(name.value) if is_bare else section.as_section(value, name.value)
            options.only_keys(("residue",))
            classes = options.texts("residue")
            for one in classes:
                if one not in CLASSES:
                    hint = nearest(one, CLASSES)
                    raise options.problem(options.node("residue"), f"{one!r} is no class of power", hint=hint)
            if classes:
                residue[name.value] = tuple(sorted(set(classes)))
        return tuple(sorted(name for name, _ in section.pairs())), residue

    def _targets(self, section: Section) -> tuple[str, ...]:
        names = section.texts("targets")
        for name in names:
            self._known(section, section.node("targets"), name)
        return tuple(sorted(set(names)))

    def _known(self, section: Section, node: Node | None, name: str) -> None:
        if name not in self._known_targets:
            raise section.problem(node, f"unknown target {name!r}", hint=nearest(name, self._known_targets))

    def _overrides(self) -> dict[str, tuple[Mapping[str, FieldEdits], TargetEdits]]:
        top = self._top.section("overrides")
        packs = {name: top.as_section(node, name) for name, node in top.pairs()}
        for pack in packs.values():
            for item, node in pack.pairs():
                self._refuse_misspelt(ItemKey(item).kind, pack.as_section(node, item))
        return {name: read_edits(pack) for name, pack in packs.items()}

    def _refuse_misspelt(self, kind: str, fields: Section) -> None:
        for field, value in fields.entries():
            if fields.is_section(value):  # the fields of one AI tool
                self._known(fields, field, field.value)
                self._refuse_misspelt(kind, fields.as_section(value, field.value))
            elif meant := meant_field(kind, field.value):
                what = f"the header of {'an' if kind == 'agent' else 'a'} {kind} has no field {field.value!r}"
                raise fields.problem(field, what, hint=f"did you mean `{meant}`?")

    def _url(self, node: Node, section: Section, key: str) -> GitUrl:
        text = section.as_text(node, key)
        return self._check(node, lambda: parse_git_url(text, base=self._base, allow_http=self._allow_http))

    def _check(self, node: Node | None, make: Callable[[], T]) -> T:
        """Return what `make` returns; give an error of it the place in the file."""
        try:
            return make()
        except AgentsyncError as error:
            raise self._top.problem(node, error.what, hint=error.hint or error.why) from error
        except ValueError as error:
            raise self._top.problem(node, str(error), hint="") from error
