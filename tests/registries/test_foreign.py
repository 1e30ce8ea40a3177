"""Every key of another tool's files is taken over, asks for nothing, or is told with a reason."""

from __future__ import annotations

import json

import pytest

from agentsync.errors import UsageError
from agentsync.model.imported import ForeignPack, Imported
from agentsync.model.names import ScopeName
from agentsync.registries.foreign_readers import READERS

TOOLS = {reader.name: reader for reader in READERS}
APM = """
name: shop
version: 1.0.0
target: claude,vscode
scripts: {start: run}
includes: auto
x-own: {a: b}
compilation: {target: all}
allowExecutables: [x]
executables: [x]
replace: [{git: a/b, path: ../b}]
registries: {r: https://r.example}
default_host: ghe.example
dependencies:
  mcp: [a]
  lsp: [b]
  apm:
    - {id: some/thing, registry: r}
    - {name: thing, marketplace: m}
    - {git: parent, path: x}
    - {git: own/pack, path: skills/pdf, skills: [pdf], targets: [codex], allow_insecure: true}
    - gitlab.com/own/pack#main
    - {path: ./packs/mine, alias: ours}
devDependencies: {lsp: [c]}
"""
APM_LOCK = """
dependencies:
- {repo_url: own/pack, host: gitlab.com, deployed_files: ['copilot-app-db://workflows/x', .claude/agents/a.md]}
"""
AGENTS = """
version = 1
agents = ["claude", "vscode"]
minimum_release_age = 60
minimum_release_age_exclude = ["a"]
[trust]
git_domains = ["git.example"]
[symlinks]
targets = ["x"]
[[mcp]]
name = "db"
[[hooks]]
event = "Stop"
[[skills]]
name = "*"
source = "git:ssh://git@git.example/own/pack.git"
exclude = ["b"]
[[skills]]
name = "web"
source = "https://skills.example"
[[skills]]
name = "mine"
source = "path:../mine"
[[subagents]]
name = "critic"
source = "own/pack@v1"
targets = ["cursor"]
"""
AGENTS_LOCK = """
[skills.a]
source = "git:ssh://git@git.example/own/pack.git"
resolved_commit = "1234"
"""
RULESYNC = {
    "targets": {"claudecode": {"rules": True}, "codexcli": ["skills"]},
    "sources": [
        {"source": "own/pack@v1.0.0:sub/skills"},
        {"source": "https://github.com/Own/Rules.git", "rules": ["a.md"], "rulesPath": "deep/rules", "agent": "codex"},
        {"source": "@own/pack", "transport": "npm"},
        {"source": "gitlab:own/both", "skills": ["x"], "rules": ["*", "y"], "scope": "user"},
    ],
}
RULESYNC_LOCK = {"sources": {"own/pack@v1.0.0:sub/skills": {"resolvedRef": "5678", "skillSelection": ["*"]}}}
SKILLS = {
    "pdf": {"source": "own/pack", "sourceType": "github", "skillPath": "skills/pdf/SKILL.md", "subagents": ["root"]},
    "web": {"source": "skills.example", "sourceType": "well-known"},
    "loc": {"source": "../mine", "sourceType": "local", "computedHash": "00"},
}
MARKETS = {
    "m": {"source": {"source": "git", "url": "https://git.example/m.git", "ref": "stable"}},
    "n": {"source": {"source": "npm", "package": "n"}},
    "u": {"source": {"source": "url", "url": "https://m.example/marketplace.json"}},
    "d": {"source": {"source": "directory", "path": "../market"}},
    "h": {"source": {"source": "hostPattern", "hostPattern": "^git$"}},
}
ENABLED = {"a@m": ["1.0.0"], "b@n": True, "c@u": True, "d@d": True, "e@h": True, "f@m": False, "g@more": True}
SETTINGS = {
    "extraKnownMarketplaces": MARKETS,
    "additionalMarketplaces": {"more": {"source": {"source": "github", "repo": "own/more"}}},
    "enabledPlugins": ENABLED,
    "pluginConfigs": {"a@m": {"x": 1}},
    "strictKnownMarketplaces": [{"source": "github", "repo": "own/more"}],
    "permissions": {"allow": ["Bash"]},
}
INSTALLED = {
    "plugins": {
        "a@m": [
            {"scope": "project", "projectPath": "/elsewhere", "gitCommitSha": "1111"},
            {"scope": "user", "gitCommitSha": "2222"},
            {"scope": "project", "projectPath": "/here", "gitCommitSha": "3333"},
        ]
    }
}


def _pack(found: Imported, entry: str) -> ForeignPack:
    return next(pack for pack in found.packs if pack.entry == entry)


def test_apm() -> None:
    """Sections, kinds of packages, and keys of one entry."""
    found = TOOLS["apm"].read({"apm.yml": APM.encode(), "apm.lock.yaml": APM_LOCK.encode()}, "/here")
    told = "scripts includes x-own compilation allowExecutables executables replace registries".split()
    told += ["dependencies.mcp", "dependencies.lsp", "devDependencies.lsp"]
    told += [f"dependencies.apm: {name}" for name in ("some/thing", "thing", "parent x", "pdf: allow_insecure")]
    told += ["deployed_files: copilot-app-db://workflows/x"]
    assert sorted(one.key for one in found.lost) == sorted(told) and all(one.why for one in found.lost)
    assert found.targets == (("apm.yml", "claude-code"), ("apm.yml", "copilot"))
    pdf, whole, ours = _pack(found, "pdf"), _pack(found, "pack"), _pack(found, "ours")
    assert (pdf.git, pdf.path) == ("https://ghe.example/own/pack", "skills/pdf")
    assert (pdf.only, pdf.targets) == (("skill:pdf",), ("codex",))
    assert (whole.git, whole.ref, whole.files) == ("gitlab:own/pack", "main", (".claude/agents/a.md",))
    assert ours.folder == "./packs/mine"


def test_dotagents() -> None:
    """A star takes the commit of any of its skills; servers, hooks and trust are told."""
    found = TOOLS["dotagents"].read({"agents.toml": AGENTS.encode(), "agents.lock": AGENTS_LOCK.encode()}, "/here")
    told = "mcp hooks symlinks trust minimum_release_age minimum_release_age_exclude skills.web".split()
    assert sorted(one.key for one in found.lost) == sorted(told)
    star, critic, mine = _pack(found, "pack"), _pack(found, "critic"), _pack(found, "mine")
    assert (star.git, star.commit) == ("ssh://git@git.example/own/pack.git", "1234")
    assert (star.only, star.excluded) == (("skill:*",), ("skill:b",))
    assert (critic.ref, critic.only, critic.targets) == ("v1", ("agent:critic",), ("cursor",))
    assert (mine.folder, mine.only) == ("../mine", ("skill:mine",))


def test_rulesync() -> None:
    """The lock names a source without its host; rules in other folders, and packages, are told."""
    lock = json.dumps(RULESYNC_LOCK).encode()
    found = TOOLS["rulesync"].read({"rulesync.jsonc": json.dumps(RULESYNC).encode(), "rulesync.lock": lock}, "/here")
    rules = "sources: https://github.com/Own/Rules.git: "
    told = ["features", f"{rules}rules", f"{rules}agent", "sources: @own/pack", "sources: gitlab:own/both: scope"]
    assert sorted(one.key for one in found.lost) == sorted(told)
    pack, both = found.packs
    assert (pack.git, pack.ref, pack.path, pack.only) == ("github:own/pack", "v1.0.0", "sub/skills", ("skill:*",))
    assert pack.commit == "5678"
    assert (both.git, both.only) == ("gitlab:own/both", ("skill:x", "rule:*"))
    assert [name for _, name in found.targets] == ["claude-code", "codex"]


def test_skills() -> None:
    """The file of a project in project scope, that of the user in user scope."""
    reader = TOOLS["skills"]
    assert reader.asked(ScopeName.PROJECT) == ("skills-lock.json",)
    assert reader.asked(ScopeName.USER) == (".agents/.skill-lock.json",)
    found = reader.read({"skills-lock.json": json.dumps({"skills": SKILLS}).encode()}, "/here")
    assert [one.key for one in found.lost] == ["skills.pdf.subagents", "skills.web"]
    assert [(pack.path or pack.folder, pack.only) for pack in found.packs] == [
        ("skills/pdf", ()),
        ("../mine", ("skill:loc",)),
    ]


def test_plugins() -> None:
    """What is installed here counts before what is installed elsewhere; other kinds of sources are told."""
    texts = {".claude/settings.json": SETTINGS, ".claude/plugins/installed_plugins.json": INSTALLED}
    found = TOOLS["plugins"].read({name: json.dumps(text).encode() for name, text in texts.items()}, "/here")
    told = [
        "pluginConfigs",
        "strictKnownMarketplaces",
        *(f"enabledPlugins.{key}" for key in ("b@n", "c@u", "e@h", "f@m")),
    ]
    assert [one.key for one in found.lost] == told
    assert [(pack.entry, pack.git, pack.ref, pack.commit) for pack in found.packs] == [
        ("a", "https://git.example/m.git", "stable", "3333"),
        ("d", "../market", "", ""),
        ("g", "github:own/more", "", ""),
    ]
    assert "claude plugin disable a@m --scope project; claude plugin disable d@d" in found.advice[0]


@pytest.mark.parametrize(
    ("tool", "name"), [("apm", "apm.yml"), ("dotagents", "agents.toml"), ("skills", "skills-lock.json")]
)
def test_unreadable(tool: str, name: str) -> None:
    """A file that is none of its format is a mistake of the user, with the name of the file."""
    for text in (b"{", b"\xff\xfe", b"[1]\n- x: ["):
        with pytest.raises(UsageError, match=name):
            TOOLS[tool].read({name: text}, "/here")


@pytest.mark.parametrize(
    ("tool", "name", "text", "told"),
    [
        ("skills", "skills-lock.json", '{"version": 2, "skills": {}}', "form 2"),
        ("skills", "skills-lock.json", '{"version": 1}', "no `skills`"),
        ("skills", "skills-lock.json", '{"version": 1, "skills": [{}]}', "skills is no table"),
        ("skills", "skills-lock.json", '{"skills": {"a": "o/r"}}', "skills.a is no table"),
        ("skills", "skills-lock.json", '{"skills": {"a": {}}}', "skills.a has no `source`"),
        (
            "skills",
            ".agents/.skill-lock.json",
            '{"skills": {"a": {"source": "o/r", "ref": [1]}}}',
            "skills.a.ref is no",
        ),
        ("dotagents", "agents.toml", "skills = 3", "skills is no list"),
        ("dotagents", "agents.toml", "skills = [3]", "skills[0] is no table"),
        ("apm", "apm.yml", "dependencies: {apm: x}", "dependencies.apm is no list"),
        ("rulesync", "rulesync.lock", '{"lockfileVersion": 9}', "form 9"),
        ("plugins", ".claude/settings.json", '{"enabledPlugins": ["a"]}', "enabledPlugins is no table"),
    ],
)
def test_another_shape(tool: str, name: str, text: str, told: str) -> None:
    """Parts of another shape, or the number of another form, are told with the file, and never passed over."""
    with pytest.raises(UsageError) as found:
        TOOLS[tool].read({name: text.encode()}, "/here")
    assert found.value.what.startswith(name) and told in f"{found.value.what} {found.value.why}"
