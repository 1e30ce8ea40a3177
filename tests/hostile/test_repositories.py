"""Hostile repositories: trees, refs, sizes, configuration, and what their lists of packs say."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Final

import pytest

from tests.cli.http_server import serving
from tests.cli.packs import agent
from tests.git_registry import Files, GitRegistry
from tests.hostile.machine import GOOD, HONEST, INSTALLED, Case, Machine, judge
from tests.hostile.raw_git import RawRepository, Row

MIB: Final = 1024 * 1024
ONE: Final = frozenset((".claude/agents/good.md",))
FROZEN: Final = ("install", "--frozen")
Build = Callable[[RawRepository], str]


def _tree(name: str, rows: Callable[[RawRepository], list[Row]], says: str, *, quick: bool = False) -> Case:
    """A tree that git would not build, in the place of `agents/`."""

    def build(machine: Machine) -> None:
        raw = machine.raw()
        agents = raw.tree(rows(raw))
        raw.tag("v1.0.0", raw.commit(raw.tree([("40000", b"agents", agents)])))

    return Case(name, build, says, quick=quick)


def _named(entry: bytes, mode: str = "100644") -> Callable[[RawRepository], list[Row]]:
    def rows(raw: RawRepository) -> list[Row]:
        oid = raw.blob(GOOD) if mode.startswith("1") else raw.files({"x": "x"})
        return [(mode, entry, oid)]

    return rows


def _twice(raw: RawRepository) -> list[Row]:
    return [("120000", b"d", raw.blob("../../..")), ("40000", b"d", raw.files({"x.md": GOOD}))]


TREES: Final = [
    _tree("a way up", _named(b"..", "40000"), r"why: .*contains '\.\.'", quick=True),
    _tree("a way to itself", _named(b".", "40000"), r"why: .*contains '\.'"),
    _tree("git's own folder", _named(b".git", "40000"), r"why: .*contains '\.git'"),
    _tree("git's own folder in capitals", _named(b".GIT", "40000"), r"why: .*contains '\.git'"),
    _tree("git's own folder on Windows", _named(b"git~1", "40000"), r"why: .*contains '\.git'"),
    _tree("git's own folder on a Mac", _named(b".g\xe2\x80\x8cit", "40000"), r"why: .*contains '\.git'"),
    _tree("a path in a name", _named(b"../../x.md"), "why: .*contains full pathnames", quick=True),
    _tree("an absolute path", _named(b"/tmp/x.md"), "why: .*contains full pathnames"),
    _tree("an empty name", _named(b""), "why: .*empty filename in tree entry"),
    _tree("a link and a folder of one name", _twice, "why: .*contains duplicate file entries"),
    _tree("modules behind a link", lambda raw: [("120000", b".gitmodules", raw.blob("x"))], "why: .*gitmodules"),
    _tree("a folder that is a file", lambda raw: [("40000", b"x", raw.blob(GOOD))], "^error: .*acme"),
]


def _not_utf8(machine: Machine) -> None:
    raw = machine.raw()
    scripts = raw.tree([("100644", b"a\xff.md", raw.blob("x"))])
    skill = raw.tree([("100644", b"SKILL.md", raw.blob(HONEST["skills/pdf/SKILL.md"])), ("40000", b"s", scripts)])
    skills = raw.tree([("40000", b"pdf", skill)])
    rows = [("40000", b"agents", raw.files({"good.md": GOOD})), ("40000", b"skills", skills)]
    raw.tag("v1.0.0", raw.commit(raw.tree(rows)))


def _setuid(machine: Machine) -> None:
    raw = machine.raw()
    skill = raw.tree(
        [("100644", b"SKILL.md", raw.blob(HONEST["skills/pdf/SKILL.md"])), ("104755", b"x", raw.blob("x"))]
    )
    rows = [("40000", b"agents", raw.files({"good.md": GOOD}))]
    rows.append(("40000", b"skills", raw.tree([("40000", b"pdf", skill)])))
    raw.tag("v1.0.0", raw.commit(raw.tree(rows)))


def _tree_bomb(machine: Machine) -> None:
    raw = machine.raw()
    tree = raw.files({f"{number}.md": "x" for number in range(10)})
    for _ in range(10):
        tree = raw.tree(("40000", f"d{number}".encode(), tree) for number in range(10))
    raw.tag("v1.0.0", raw.commit(tree))


def _deep(machine: Machine) -> None:
    raw = machine.raw()
    tree = raw.files({"x.md": GOOD})
    for _ in range(3000):
        tree = raw.tree([("40000", b"agents", tree)])
    raw.tag("v1.0.0", raw.commit(tree))


def _many(where: str) -> Callable[[Machine], None]:
    def build(machine: Machine) -> None:
        raw = machine.raw()
        many = {f"{where}/{number:05}.txt": "x" for number in range(50_000)}
        raw.tag("v1.0.0", raw.commit(raw.files({**HONEST, **many})))

    return build


def _as_many_as_possible(machine: Machine) -> None:
    """A tree whose listing is just within the bounds."""
    raw = machine.raw()
    empty = raw.blob("")
    data = raw.tree(("100644", f"{number:06}.txt".encode(), empty) for number in range(235_000))
    agents = raw.files({"good.md": GOOD})
    raw.tag("v1.0.0", raw.commit(raw.tree([("40000", b"agents", agents), ("40000", b"data", data)])))


def _many_refs(count: int) -> Callable[[Machine], None]:
    def build(machine: Machine) -> None:
        raw = machine.raw()
        commit = raw.commit(raw.files(HONEST))
        raw.tag("v1.0.0", commit)
        with (raw.path / "packed-refs").open("a") as refs:
            refs.writelines(f"{commit} refs/tags/x{number:06}\n" for number in range(count))

    return build


def _huge(path: str, size: int = 100 * MIB) -> Callable[[Machine], None]:
    def build(machine: Machine) -> None:
        raw = machine.raw()
        raw.tag("v1.0.0", raw.commit(raw.files({**HONEST, path: agent("huge").encode() + b"x" * size})))

    return build


def _delta(times: int) -> Callable[[Machine], None]:
    """A few hundred bytes that git unfolds to as many MiB."""

    def build(machine: Machine) -> None:
        raw = machine.raw()
        bomb = raw.pack_delta(b"x" * MIB, times)
        rows = [("100644", b"bomb.md", bomb), ("100644", b"good.md", raw.blob(GOOD))]
        raw.tag("v1.0.0", raw.commit(raw.tree([("40000", b"agents", raw.tree(rows))])))

    return build


def _heavy(machine: Machine) -> None:
    raw = machine.raw()
    heavy = {f"skills/pdf/{number}": bytes([number]) * MIB for number in range(66)}
    raw.tag("v1.0.0", raw.commit(raw.files({**HONEST, **heavy})))


SIZES: Final = [
    Case("a name that is not UTF-8", _not_utf8, "^note: .*it is not UTF-8", 0, installed=INSTALLED),
    Case("setuid", _setuid, "^wrote .*skills/pdf/x$", 0, installed=INSTALLED | {".claude/skills/pdf/x"}),
    Case("a bomb of trees", _tree_bomb, "^error: .*names more files than are looked at", quick=True),
    Case("a deep tree", _deep, "^error: "),
    Case("50,000 files in a skill", _many("skills/pdf"), "why: 50,001 files, more than 5,000|why: 50,002 files"),
    Case("50,000 files elsewhere", _many("data"), "^wrote .*good.md$", 0, installed=INSTALLED),
    Case(
        "235,000 files", _as_many_as_possible, "^wrote .*good.md$", 0, installed=frozenset((".claude/agents/good.md",))
    ),
    Case("130,000 tags", _many_refs(130_000), "^wrote .*good.md$", 0, installed=INSTALLED),
    Case("200,000 tags", _many_refs(200_000), "^error: .*names more branches and tags than are looked at"),
    Case("a huge agent", _huge("agents/huge.md"), "^note: .*huge.md .*larger than 1 MiB", 0, installed=INSTALLED),
    Case("a huge file of a skill", _huge("skills/pdf/h"), "^note: .*larger than 1 MiB", 0, installed=INSTALLED),
    Case("a file beyond all bounds", _huge("agents/huge.md", 300 * MIB), "^error: .*delivers more than is unpacked"),
    Case("a delta of 100 MiB", _delta(100), "^note: .*bomb.md .*larger than 1 MiB", 0, installed=ONE),
    Case("a delta of 250 MiB", _delta(250), "^error: .*acme.git delivers more than is unpacked"),
    Case("a delta of 1 GiB", _delta(1024), "^error: .*acme.git delivers more than is unpacked"),
    Case("a huge registry.yaml", _huge("registry.yaml"), "why: registry.yaml has .* more than 4 MiB"),
    Case("a huge pack.yaml", _huge("pack.yaml"), "why: pack.yaml has .* more than 4 MiB"),
    Case("a pack of 66 MiB", _heavy, "why: .* bytes, more than 64 MiB"),
]


def _listed(name: str, path: str, text: str, says: str, *, quick: bool = False, exit: int = 3) -> Case:
    """A repository whose list of packs is hostile."""
    installed = INSTALLED if not exit else frozenset()
    return Case(name, lambda machine: machine.honest({path: text}), says, exit, installed=installed, quick=quick)


def _pack(facts: str) -> str:
    return f"registry: 1\npacks:\n  acme: {{{facts}}}\n"


MARKET: Final = ".claude-plugin/marketplace.json"
LISTS: Final = [
    _listed(
        "a bomb", "registry.yaml", "a: &a [x]\nb: [*a, *a]\n", r"registry\.yaml.*line 1, column 4: anchors", quick=True
    ),
    _listed("a tag", "registry.yaml", "registry: !!python/name:os.system\n", "line 1, column 11: the tag .*"),
    _listed("depth", "registry.yaml", "a: " + "[" * 100_000, "line 1, column .*nested deeper than 32"),
    _listed("twice", "registry.yaml", "registry: 1\nregistry: 1\n", "line 2, column 1: duplicate key"),
    _listed("two documents", "registry.yaml", "registry: 1\n---\nregistry: 1\n", "line 2, column 1: a second document"),
    _listed(
        "out of the repository", "registry.yaml", _pack("path: ../../x"), r"line 3, column .*unsafe path", quick=True
    ),
    _listed("a command", "registry.yaml", _pack("git: 'ext::sh -c x'"), r"line 3, column .*'x::y' is refused"),
    _listed("an option", "registry.yaml", _pack("git: --upload-pack=x"), "line 3, column .*starts with '-'"),
    _listed("plain http", "registry.yaml", _pack("git: 'http://x.example/y'"), "line 3, column .*plain http"),
    _listed("deep JSON", MARKET, '{"plugins": ' + "[" * 100_000, "note: not offered: .*deeper than 64", exit=0),
    _listed("keys twice", MARKET, '{"plugins": [], "plugins": []}', "note: not offered: .*duplicate key", exit=0),
    _listed("no number", MARKET, '{"plugins": [], "x": NaN}', "note: not offered: .*NaN is no JSON number", exit=0),
    _listed("large digits", MARKET, '{"plugins": [], "x": ' + "9" * 100_000 + "}", "note: not offered: .*", exit=0),
    _listed("values without number", "registry.yaml", "a: [" + "x," * 500_000, "line 1, .*more than 250,000 values"),
    _listed("needs of a bomb", "pack.yaml", "requires: &a [*a]\n", r"pack\.yaml.*line 1, column 11: anchors"),
]


def _options(machine: Machine) -> None:
    raw = machine.raw()
    commit = raw.commit(raw.files(HONEST))
    for name in (f"--upload-pack={machine.trap}", "-v2.0.0", "v3.0.0:refs/heads/x", "v4.0.0\x1b[31m", "@{-1}"):
        raw.tag(name, commit)
    raw.tag("v1.0.0", commit)
    raw.ref(f"refs/heads/--exec={machine.trap}", commit)


def _head(machine: Machine) -> None:
    _options(machine)
    (machine.root / "srv/acme.git/HEAD").write_text(f"ref: refs/heads/--exec={machine.trap}\n")


def _ambiguous(machine: Machine) -> None:
    registry = machine.honest()
    registry.publish(None, {"agents/evil.md": agent("evil")}, branch="v1.0.0")
    registry.add_branch(registry.git("rev-parse", "refs/tags/v1.0.0"), "refs/heads/v1.0.0")


def _wrong_bytes(machine: Machine) -> None:
    raw = machine.raw()
    raw.tag("v1.0.0", raw.commit(raw.files(HONEST)))
    raw.write("blob", b"evil", oid=raw.blob(GOOD))


def _replaced(machine: Machine) -> None:
    registry = machine.honest()
    first = registry.git("rev-parse", "v1.0.0")
    evil = registry.publish(None, {"agents/evil.md": agent("evil")}, branch="evil")
    registry.git("update-ref", f"refs/replace/{first}", evil)


def _alternates(machine: Machine) -> None:
    private = RawRepository(machine.home / "private.git")
    tree = private.files({"agents/private.md": agent("private")})
    raw = machine.raw()
    (raw.path / "objects/info").mkdir()
    (raw.path / "objects/info/alternates").write_text(f"{private.path}/objects\n")
    raw.tag("v1.0.0", raw.commit(raw.files(HONEST)))
    assert tree


def _promisor(machine: Machine) -> None:
    raw = machine.raw()
    tree = raw.files(HONEST)
    raw.tag("v1.0.0", raw.commit(tree))
    missing = raw.blob(GOOD)
    (raw.path / "objects" / missing[:2] / missing[2:]).unlink()
    settings = (
        f'[extensions]\n\tpartialClone = origin\n[remote "origin"]\n\turl = {raw.path}\n\tuploadpack = {machine.trap}\n'
    )
    with (raw.path / "config").open("a") as config:
        config.write(f"{settings}\tpromisor = true\n\tpartialclonefilter = blob:none\n")


def _configured(machine: Machine) -> None:
    registry = machine.honest({".gitattributes": "* filter=evil diff=evil export-subst ident eol=crlf\n"})
    hooks = registry.path / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "pre-upload", "post-upload-pack", "reference-transaction", "update", "proc-receive"):
        (hooks / name).symlink_to(machine.trap)
    with (registry.path / "config").open("a") as config:
        config.write(
            f"[uploadpack]\n\tpackObjectsHook = {machine.trap}\n[core]\n\tfsmonitor = {machine.trap}\n"
            f"\tsshCommand = {machine.trap}\n\talternateRefsCommand = {machine.trap}\n\tgitProxy = {machine.trap}\n"
            f'[filter "evil"]\n\tsmudge = {machine.trap}\n\tprocess = {machine.trap}\n\trequired = true\n'
            f'[diff "evil"]\n\tcommand = {machine.trap}\n\ttextconv = {machine.trap}\n'
        )


def _no_object(machine: Machine) -> None:
    raw = machine.raw()
    tree = raw.tree([("40000", b"agents", raw.tree([("100644", b"a.md", "1" * 40)]))])
    raw.tag("v1.0.0", raw.commit(tree))


def _installed_first(machine: Machine) -> GitRegistry:
    registry = machine.honest()
    assert machine.run("install").exit == 0
    return registry


def _moved(machine: Machine) -> None:
    registry = _installed_first(machine)
    registry.move_tag("v1.0.0", registry.publish(None, {"agents/good.md": agent("good", "Evil\n")}))


def _moved_and_forgotten(machine: Machine) -> None:
    """All that is left is the lock: no cache, no files, and a tag that names something else by now."""
    _moved(machine)
    shutil.rmtree(machine.cache)
    shutil.rmtree(machine.project / ".claude")


def _deleted(machine: Machine) -> None:
    registry = _installed_first(machine)
    registry.delete_tag("v1.0.0")
    shutil.rmtree(machine.cache)
    shutil.rmtree(machine.project / ".claude")


def _rewritten(machine: Machine) -> None:
    """The locked commit is gone for good, and another one has its tag."""
    _installed_first(machine)
    shutil.rmtree(machine.root / "srv/acme.git")
    machine.honest({"agents/evil.md": agent("evil")})
    shutil.rmtree(machine.cache)
    shutil.rmtree(machine.project / ".claude")


REFS: Final = [
    Case("a moved tag", _moved, "^moved tag", 3, ("drift", "--upstream"), INSTALLED, quick=True),
    Case("a moved tag, not asked for", _moved, "^1 pack, 2 files: .*", 0, installed=INSTALLED),
    Case("a moved tag and an update", _moved, "moved", 3, ("update",), INSTALLED),
    Case("a moved tag and no cache", _moved_and_forgotten, "^wrote .*good.md", 0, FROZEN, INSTALLED),
    Case("a deleted tag", _deleted, "^wrote .*good.md", 0, FROZEN, INSTALLED),
    Case("a history that was rewritten", _rewritten, "^error: .*does not deliver commit", 3, FROZEN),
    Case("names like options", _options, "^locked +acme/acme 1.0.0$", 0, installed=INSTALLED, quick=True),
    Case("a default branch like an option", _head, "^locked +acme/acme 1.0.0$", 0, installed=INSTALLED),
    Case("a branch like a tag", _ambiguous, "^locked +acme/acme 1.0.0$", 0, installed=INSTALLED),
    Case("an object with other bytes", _wrong_bytes, "^error: .*acme"),
    Case("an object that no one has", _no_object, "^error: .*acme"),
    Case("a replaced commit", _replaced, "^locked +acme/acme 1.0.0$", 0, installed=INSTALLED, quick=True),
    Case("objects of another repository", _alternates, "^locked +acme/acme 1.0.0$", 0, installed=INSTALLED),
    Case("objects from a program", _promisor, "^error: .*acme"),
    Case("hooks, filters and programs", _configured, "^locked +acme/acme 1.0.0$", 0, installed=INSTALLED, quick=True),
]


def _described(machine: Machine) -> None:
    facts = 'path: ".", description: "x \\e]0;owned\\a \\u202e y", deprecated: "\\e[31mred"'
    machine.honest({"registry.yaml": _pack(facts)})


def _confused(machine: Machine) -> None:
    files: Files = {"registry.yaml": "registry: 1\npacks:\n  acme: {path: .}\n"}
    machine.honest({**files, "pack.yaml": f"requires: {{demo: {{git: {machine.root.as_uri()}/srv/public.git}}}}\n"})


def _two_of_one_name(machine: Machine) -> None:
    for name in ("corp", "public"):
        raw = RawRepository(machine.root / "srv" / f"{name}.git")
        raw.tag("v99.0.0" if name == "public" else "v1.0.0", raw.commit(raw.files(HONEST)))
    urls = "".join(f"  {name}: {machine.root.as_uri()}/srv/{name}.git\n" for name in ("corp", "public"))
    machine.write("agentsync.yaml", f"registries:\n{urls}packs:\n  demo: '*'\n")


WORDS: Final = [
    Case(
        "escapes in descriptions",
        _described,
        r"\\x1b\]0;owned\\x07 \\u202e",
        0,
        ("search", "owned", "--refresh"),
        quick=True,
    ),
    Case("escapes in warnings", _described, r"^note: .*deprecated: \\x1b\[31mred$", 0, installed=INSTALLED),
    Case("a need from nowhere", _confused, "^error: .*requires demo of a registry that agentsync.yaml does not list"),
    Case("a name without a registry", _two_of_one_name, "^error: .*unknown registry 'demo'", 2),
]


@pytest.mark.parametrize("case", [*TREES, *SIZES, *LISTS, *REFS, *WORDS], ids=lambda case: case.name.replace(" ", "-"))
def test_repository(machine: Machine, case: Case) -> None:
    """Refused, or taken as if nothing were."""
    judge(machine, case)


@pytest.mark.parametrize("where", ["file://{home}/private.git", "{home}/private.git"])
@pytest.mark.parametrize("kind", ["registry", "marketplace"])
@pytest.mark.slow
def test_a_remote_that_names_a_path_here(machine: Machine, where: str, kind: str) -> None:
    """What lies on this machine is nothing that a registry elsewhere may name."""
    private = RawRepository(machine.home / "private.git")
    private.tag("v1.0.0", private.commit(private.files({"agents/private.md": agent("private")})))
    url = where.format(home=machine.home)
    market = f'{{"name": "m", "plugins": [{{"name": "acme", "source": {{"source": "url", "url": "{url}"}}}}]}}'

    def build(machine: Machine) -> None:
        machine.honest({"registry.yaml": _pack(f"git: '{url}'")} if kind == "registry" else {MARKET: market})
        machine.ask(f"{server}/acme.git", 'acme/acme: "*"')

    with serving(machine.root / "srv") as server:
        says = "^error: .*on this machine" if kind == "registry" else "^note: .*on this machine"
        exit = 3 if kind == "registry" else 0
        judge(machine, Case(where, build, says, exit, installed=frozenset() if exit else INSTALLED))
