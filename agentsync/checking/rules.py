"""The rules of a check as data: the reference page is made from this table, and reports name what is in it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from agentsync.model.finding import Level

E, W, N = Level.ERROR, Level.WARNING, Level.NOTE
OFF: Final = "off"
AGENTSKILLS: Final = "agentskills"
"""The group of the rules of the agentskills specification that no tool enforces, as one identifier."""
TRUST: Final = "trust"
GROUPS: Final[Mapping[str, str]] = {
    "registry": "Lists of packs, and what holds between packs",
    "header": "Headers of agents, skills and commands",
    "skill": "Skills",
    "text": "Files as text",
    TRUST: "What is refused, and power",
    "release": "Releases",
}


class Check(NamedTuple):
    """One rule.

    Args:
        finds: what is wrong, as the reference page says it.
        fix: what the report tells to do about it.
        others: the level in other cases than the usual one, by what they are called in `found`.
        is_agentskills: whether it is of the group `agentskills`.
    """

    id: str
    group: str
    level: Level
    finds: str
    fix: str
    others: Mapping[str, Level] = {}
    is_agentskills: bool = False


_TABLE: Final = (
    Check("registry-invalid", "registry", E, "unknown key, wrong type, duplicate, YAML error", "the nearest key"),
    Check(
        "pack-path-missing",
        "registry",
        E,
        "`path` is no folder in the tree, leaves it, or is a link",
        "folders that hold items",
    ),
    Check("pack-empty", "registry", E, "discovery finds no item in a pack", "where items belong"),
    Check("pack-unlisted", "registry", W, "a folder of items that no pack covers", "the entry to add"),
    Check(
        "pack-overlap",
        "registry",
        W,
        "a pack's folder lies in another's, and its items belong to the inner one",
        "state it by `exclude`",
    ),
    Check(
        "pack-name",
        "registry",
        W,
        "a name that is not lower-case letters, digits and single hyphens",
        "the name, a `renames` entry",
    ),
    Check("pack-undescribed", "registry", W, "a pack without a description", "where to write it"),
    Check(
        "requires-unknown",
        "registry",
        E,
        "a required pack is not there, requires itself in a circle, or has no release that fits",
        "what exists",
    ),
    Check(
        "marketplace-differs",
        "registry",
        W,
        "`registry.yaml` and `marketplace.json` give one name different folders, or one lists a pack alone",
        "the line",
    ),
    Check(
        "version-differs",
        "registry",
        W,
        "`version` of a plug-in file is not the newest tag's, or entry and `plugin.json` differ",
        "the number",
    ),
    Check("yanked-unknown", "registry", W, "`yanked` names a version without a tag", "near ones"),
    Check(
        "renamed-gone",
        "registry",
        W,
        "a pack or an item of the newest release is gone",
        "the `renames` entry, found by the bytes",
    ),
    Check("check-unknown", "registry", W, "`checks` or `checks-except` names no rule", "the nearest rule"),
    Check("except-unused", "registry", N, "a glob of `checks-except` silences nothing", "delete it"),
    Check(
        "marketplace-invalid",
        "registry",
        E,
        "no `owner`, a blank in a name, `..` in `source`, `sha` not 40 hexadecimal digits, an unknown kind of source, "
        "a duplicate name",
        "",
        {"it is only ignored": N, "only another tool takes it": W},
    ),
    Check(
        "plugin-invalid",
        "registry",
        E,
        "a `plugin.json` that the tool refuses: wrong types, no name, paths that are not there",
        "",
        {"it is only ignored": N},
    ),
    Check(
        "hook-event", "registry", E, "hooks hang on an event that the target does not have", "the event that is meant"
    ),
    Check("hook-invalid", "registry", E, "hooks in a form that the target refuses, all of them", "the form"),
    Check("server-invalid", "registry", E, "an MCP server that the target drops at load", ""),
    Check("json-invalid", "registry", E, "a JSON file that a tool reads, and that cannot be read", ""),
    Check(
        "header-dropped",
        "header",
        E,
        "an AI tool loads the file with empty metadata, as its header cannot be read",
        "the line quoted, ready to paste",
    ),
    Check(
        "header-repaired", "header", W, "the header is not strict YAML, and tools mend it each in their way", "the same"
    ),
    Check(
        "header-missing",
        "header",
        E,
        "no header in an agent, a skill or a command",
        "a header to start from",
        {"a command": N},
    ),
    Check(
        "field-type",
        "header",
        E,
        "a type that the tool drops: `description` is a list, `allowed-tools` a number",
        "the type",
        {"only the field is lost": W},
    ),
    Check(
        "field-unknown",
        "header",
        N,
        "a key that no target knows",
        "the key that is most likely meant",
        {"like a known one": W},
    ),
    Check(
        "field-value",
        "header",
        W,
        "`model`, `color`, `permissionMode` and the like outside of what the target lists",
        "the values",
        {"the validator refuses it": E},
    ),
    Check(
        "description-missing",
        "header",
        E,
        "no description in an agent, a skill or a command",
        "what to say",
        {"a skill or a command": W},
    ),
    Check(
        "description-long",
        "header",
        W,
        "a description above 1,024 characters",
        "how many to lose",
        is_agentskills=True,
    ),
    Check(
        "name-clash",
        "header",
        E,
        "two items of a kind share a name in a pack, compared without regard to case",
        "the other one",
        {"of another pack": W},
    ),
    Check(
        "skill-name",
        "skill",
        W,
        "after NFKC not 1 to 64 lower-case letters, digits and single inner hyphens",
        "the name made so",
        is_agentskills=True,
    ),
    Check("skill-name-folder", "skill", W, "`name` is not the folder's", "which to rename", is_agentskills=True),
    Check(
        "skill-field",
        "skill",
        W,
        "a key beside name, description, license, compatibility, metadata and allowed-tools",
        "`metadata:`",
        is_agentskills=True,
    ),
    Check(
        "skill-compatibility",
        "skill",
        W,
        "`compatibility` is no text, or above 500 characters",
        "how many to lose",
        is_agentskills=True,
    ),
    Check("skill-long", "skill", N, "a text above 500 lines", "`references/`"),
    Check("skill-link-broken", "skill", W, "a relative link leads nowhere in the pack", "the nearest file"),
    Check("file-renamed", "skill", N, "a skill's file is not called `SKILL.md`, and is installed as that", "`git mv`"),
    Check("reference-dangling", "skill", W, "a path leads out of an item, to what is not installed beside it", ""),
    Check(
        "text-ends",
        "text",
        W,
        "CRLF, a byte order mark, no line end at the end, not UTF-8",
        "the command",
        {"not UTF-8": E},
    ),
    Check("text-empty", "text", E, "an item without a body", "what to write"),
    Check(
        "path-personal",
        "text",
        W,
        "a path such as `/home/x` or `C:\\Users\\x`, or a known form of a secret",
        "what to write instead",
        {"a secret": E},
    ),
    Check("refused-file", TRUST, E, "a file that `install` refuses, with the reason", ""),
    Check(
        "hidden-text",
        TRUST,
        E,
        "bidi, tag and zero-width characters, with line, column and code point; a few that stand alone are a warning",
        "delete the character",
        {"alone": W},
    ),
    Check(
        "grant-everything", TRUST, W, "an agent without `tools`, which asks for all", "the tools that its text names"
    ),
    Check(
        "grant-gained",
        TRUST,
        N,
        "power gained since the newest release, or with `--since` since there",
        "",
        {"in --since": W},
    ),
    Check("hook-told", TRUST, N, "a hook or an MCP server, with the digest of its command", ""),
    Check("executable-odd", TRUST, W, "executable without `#!`, or the reverse", "`git update-index --chmod`"),
    Check("release-unchanged", "release", W, "a tag whose files are those of the release before", ""),
    Check("tag-ambiguous", "release", W, "two tags mean one version and differ in their files", "which one counts"),
    Check("changes-unreleased", "release", N, "the files differ from those of the newest tag", "`registry publish`"),
)
CHECKS: Final[Mapping[str, Check]] = {check.id: check for check in _TABLE}
