"""Places of items in a pack: agents, commands, hooks and MCP servers. Nothing is read here."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from agentsync.model.item import Kind
from agentsync.packs.pack_tree import PackTree, is_markdown

# Folders whose Markdown has a name and a description, and is something else than an agent.
_NOT_FLAT_AGENTS: Final = frozenset(
    """commands command skills prompts instructions rules hooks workflows output-styles references chatmodes modes
    loops styles steering ISSUE_TEMPLATE memories strategy integrations tools scripts""".split()
)


# Claude Code's own place, and those of tools that have a folder for each hook or one for all of them.
_HOOKS: Final = re.compile(
    r"(?:.*/)?hooks/hooks\.json|(?:.*/)?hooks/[^/]+/hooks\.json|\.github/hooks/[^/]+\.json|\.(?:cursor|codex)/hooks\.json",
    re.DOTALL,
)
# In the root, beside all that begins with `.git`.
_NOT_CONTENT: Final = frozenset(
    """.agentsync agentsync.lock .circleci .travis.yml .gitea .forgejo .woodpecker .woodpecker.yml .drone.yml
    azure-pipelines.yml Jenkinsfile""".split()
)


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
    return posixpath.basename(path).lower() == "skill.md"


def may_be_command(tree: PackTree, path: str) -> bool:
    """Return whether a file stands in a place for commands."""
    folder = tree.folder(path)
    return folder.shipped and folder.container is Kind.COMMAND


def is_hooks(tree: PackTree, path: str) -> bool:
    """Return whether a file holds hooks."""
    return (
        _HOOKS.fullmatch(path) is not None
        and tree.folder(path).shipped
        and not tree.in_skill(path)
        and tree.is_own(path)
    )


def is_mcp(tree: PackTree, path: str) -> bool:
    """Return whether a file lists MCP servers."""
    in_place = posixpath.basename(path) == ".mcp.json"
    return in_place and tree.folder(path).shipped and not tree.in_skill(path) and tree.is_own(path)
