"""The paths of a pack, arranged for the questions that discovery asks. Nothing is read here.

Each question is answered from the names alone, once per folder, and without walking the tree again.
"""

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from itertools import pairwise, takewhile
from typing import Final, NamedTuple

from agentsync.late import late
from agentsync.model.item import Kind
from agentsync.model.rel_path import is_system_litter

# Folders whose content is made, borrowed, old or for show.
_NOT_SHIPPED: Final = frozenset(
    """node_modules vendor dist build test tests __tests__ testdata fixtures backup backups archive docs website
    site example examples sample samples template templates evals""".split()
)
# Whole names only: `readme-generator.md` and `security-auditor.md` are agents.
_ABOUT_THE_PROJECT: Final = late(
    r"(?i:readme(?:[._-][a-z]{2}(?:[_-][a-z]{2,4})?)?\.md)"
    r"|(?:CLAUDE|AGENTS|GEMINI|CHANGELOG|CONTRIBUTING|CODE_OF_CONDUCT|LICENSE|SECURITY)\.md"
)
_AGENT_FOLDERS: Final = frozenset(("agents", "subagents"))
COMMAND_FOLDERS: Final = frozenset(("commands", "command"))
RULE_FOLDERS: Final = frozenset(("rules", "instructions"))
_CONTAINERS: Final = _AGENT_FOLDERS | COMMAND_FOLDERS | {"agent"}
# `agent` and `command` are everyday words: they count only right below these.
_SINGULAR_AGENT: Final = frozenset((("opencode", "agent"), (".opencode", "agent")))
_SINGULAR_COMMAND: Final = frozenset((("opencode", "command"), (".opencode", "command"), (".agents", "command")))
# Below these, a folder is called after what it holds: `skills/test` is a skill, and no folder of tests.
_NAMING: Final = _AGENT_FOLDERS | {"skills", "commands", "rules"}
# In these, `skill.md` in small letters is an item called "skill".
_NOT_A_SKILL: Final = frozenset(("commands", "agents", "rules", "prompts"))
# Folders whose Markdown has a name and a description, and is something else than an agent.
_NOT_FLAT_AGENTS: Final = frozenset(
    """commands command skills prompts instructions rules hooks workflows output-styles references chatmodes modes
    loops styles steering ISSUE_TEMPLATE memories strategy integrations tools scripts""".split()
)
# Claude Code's own place, and those of tools that have a folder for each hook or one for all of them.
_HOOKS: Final = late(
    r"(?:.*/)?hooks/hooks\.json|(?:.*/)?hooks/[^/]+/hooks\.json|\.github/hooks/[^/]+\.json|\.(?:cursor|codex)/hooks\.json",
    re.DOTALL,
)
# Places for rules: a pack's own, and those of tools. The endings are those of two tools, and of all that lies there.
_RULES: Final = frozenset((("rules",), ("instructions",)))
_TOOL_RULES: Final = frozenset(((".claude", "rules"), (".cursor", "rules"), (".github", "instructions")))
_RULE_ENDINGS: Final = (".mdc", ".instructions.md")
_NO_RULE: Final = "copilot-instructions.md"
# The folders that tools have for themselves: what lies in one for agents or commands is written for that tool.
_TOOL_FOLDERS: Final = {
    ".cline": "cline",
    ".codex": "codex",
    ".cursor": "cursor",
    ".devin": "devin",
    ".factory": "factory",
    ".gemini": "gemini",
    ".github": "copilot",
    ".junie": "junie",
    ".kilo": "kilo",
    ".kiro": "kiro",
    ".opencode": "opencode",
    ".qwen": "qwen",
    ".windsurf": "windsurf",
}
_TOOL_ENDINGS: Final = {
    ".agent.md": "copilot",
    ".prompt.md": "copilot",
    ".instructions.md": "copilot",
    ".mdc": "cursor",
}
# In the root, beside all that begins with `.git`.
_NOT_CONTENT: Final = frozenset(
    """.agentsync agentsync.lock .circleci .travis.yml .gitea .forgejo .woodpecker .woodpecker.yml .drone.yml
    azure-pipelines.yml Jenkinsfile""".split()
)


class Folder(NamedTuple):
    """Facts that follow from the path of a folder.

    Args:
        parts: its path's components, none for the root.
        shipped: whether it is part of the product, and not of its tests, examples or build.
        container: AGENT or COMMAND where it lies in a folder for these, the outermost deciding.
    """

    parts: tuple[str, ...]
    shipped: bool
    container: Kind | None


class PackTree:
    """Every path of a pack, and what follows from the paths.

    Args:
        inner: what of them belongs to other packs: folders and files, with all that is below them.
        root: the pack's root in its repository; where it is a folder of agents or commands itself, that counts.
    """

    def __init__(self, paths: Collection[str], inner: Collection[str] = (), root: str = "") -> None:
        self.paths: Sequence[str] = sorted(path for path in set(paths) if not is_system_litter(path))
        self._known = frozenset(self.paths)
        self._inner = frozenset(inner)
        self.above = tuple(part for part in (posixpath.basename(root),) if part in _NAMING)
        self._folders: dict[str, Folder] = {}
        self.skills = self._outer_skills()
        self._skill_prefixes = sorted(f"{folder}/" for folder in self.skills if folder)

    def __contains__(self, path: str) -> bool:
        return path in self._known

    def folder(self, path: str) -> Folder:
        """Return the folder that a file is in."""
        name = path.rpartition("/")[0]
        if name not in self._folders:
            self._folders[name] = _folder(tuple(name.split("/")) if name else (), self.above)
        return self._folders[name]

    def is_own(self, path: str) -> bool:
        """Return whether a file belongs to this pack, and not to one inside of it."""
        if not self._inner:
            return True
        while path:
            if path in self._inner:
                return False
            path = path.rpartition("/")[0]
        return True

    def below(self, folder: str) -> Sequence[str]:
        """Return every path below a folder, "" being the root, sorted."""
        if not folder:
            return self.paths
        # "0" is the character after "/".
        return self.paths[bisect_left(self.paths, f"{folder}/") : bisect_left(self.paths, f"{folder}0")]

    def in_skill(self, path: str) -> bool:
        """Return whether a file belongs to a skill. One in the root does not take in the whole pack."""
        place = bisect_right(self._skill_prefixes, path)
        return place > 0 and path.startswith(self._skill_prefixes[place - 1])

    def _is_named_skill(self, path: str) -> bool:
        return not _NOT_A_SKILL.isdisjoint((*self.above, *self.folder(path).parts))

    def _outer_skills(self) -> dict[str, str]:
        """Return the `SKILL.md` of each skill by its folder; a skill in another one is that one's content."""
        found: dict[str, str] = {}
        for path in self.paths:
            name = path.rpartition("/")[2]
            if name == "SKILL.md" or (name.lower() == "skill.md" and not self._is_named_skill(path)):
                # Upper case sorts first, so that `SKILL.md` wins over `skill.md` beside it.
                found.setdefault(path.rpartition("/")[0], path)
        outer: dict[str, str] = {}
        latest = ""
        for folder in sorted(found, key=lambda name: f"{name}/"):
            if not latest or not folder.startswith(latest):
                outer[folder] = found[folder]
                latest = f"{folder}/" if folder else ""
        return outer


def is_markdown(path: str) -> bool:
    """Return whether a file may be an item: Markdown, and none of the pages that every project has."""
    return path[-3:].lower() == ".md" and not _ABOUT_THE_PROJECT.fullmatch(path.rpartition("/")[2])


def _folder(parts: tuple[str, ...], above: tuple[str, ...]) -> Folder:
    places = takewhile(lambda part: part not in _NAMING, (*above, *parts))
    container = _container(parts)
    if container is None and _CONTAINERS.isdisjoint(parts):
        container = _container(above)
    return Folder(parts, _NOT_SHIPPED.isdisjoint(places), container)


def _container(parts: tuple[str, ...]) -> Kind | None:
    outermost = next((part for part in parts if part in _CONTAINERS), None)
    pairs = frozenset(pairwise(parts))
    if outermost in COMMAND_FOLDERS:
        return Kind.COMMAND if "commands" in parts or pairs & _SINGULAR_COMMAND else None
    if outermost is not None and (not _AGENT_FOLDERS.isdisjoint(parts) or pairs & _SINGULAR_AGENT):
        return Kind.AGENT
    return None


def may_be_item(tree: PackTree, path: str) -> bool:
    """Return whether a manifest may make a file an agent or a command."""
    return is_markdown(path) and not tree.in_skill(path) and path != tree.skills.get("") and tree.is_own(path)


def may_be_flat(tree: PackTree) -> bool:
    """Return whether any Markdown may be an agent: nothing else is one, in the packs inside of this one neither."""
    return not any(tree.folder(path).shipped for path in tree.skills.values()) and not any(
        is_markdown(path) and may_be_agent(tree, path) and not tree.in_skill(path)
        for path in tree.paths
        if not tree.is_own(path)
    )


def is_of_git(path: str) -> bool:
    """Return whether a file in the root of a repository is git's, a build server's or ours, and no skill's content."""
    top = path.partition("/")[0]
    return top.startswith(".git") or top in _NOT_CONTENT


def may_be_agent(tree: PackTree, path: str) -> bool:
    """Return whether a file stands in a place for agents."""
    folder = tree.folder(path)
    is_placed = path.endswith(".agent.md") or folder.container is Kind.AGENT
    return is_placed and folder.shipped and not is_called_skill(path)


def may_be_flat_agent(tree: PackTree, path: str) -> bool:
    """Return whether a file may be an agent where no folder says so."""
    folder = tree.folder(path)
    is_hidden = any(part.startswith(".") for part in folder.parts)
    is_placed = not is_hidden and _NOT_FLAT_AGENTS.isdisjoint(folder.parts)
    return is_placed and folder.shipped and not is_called_skill(path)


def is_called_skill(path: str) -> bool:
    """Return whether a file has the name of a skill's own file."""
    return path.rpartition("/")[2].lower() == "skill.md"


def may_be_command(tree: PackTree, path: str) -> bool:
    """Return whether a file stands in a place for commands."""
    folder = tree.folder(path)
    return folder.shipped and folder.container is Kind.COMMAND


def may_be_rule(tree: PackTree, path: str) -> bool:
    """Return whether a file stands in a place for rules; an agent or a command in that place is none."""
    parts = (*tree.above, *tree.folder(path).parts)
    is_tools = parts[:2] in _TOOL_RULES
    if not (is_tools or parts[:1] in _RULES) or not _stands_alone(tree, path):
        return False
    if ("" in tree.skills and not is_tools) or path.endswith(_NO_RULE):  # the skill in the root has it
        return False
    return path.endswith(_RULE_ENDINGS) or (is_markdown(path) and "instructions" not in parts[:2])


def tool_of(path: str) -> str:
    """Return the AI tool in whose own folder, or with whose own ending, a file is; "" for none."""
    ending = next((tool for suffix, tool in _TOOL_ENDINGS.items() if path.endswith(suffix)), "")
    return ending or next((_TOOL_FOLDERS[part] for part in path.split("/")[:-1] if part in _TOOL_FOLDERS), "")


def native_kind(tree: PackTree, path: str) -> Kind | None:
    """Return what a file is for the one tool that can read it, None where any tool can, or none."""
    if path.endswith(".prompt.md"):
        is_placed = tree.folder(path).container is None
        return Kind.COMMAND if is_placed and _stands_alone(tree, path) else None
    if not path.endswith(".toml") or not tool_of(path) or not _stands_alone(tree, path):
        return None
    return tree.folder(path).container


def is_hooks(tree: PackTree, path: str) -> bool:
    """Return whether a file holds hooks."""
    return _HOOKS.fullmatch(path) is not None and _stands_alone(tree, path)


def is_mcp(tree: PackTree, path: str) -> bool:
    """Return whether a file lists MCP servers."""
    return path.endswith(".mcp.json") and path.rpartition("/")[2] == ".mcp.json" and _stands_alone(tree, path)


def _stands_alone(tree: PackTree, path: str) -> bool:
    return tree.folder(path).shipped and not tree.in_skill(path) and tree.is_own(path)
