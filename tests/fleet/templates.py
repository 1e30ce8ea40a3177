"""Projects of every standing, installed by agentsync itself; each is made once, and `copies.py` makes many of it.

templates = fleet_templates(sandbox)     # a second or two
templates.registries                     # what `registries` of a fleet.yaml is: alias to URL
templates.policy                         # the policy that `policy` repositories are against
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.model.fleet import FleetStanding
from tests.git_registry import File, GitRegistry
from tests.sandbox import Sandbox

TOOLS: Final = "[claude-code, codex, cursor, gemini, copilot, opencode, zed]"
POLICY: Final = "deny_grants: [net]\n"
_AGENT: Final = "---\nname: {}\ndescription: Helps with {}.\ntools: {}\n---\n{}\n"
_SERVER: Final = '{"mcpServers": {"orders": {"command": "npx", "args": ["-y", "orders-mcp@1.0.0"]}}}\n'
_STYLE: Final = "---\ndescription: How we write.\n---\nBe brief.\n"


class Template(NamedTuple):
    """The tree of a repository.

    Args:
        name: says what is special, such as `drift-entry`; its repositories are named after it.
        standing: what a fleet says of it, with the registries and the policy of the templates.
        files: its files by path; none for a repository without a commit.
        folders: the folders of its projects.
    """

    name: str
    standing: FleetStanding
    files: Mapping[str, File]
    folders: tuple[str, ...] = (".",)


class Templates(NamedTuple):
    """All templates, and what they are held against.

    Args:
        all: one template or several for each standing that does not depend on the server.
        registries: the registries by alias; `acme` has pack `acme/review`, `net`, `tools` and `moving` have one each.
        policy: the text of a policy file.
    """

    all: tuple[Template, ...]
    registries: Mapping[str, GitRegistry]
    policy: str = POLICY

    def named(self, name: str) -> Template:
        """Return one template."""
        return next(one for one in self.all if one.name == name)


class _Workshop:
    """Where templates are made."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.registries = {name: GitRegistry(sandbox.root / "srv" / f"{name}.git") for name in _RELEASES}
        self.made: list[Template] = []

    def install(self, name: str, *packs: str, tools: str = "[claude-code]", at: str = ".") -> Path:
        """Install packs in a new project, or in one more folder of a project."""
        folder = self.sandbox.root / "templates" / name / at
        folder.mkdir(parents=True, exist_ok=True)
        self.ask(folder, *packs, tools=tools)
        self.run(folder, "install", "--accept-grants", "-q")
        return folder

    def ask(self, folder: Path, *packs: str, tools: str = "[claude-code]") -> None:
        """Write a manifest; a pack is `ALIAS RANGE`."""
        pairs = [pack.split(" ", 1) for pack in packs]
        registries = "".join(f"  {alias}: {self.registries[alias].url}\n" for alias, _ in pairs)
        wanted = "".join(f'  {alias}: "{pin}"\n' for alias, pin in pairs)
        text = f"registries:\n{registries}packs:\n{wanted}targets: {tools}\n"
        (folder / "agentsync.yaml").write_text(text, encoding="utf-8")

    def run(self, folder: Path, *arguments: str) -> None:
        """Run agentsync, which must succeed."""
        done = self.sandbox.run(*arguments, cwd=folder)
        assert done.exit == 0, f"{arguments} in {folder}: {done.stdout}{done.stderr}"

    def take(self, name: str, standing: FleetStanding, folder: Path, folders: tuple[str, ...] = (".",)) -> None:
        """Remember a folder as a template, without what belongs to one machine."""
        self.made.append(Template(name, standing, _files(folder), folders))


def fleet_templates(sandbox: Sandbox) -> Templates:
    """Make all templates below the folder of a sandbox, with registries of their own in `srv`."""
    shop = _Workshop(sandbox)
    for name, registry in shop.registries.items():
        registry.publish("v1.0.0", _RELEASES[name])
    moved = shop.install("moved-tag", "moving ^1")
    old = shop.install("outdated", "acme ^1")
    first = _RELEASES["acme"]
    shop.registries["acme"].publish("v1.1.0", {**first, "agents/critic.md": _agent("critic", "Read, Grep", "Harder.")})
    elsewhere = shop.registries["moving"].publish(None, {**_RELEASES["moving"], "agents/mover.md": _agent("mover")})
    shop.registries["moving"].move_tag("v1.0.0", elsewhere)
    shop.take("moved-tag", FleetStanding.MOVED_TAG, moved)
    shop.take("outdated", FleetStanding.OUTDATED, old)
    _clean(shop)
    _drifted(shop)
    _others(shop)
    return Templates(tuple(shop.made), shop.registries)


def _clean(shop: _Workshop) -> None:
    """Make what is as its locks say: one pack, all kinds of slots for seven tools with kept edits, two folders."""
    shop.take("clean", FleetStanding.CLEAN, shop.install("clean", "acme ^1"))
    tools = shop.install("clean-tools", "acme ^1", "tools ^1", tools=TOOLS)
    _edit(tools / ".claude/agents/critic.md", "Our own line.\n")
    shop.run(tools, "keep", "agent:critic", "-q")
    shop.run(tools, "install", "-q")
    shop.take("clean-tools", FleetStanding.CLEAN, tools)
    root = shop.install("clean-folders", "acme ^1")
    shop.install("clean-folders", "tools ^1", at="services/api")
    shop.take("clean-folders", FleetStanding.CLEAN, root, (".", "services/api"))


def _drifted(shop: _Workshop) -> None:
    """Make what drifted: a file edited, one gone, an entry, a section, a file in a folder below."""

    def drifted(name: str, like: str, change: Callable[[dict[str, File]], None]) -> None:
        template = next(one for one in shop.made if one.name == like)
        files = dict(template.files)
        change(files)
        shop.made.append(template._replace(name=name, standing=FleetStanding.DRIFT, files=files))

    drifted("drift-edited", "clean", lambda files: _replace(files, ".claude/agents/critic.md", b"Harder.", b"Softer."))
    drifted("drift-missing", "clean", lambda files: files.__delitem__(".claude/agents/critic.md"))
    drifted("drift-entry", "clean-tools", lambda files: _replace(files, ".mcp.json", b"@1.0.0", b"@9.9.9"))
    drifted("drift-section", "clean-tools", lambda files: _replace(files, "AGENTS.md", b"Be brief.", b"Be long."))
    below = "services/api/.claude/agents/helper.md"
    drifted("drift-below", "clean-folders", lambda files: _replace(files, below, b"helper", b"hinderer"))


def _others(shop: _Workshop) -> None:
    """Make what has a lock that is wrong, alone or forbidden, what is broken, and what has nothing."""
    clean = dict(shop.made[2].files)

    def add(name: str, standing: FleetStanding, files: Mapping[str, File], **changed: bytes) -> None:
        edited = {path.replace("__", "."): File(data) for path, data in changed.items()}
        shop.made.append(Template(name, standing, {**files, **edited}, () if not files else (".",)))

    manifest = clean["agentsync.yaml"].data
    assert isinstance(manifest, bytes)
    own = {"agentsync.yaml", "agentsync.lock"}
    alone = {path: file for path, file in clean.items() if path in own}
    add("lock-old", FleetStanding.LOCK, clean, agentsync__yaml=manifest.replace(b"^1", b"^2"))
    add("lock-none", FleetStanding.LOCK, {path: file for path, file in clean.items() if path != "agentsync.lock"})
    add("lock-only", FleetStanding.LOCK_ONLY, alone)
    add("broken-manifest", FleetStanding.BROKEN, clean, agentsync__yaml=manifest + b"pakcs: {}\n")
    add("broken-lock", FleetStanding.BROKEN, clean, agentsync__lock=b"<<<<<<< ours\n")
    shop.take("policy", FleetStanding.POLICY, shop.install("policy", "net ^1"))
    unmanaged = {"src/main.py": File(b"print()\n"), ".claude/agents/own.md": File(_agent("own").encode())}
    shop.made.append(Template("unmanaged", FleetStanding.UNMANAGED, unmanaged, ()))
    add("empty", FleetStanding.EMPTY, {})


def _agent(name: str, tools: str = "Read, Grep", text: str = "Look closely.") -> str:
    return _AGENT.format(name, name, tools, text)


_RELEASES: Final[Mapping[str, Mapping[str, str | bytes | File]]] = {
    "acme": {
        "agents/critic.md": _agent("critic"),
        "skills/pdf/SKILL.md": "---\nname: pdf\ndescription: Reads files.\n---\nRead.\n",
        "skills/pdf/notes.txt": "Notes.\n",
    },
    "tools": {"agents/helper.md": _agent("helper"), ".mcp.json": _SERVER, "rules/style.md": _STYLE},
    "net": {"agents/surfer.md": _agent("surfer", "Read, WebFetch")},
    "moving": {"agents/mover.md": _agent("mover", text="First.")},
}


def _files(folder: Path) -> dict[str, File]:
    """Return what a person would commit of a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        is_ours = ".agentsync/" in name and ".agentsync/patches/" not in name
        if path.is_symlink():
            found[name] = File(str(path.readlink()), symlink=True)
        elif path.is_file() and not is_ours:
            found[name] = File(path.read_bytes(), executable=bool(path.stat().st_mode & 0o100))
    return found


def _edit(path: Path, line: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")


def _replace(files: dict[str, File], path: str, old: bytes, new: bytes) -> None:
    data = files[path].data
    assert isinstance(data, bytes), path
    assert old in data, f"{path}: {data!r}"
    files[path] = File(data.replace(old, new), executable=files[path].executable)
