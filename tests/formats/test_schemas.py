"""The JSON Schemas say what the readers say: the same keys, and the same verdict on every shape."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jsonschema import Draft7Validator

from agentsync.commands.schema import schema_text
from agentsync.errors import AgentsyncError, ManifestError
from agentsync.formats import fleet, lock_reader, manifest, policy
from agentsync.formats.git_url import parse_git_url
from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.manifest import parse_manifest
from agentsync.formats.section import read_section
from agentsync.model.grant import CLASSES
from agentsync.model.schemas import SCHEMAS, editor_line, schema_url
from agentsync.packs import pack_file
from agentsync.packs.pack_file import parse_pack_file
from agentsync.registries import registry_file
from agentsync.registries.registry_file import parse_registry_file
from agentsync.targets.all_tools import TOOLS

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DOCUMENTS: Final = {name: json.loads(schema_text(name)) for name in SCHEMAS}
VALID: Final = {name: Draft7Validator(document) for name, document in DOCUMENTS.items()}

GIT: Final = parse_git_url("https://git.acme.example/ai/agents.git")
READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "manifest": lambda text: parse_manifest(text, base="/work", targets=tuple(TOOLS)),
    "lock": parse_lock,
    "registry": lambda text: parse_registry_file(text, name="registry.yaml", git=GIT),
    "pack": lambda text: parse_pack_file(text, name="pack.yaml"),
    "policy": lambda text: policy.read_policy(read_section(text, "policy.yaml", ManifestError)),
    "fleet": lambda text: fleet.parse_fleet(text, name="fleet.yaml", base="/work"),
}

COMMIT: Final = "3f2a91c0b7d5e8f6a4c2d1e0f9b8a7c6d5e4f3a2"
DIGEST: Final = f"sha256:{'0123456789abcdef' * 4}"
POLICY: Final[dict[str, Any]] = {
    "registries": ["https://git.acme.example/*"],
    "deny_grants": ["hook:*", "net"],
    "residue": "deny",
    "require_signature": True,
    "pinned": False,
    "min_age": "7d",
    "hidden_text": {"allow": ["acme/*"]},
    "max_file": "512KiB",
    "max_pack": 1000000,
    "max_files": 300,
    "http_hosts": ["git.local"],
    "linked_folders": ["/home/kim/site/.claude/skills"],
}
# Every key of every file, with a value that is good; the readers take them all.
SAMPLES: Final[dict[str, Any]] = {
    "manifest": {
        "registries": {
            "acme": "https://git.acme.example/ai/agents.git",
            "labs": {
                "git": "../labs",
                "branch": "next",
                "tags": "{pack}-{version}",
                "signers": "signers",
                "gpg": ["A" * 40],
            },
        },
        "packs": {
            "acme/a": "^1.2",
            "acme/b": 1.4,
            "acme/c": {
                "version": "*",
                "only": ["agent:*"],
                "except": ["skill:x"],
                "rename": {"agent:a": "b"},
                "prefix": True,
            },
            "labs": {"branch": "main", "targets": ["codex"]},
            "t": {"git": "https://git.acme.example/x.git", "path": "skills/pdf", "tag": "v1"},
            "u": {"git": "https://git.acme.example/x.git", "commit": COMMIT},
            "mine": {"path": "../my-pack", "prefix": "false"},
        },
        "targets": {"claude-code": {}, "cursor": {"residue": ["net", "mcp"]}, "codex": None},
        "overrides": {
            "acme/a": {"agent:a": {"model": "haiku", "tools": ["Read"], "background": True, "codex": {"model": "o3"}}}
        },
        "policy": POLICY,
    },
    "policy": POLICY,
    "lock": {
        "lockfile": 2,
        "targets": {"claude-code": 1, "codex": 2},
        "packs": {
            "acme/a": {
                **{"version": 1.4, "registry": "https://git.acme.example/r.git", "offer": COMMIT},
                **{"git": "https://git.acme.example/x.git", "ref": "refs/tags/v1.4", "commit": COMMIT},
                **{"tree": COMMIT, "path": "packs/a", "signer": "anna@acme.example", "requested": "^1"},
                **{"only": ["agent:*"], "except": ["skill:x"], "targets": ["codex"], "rename": {"agent:z": "a"}},
                **{"prefix": True, "overrides": {"agent:a": {"model": "o3", "codex": {"model": "o3"}}}},
                **{"declared": {"agents": ["a.md"]}, "inner": ["b"], "refused": ["c.md"], "requires": {"acme/b": "^1"}},
                "items": {
                    "agent:a": {
                        **{"path": "agents/a.md", "name": "z", "header": "strict", "claude_code": "quoted"},
                        **{"grants": ["exec", "read"], "native": {"codex": ".codex/agents/a.toml"}},
                        **{"not_for": ["cursor"], "waits": ["residue:cursor:net"]},
                    }
                },
                "entries": {".mcp.json#/mcpServers/x": DIGEST},
                "files": {".claude/agents/a.md": f"{DIGEST} lf:{DIGEST} +x"},
                "kept": {".claude/agents/a.md": DIGEST, ".claude/agents/b.md": "new"},
                "seal": DIGEST,
            },
            "mine": {"folder": "../my-pack", "tree": COMMIT, "items": {}, "files": {}},
        },
    },
    "registry": {
        "registry": 1,
        "name": "acme",
        "description": "Ours",
        "packs": {
            "a": {
                **{"path": "packs/a", "description": "A", "keywords": ["x"], "tags": "a-{version}"},
                **{"deprecated": True, "yanked": ["1.3.0", 1.4]},
            },
            "b": {"git": "https://git.acme.example/b.git", "deprecated": "use a", "yanked": {"1.3.0": "broken"}},
        },
        "renames": {"old": "a"},
        "checks": {"pack-name": "off"},
        "checks-except": {"pack-name": ["*.md"]},
    },
    "pack": {
        "name": "a",
        "description": "A",
        "requires": {"base": ">=1", "pdf": {"git": "https://git.acme.example/p.git", "pack": "pdf", "version": "^2"}},
        "include": ["agents"],
        "exclude": ["drafts"],
        "checks": {"pack-name": "warning"},
        "checks-except": {"pack-name": ["*.md"]},
    },
}
SAMPLES["fleet"] = {
    "fleet": 1,
    "repositories": ["acme/shop", {"git": "git@host:a/b.git", "branch": "next", "folders": [".", "services/api"]}],
    "lists": ["repositories.txt"],
    "exclude": ["*/archive-*"],
    "policy": "policy.yaml",
    "registries": {"acme": "https://git.acme.example/ai/agents.git"},
}
FEW: Final[tuple[Any, ...]] = (None, "x", {"x": "y"})
MANY: Final[tuple[Any, ...]] = (*FEW, ["x"], [], {}, [["x"]], 3, 1.5, True)

# What a schema does not say, by the reader's words: the names and grammars that it has no word for.
BEYOND: Final = re.compile(
    "unknown registry|is not under `packs`|there is no pack|names no pack|the header of"  # what refers to others
    "|is not a git URL|is not a version|template|is no fingerprint"  # texts with a grammar of their own
)


class _Dumper(yaml.CSafeDumper):
    """YAML in which no value is nothing at all."""


_Dumper.add_representer(type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", ""))


def as_yaml(document: Any) -> str:
    """A document as a person writes it."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def verdicts(name: str, document: Any) -> tuple[str, bool]:
    """What the reader says of a document, "" for nothing, and whether the schema takes it."""
    taken = VALID[name].is_valid(document)
    try:
        READERS[name](as_yaml(document))
    except AgentsyncError as error:
        return f"{error.what} {error.why}", taken
    return "", taken


def changed(document: Any, others: tuple[Any, ...]) -> Iterator[Any]:
    """Every document that another value at one place makes of one, or one key more or less in a mapping."""
    yield from others
    if isinstance(document, list):
        for place, value in enumerate(document):
            yield from ([*document[:place], other, *document[place + 1 :]] for other in changed(value, others))
    if isinstance(document, dict):
        yield {**document, "nonsense": "x"}
        for key, value in document.items():
            yield {name: old for name, old in document.items() if name != key}
            yield from ({**document, key: other} for other in changed(value, others))


def test_keys() -> None:
    """A schema has the keys that its reader takes, all of them described, and is one of draft-07."""

    def keys(name: str, definition: str = "") -> set[str]:
        document = DOCUMENTS[name]
        return set((document["definitions"][definition] if definition else document)["properties"])

    assert keys("manifest") == set(manifest._TOP_KEYS)
    assert keys("manifest", "registry") == set(manifest._REGISTRY_KEYS)
    assert keys("manifest", "pack") == set(manifest._OWN_KEYS)
    assert keys("lock") == {"lockfile", "targets", "packs"}
    assert keys("lock", "pack") == set(lock_reader._PACK_KEYS)
    assert keys("lock", "item") == set(lock_reader._ITEM_KEYS)
    assert keys("registry") == set(registry_file._TOP_KEYS)
    assert keys("registry", "pack") == set(registry_file._PACK_KEYS)
    assert keys("pack") == set(pack_file._KEYS)
    assert keys("pack", "need") == set(pack_file._NEED_KEYS)
    assert keys("fleet") == set(fleet._TOP_KEYS)
    assert keys("fleet", "repository") == set(fleet._REPOSITORY_KEYS)
    assert keys("policy") == keys("manifest", "policy") == set(policy.KEYS)
    known = DOCUMENTS["manifest"]["definitions"]
    assert known["target"]["enum"] == sorted(TOOLS)
    assert known["agreed"]["properties"]["residue"]["items"]["enum"] == list(CLASSES)
    assert known["policy"]["properties"] == DOCUMENTS["policy"]["properties"]
    for name, document in DOCUMENTS.items():
        Draft7Validator.check_schema(document)
        assert document["$id"] == schema_url(name)
    for name in READERS:
        assert [key for key, value in properties(DOCUMENTS[name]) if not value.get("description")] == [], name


def properties(schema: Any) -> Iterator[tuple[str, Any]]:
    """Every property that a schema has, at any depth; not those that only compare keys."""
    if isinstance(schema, dict):
        if schema.get("additionalProperties") is False:
            yield from schema.get("properties", {}).items()
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


@pytest.mark.parametrize("others", [FEW, pytest.param(MANY, marks=pytest.mark.long)], ids=["few", "many"])
@pytest.mark.parametrize("name", READERS)
def test_shapes(name: str, others: tuple[Any, ...]) -> None:
    """What the reader takes the schema takes, and it refuses what the reader refuses for its shape."""
    assert verdicts(name, SAMPLES[name]) == ("", True)
    # The rules of a policy are those of the policy's own file.
    sample = {**SAMPLES[name], "policy": {}} if name == "manifest" else SAMPLES[name]
    refused = 0
    for document in changed(sample, others):
        told, taken = verdicts(name, document)
        if not told:
            assert taken, (document, [error.message for error in VALID[name].iter_errors(document)])
        elif taken:
            assert BEYOND.search(told), (told, document)
        refused += not taken
    assert refused > 30


def in_docs() -> Iterator[tuple[str, str]]:
    """Every text of the documentation and the examples that may be one of the files, and where it is."""
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests/journeys").glob("*.md")):
        for block in re.findall(r"^```ya?ml\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            yield path.name, block
    for path in (*ROOT.glob("*.yaml"), *(ROOT / "examples").rglob("*.yaml")):
        yield path.name, path.read_text(encoding="utf-8")


def in_tests() -> Iterator[tuple[str, str]]:
    """Every text of the tests that may be one of the files, and where it is."""
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and ":" in node.value:
                yield path.name, node.value


@pytest.mark.parametrize("texts", [in_docs, pytest.param(in_tests, marks=pytest.mark.long)])
def test_files(texts: Callable[[], Iterator[tuple[str, str]]]) -> None:
    """Every file in the documentation, the examples and the tests that a reader takes fits its schema."""
    marks = {
        "manifest": r"^(packs|registries|targets|overrides|policy):",
        "lock": "^lockfile:",
        "registry": "^registry:",
        "pack": "^(requires|include|exclude|checks):",
        "fleet": "^fleet:",
        "policy": f"^({'|'.join(policy.KEYS)}):",
    }
    found = dict.fromkeys(marks, 0)
    for where, text in texts():
        for name, mark in marks.items():
            if re.search(mark, text, re.MULTILINE) is None or not is_taken(name, text):
                continue
            with suppress(yaml.YAMLError):
                document = yaml.load(text, yaml.CSafeLoader)
                found[name] += 1
                assert [error.message for error in VALID[name].iter_errors(document)] == [], (where, text)
    assert found["manifest"] > 5 and sum(map(bool, found.values())) > 2, found


def is_taken(name: str, text: str) -> bool:
    """Whether the reader takes a text."""
    try:
        READERS[name](text)
    except (AgentsyncError, ValueError):
        return False
    return True


def test_the_line_for_editors() -> None:
    """Readers pass over the line."""
    for name, sample in SAMPLES.items():
        line = editor_line(name)
        assert line == f"# yaml-language-server: $schema={schema_url(name)}\n"
        assert READERS[name](line + as_yaml(sample)) == READERS[name](as_yaml(sample))
