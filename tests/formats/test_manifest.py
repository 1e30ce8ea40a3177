"""`agentsync.yaml`: what every key means, and where what is wrong is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.errors import ManifestError
from agentsync.formats.manifest import parse_manifest
from agentsync.model.item import DEFAULT_TARGETS, Choice, FieldEdits
from agentsync.model.manifest import Manifest, ManifestEntry, Registry
from agentsync.targets.all_tools import TOOLS
from agentsync.versions.requirement import Pin, PinKind

COMMIT = "3f2a91c0" * 5
EXAMPLE = f"""\
registries:                                  # alias: git URL (https, ssh, git@host:..., file://, a path) or a shorthand
  acme: https://git.acme.example/ai/agents.git
  community: github:VoltAgent/awesome-claude-code-subagents      # also gitlab:, bitbucket:, codeberg:
  labs: {{ git: ../labs-agents, branch: main }}                  # branch whose registry.yaml counts; default HEAD
packs:                                       # alias/pack: a version range, or a mapping
  acme/python-backend: ">=1.2,<2"            # PEP 440 ranges; also ^1.2  ~1.2  1.x  1.4.2 (exactly)  "*"
  acme/security: {{ version: ^2, only: ["agent:auditor", "skill:pentest-*"] }}     # a choice of items (globs)
  acme/docs: {{ version: "*", targets: [claude-code], rename: {{ "agent:writer": acme-writer }} }}
  acme/backend: {{ version: "*", prefix: true }}                 # files become backend--NAME.md, `name:` stays
  community/core-dev: {{ branch: main }}       # follow a branch: locked to its commit
  community/debugger: {{ commit: {COMMIT} }} # or tag: v1.2.0
  scratch: {{ path: ../my-pack }}              # a folder on disk, for authors; locked by content
  tdd: {{ git: github:obra/superpowers, tag: v5.1.0, path: skills/test-driven-development }}   # without a registry
targets: [claude-code]                       # default: claude-code
overrides:                                   # declared header changes, applied to the installed copy, kept on update
  acme/python-backend:
    agent:fastapi-expert: {{ model: haiku, tools: [Read, Grep] }}
"""


def parse(text: str, base: str = "/home/me/project") -> Manifest:
    """A manifest for the AI tools that there are."""
    return parse_manifest(text, base=base, targets=tuple(TOOLS))


def wish(manifest: Manifest, key: str) -> ManifestEntry:
    """One entry of `packs`."""
    return next(wish for wish in manifest.packs if wish.key == key)


def pin(kind: str, text: str) -> Pin:
    """Short for a pin."""
    return Pin(PinKind(kind), text)


@pytest.fixture(scope="module")
def example() -> Manifest:
    """A manifest with one of everything."""
    return parse(EXAMPLE)


def test_registries(example: Manifest) -> None:
    """URLs, shorthands, paths from the manifest's folder, a branch."""
    assert list(example.registries) == ["acme", "community", "labs"]
    assert example.registries["acme"].git.text == "https://git.acme.example/ai/agents.git"
    assert example.registries["community"].git.location == (
        "https://github.com/VoltAgent/awesome-claude-code-subagents.git"
    )
    labs = example.registries["labs"]
    assert (labs.git.text, labs.git.location, labs.branch) == ("../labs-agents", "/home/me/labs-agents", "main")
    assert example.registries["acme"].branch is None


def test_packs(example: Manifest) -> None:
    """In the order of the file, each with where from and which."""
    assert [(wish.key, wish.registry, wish.pack, wish.pin) for wish in example.packs] == [
        ("acme/python-backend", "acme", "python-backend", pin("version", ">=1.2,<2")),
        ("acme/security", "acme", "security", pin("version", "^2")),
        ("acme/docs", "acme", "docs", pin("version", "*")),
        ("acme/backend", "acme", "backend", pin("version", "*")),
        ("community/core-dev", "community", "core-dev", pin("branch", "main")),
        ("community/debugger", "community", "debugger", pin("commit", COMMIT)),
        ("scratch", None, None, None),
        ("tdd", None, None, pin("tag", "v5.1.0")),
    ]


def test_packs_without_a_registry(example: Manifest) -> None:
    """A folder on disk, and a folder of a repository."""
    scratch, tdd = wish(example, "scratch"), wish(example, "tdd")
    assert (scratch.folder, scratch.git) == ("../my-pack", None)
    assert tdd.git is not None and tdd.git.text == "https://github.com/obra/superpowers.git"
    assert (tdd.path, tdd.folder) == ("skills/test-driven-development", None)


def test_choices(example: Manifest) -> None:
    """The choice of items: tools, names and headers."""
    assert wish(example, "acme/security").choice == Choice(only=("agent:auditor", "skill:pentest-*"))
    assert wish(example, "acme/docs").choice == Choice(targets=("claude-code",), rename={"agent:writer": "acme-writer"})
    assert wish(example, "acme/backend").choice == Choice(prefix=True)
    edits: dict[str, FieldEdits] = {"agent:fastapi-expert": {"model": "haiku", "tools": ("Read", "Grep")}}
    assert wish(example, "acme/python-backend").choice == Choice(edits=edits)


def test_targets_and_repositories(example: Manifest) -> None:
    """The manifest returns every repository that it names."""
    assert example.targets == ("claude-code",)
    assert [url.repository_name for url in example.repositories()] == [
        *("agents", "awesome-claude-code-subagents", "labs-agents", "superpowers")
    ]


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "packs:\nregistries:\n", "packs: {}\ntargets: []\n"])
def test_an_empty_manifest(text: str) -> None:
    """It asks for nothing, for the default tool."""
    assert parse(text) == Manifest({}, (), DEFAULT_TARGETS)


def test_an_alias_alone() -> None:
    """The one pack of a registry."""
    found = wish(parse("registries: {tdd: ../tdd}\npacks: {tdd: '*'}\n"), "tdd")
    assert (found.registry, found.pack) == ("tdd", None)


def test_a_path_of_dots() -> None:
    """The whole of a repository."""
    assert wish(parse("packs: {x: {git: /x, path: ., version: '1'}}"), "x").path == ""
    assert wish(parse("packs: {x: {git: /x, path: a/b/, version: '1'}}"), "x").path == "a/b"


REGISTRY = "registries: {acme: ../acme}\n"


@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        ("pakcs: {}\n", "line 1, column 1: unknown key 'pakcs'", "did you mean `packs`?"),
        ("packs: {}\nregistry: {}\n", "line 2, column 1: unknown key 'registry'", "did you mean `registries`?"),
        ("packs: []\n", "line 1, column 8: packs must be a mapping", "a manifest is"),
        ("registries: [a]\n", "line 1, column 13: registries must be a mapping", "a manifest is"),
        ("registries: {acme: [1]}\n", "line 1, column 20: registries.acme must be a mapping", "a manifest is"),
        ("registries: {acme: {branch: x}}\n", "line 1, column 20: registries.acme needs `git: URL`", "a manifest is"),
        ("registries: {acme: {git: /x, brunch: x}}\n", "line 1, column 30: unknown key 'brunch' in registries.acme",
         "did you mean `branch`?"),
        ("registries: {-a: /x}\n", "line 1, column 14: '-a' cannot be an alias", ""),
        ("registries:\n  acme: ext::sh -c true\n", "line 2, column 9: a URL of the form 'x::y' is refused", ""),
        ("registries:\n  acme: owner/repo\n", "line 2, column 9: ", "github:owner/repo"),
        ("registries: {acme: }\n", "line 1, column 20: registries.acme has no value", "a manifest is"),
        (REGISTRY + "packs:\n  acmee/x: '1'\n", "line 3, column 3: unknown registry 'acmee'", "did you mean `acme`?"),
        ("packs:\n  acme/x: '1'\n", "line 2, column 3: unknown registry 'acme'", "`registries: {acme: URL}`"),
        (REGISTRY + "packs: {acme/: '1'}\n", "line 2, column 9: 'acme/' names no pack", "write acme/PACK"),
        (REGISTRY + "packs: {acme/x: }\n", "line 2, column 17: packs.acme/x has no value", "a manifest is"),
        (REGISTRY + "packs: {acme/x: {}}\n", "line 2, column 17: packs.acme/x needs exactly one of version, tag",
         'version: "*"'),
        (REGISTRY + "packs: {acme/x: {tag: a, branch: b}}\n", "found tag and branch", 'version: "*"'),
        (REGISTRY + "packs: {acme/x: '>=x'}\n", "line 2, column 17: ", ""),
        (REGISTRY + "packs: {acme/x: {commit: 3f2a91c}}\n", "line 2, column 26: '3f2a91c' is not a whole commit id",
         ""),
        (REGISTRY + "packs: {acme/x: {branch: a..b}}\n", "line 2, column 26: ", ""),
        (REGISTRY + "packs: {acme/x: {versoin: '1'}}\n", "line 2, column 18: unknown key 'versoin' in packs.acme/x",
         "did you mean `version`?"),
        (REGISTRY + "packs: {acme/x: {version: '1', path: a}}\n", "line 2, column 18: unknown key 'version'", ""),
        (REGISTRY + "packs: {acme/x: {version: '1', only: a}}\n", "line 2, column 38: packs.acme/x.only must be a list",
         "a manifest is"),
        (REGISTRY + "packs: {acme/x: {version: '1', prefix: 1}}\n",
         "line 2, column 40: packs.acme/x.prefix must be true or false", "a manifest is"),
        (REGISTRY + "packs: {acme/x: {version: '1', rename: [a]}}\n",
         "line 2, column 40: packs.acme/x.rename must be a mapping", "a manifest is"),
        (REGISTRY + "packs: {acme/x: {version: '1', targets: [claude]}}\n", "unknown target 'claude'",
         "did you mean `claude-code`?"),
        ("packs: {s: {path: a, version: '1'}}\n", "line 1, column 22: unknown key 'version' in packs.s", ""),
        ("packs: {s: {git: 'x y', version: '1'}}\n", "line 1, column 18: ", ""),
        ("packs: {a/b: {git: /x, version: '1'}}\n", "line 1, column 9: 'a/b' cannot be an alias", ""),
        ("targets: claude-code\n", "line 1, column 10: targets must be a list, e.g. [a, b]", "a manifest is"),
        ("targets: [codex: {residue: [mcp]}]\n", "line 1, column 11: a target with `residue` needs `targets`",
         "no `- ` and no `[ ]` around it"),
        ("targets: [claud-code]\n", "line 1, column 10: unknown target 'claud-code'", "did you mean `claude-code`?"),
        (REGISTRY + "packs: {acme/xyz: '1'}\noverrides: {acme/xzy: {}}\n",
         "line 3, column 13: overrides for 'acme/xzy', which is not under `packs`", "did you mean `acme/xyz`?"),
        (REGISTRY + "packs: {acme/x: '1'}\noverrides: {acme/x: {agent:a: [b]}}\n",
         "line 3, column 31: overrides.acme/x.agent:a must be a mapping", "a manifest is"),
        (REGISTRY + "packs: {acme/x: '1'}\noverrides: {acme/x: {agent:a: {model: {b: c}}}}\n",
         "line 3, column 32: unknown target 'model'", ""),
        (REGISTRY + "packs: {acme/x: '1'}\noverrides: {acme/x: {agent:a: {claud-code: {model: b}}}}\n",
         "line 3, column 32: unknown target 'claud-code'", "did you mean `claude-code`?"),
        (REGISTRY + "packs: {acme/x: '1'}\noverrides: {acme/x: {agent:a: {claude-code: {modle: b}}}}\n",
         "the header of an agent has no field 'modle'", "did you mean `model`?"),
        ("targets: {claud-code: {}}\n", "line 1, column 11: unknown target 'claud-code'",
         "did you mean `claude-code`?"),
        ("targets: {claude-code: {residu: [mcp]}}\n", "unknown key 'residu' in targets.claude-code",
         "did you mean `residue`?"),
        ("targets: {claude-code: {residue: [mpc]}}\n", "'mpc' is no class of power", "did you mean `mcp`?"),
        ("a: 1\na: 2\n", "line 2, column 1: duplicate key 'a'", "a manifest is"),
        ("packs: {x: *y}\n", "line 1, column 12: aliases", "a manifest is"),
        ("- packs\n", "line 1, column 1: expected `key: value` lines", "a manifest is"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(text: str, told: str, hint: str) -> None:
    """File, line, column, what was expected, and the nearest that is right."""
    with pytest.raises(ManifestError) as caught:
        parse(text)
    assert caught.value.what.startswith("agentsync.yaml, line ")
    assert told in caught.value.what
    assert hint in caught.value.hint


def test_the_name_in_messages() -> None:
    """Of the user's own manifest, which is somewhere else."""
    with pytest.raises(ManifestError, match=r"^~/x\.yaml, line 1"):
        parse_manifest("x: 1", name="~/x.yaml", targets=())


def test_a_password_is_not_told() -> None:
    """In no message."""
    with pytest.raises(ManifestError) as caught:
        parse("registries: {acme: 'https://me:hunter2@host.example:x/a.git'}\n")
    assert "hunter2" not in f"{caught.value.what} {caught.value.why} {caught.value.hint}"


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 30), st.text("{}[]:,#'\"&*!| \n\0ab0é/@", max_size=4))))
def test_no_text_is_a_bug(changes: list[tuple[int, int, str]]) -> None:
    """A manifest with anything cut out and put in is read or refused."""
    text = EXAMPLE
    for place, length, other in changes:
        text = text[:place] + other + text[place + length :]
    try:
        manifest = parse(text)
    except ManifestError as error:
        assert error.what.startswith("agentsync.yaml, line ")
        return
    assert all(isinstance(registry, Registry) for registry in manifest.registries.values())


@pytest.mark.parametrize("path", ["./skills/tdd", "skills/./tdd", "skills//tdd"])
def test_a_path_is_tidied_up(path: str) -> None:
    """However a person writes it, the lock has it in one form."""
    manifest = parse(f"packs: {{x: {{git: /x, path: {path}, version: '1'}}}}")
    assert wish(manifest, "x").path == "skills/tdd"


@pytest.mark.parametrize("path", ["../x", "a/../../x", "a\\b", "/etc"])
def test_a_path_that_leaves_its_repository(path: str) -> None:
    """A mistake of the manifest, told with its place."""
    with pytest.raises(ManifestError):
        parse(f"packs: {{x: {{git: /x, path: '{path}', version: '1'}}}}")
