"""The levels that rules have for one pack: the table's, the registry's own, the pack's own, the command line's.

Sources: `checks` and `checks-except` in `registry.yaml` and `pack.yaml`, see `docs/reference/checks.md`.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agentsync.checking.found import Found
from agentsync.checking.rules import AGENTSKILLS, CHECKS, OFF, TRUST
from agentsync.errors import UsageError
from agentsync.formats.yaml_tree import Items, Node, Table, Text, YamlError, read_yaml
from agentsync.model.finding import Level
from agentsync.model.names import nearest
from agentsync.packs.pack import is_below


class Silenced(NamedTuple):
    """Files in which a rule is silent, and where that is said."""

    rule: str
    glob: str
    line: int
    column: int

    def covers(self, found: Found, path: str) -> bool:
        """Return whether it silences a finding at a path, which starts from the folder of its file."""
        return _is_meant(self.rule, found.rule) and is_below(path, self.glob)


class Words(NamedTuple):
    """Own words of one file about rules.

    Args:
        levels: by the identifier of a rule or a group.
        unknown: identifiers that no rule has, with line and column.
    """

    levels: Mapping[str, str] = {}
    exceptions: tuple[Silenced, ...] = ()
    unknown: tuple[tuple[str, int, int], ...] = ()


def read_words(text: str) -> Words:
    """Read what a `registry.yaml` or `pack.yaml` says about rules; what is not valid is another rule's to tell."""
    try:
        root = read_yaml(text)
    except YamlError:
        return Words()
    if not isinstance(root, Table):
        return Words()
    levels, exceptions = _entries(root.get("checks")), _entries(root.get("checks-except"))
    known = {*CHECKS, AGENTSKILLS}
    return Words(
        {key.value: node.value for key, node in levels if key.value in known and isinstance(node, Text)},
        tuple(one for key, node in exceptions if key.value in known for one in _exceptions(key.value, node)),
        tuple(
            (key.value, key.start.line, key.start.column) for key, _ in (*levels, *exceptions) if key.value not in known
        ),
    )


def _entries(node: Node | None) -> tuple[tuple[Text, Node], ...]:
    return node.value if isinstance(node, Table) else ()


def _exceptions(rule: str, node: Node) -> Iterator[Silenced]:
    for one in node.value if isinstance(node, Items) else ():
        if isinstance(one, Text):
            yield Silenced(rule, one.value, one.start.line, one.start.column)


def check_rules(rules: Mapping[str, str]) -> None:
    """Refuse levels of the command line for what is no rule, and words that are no level."""
    for rule, level in rules.items():
        if rule not in CHECKS and rule != AGENTSKILLS:
            raise UsageError(f"there is no rule {rule!r}", hint=nearest(rule, [*CHECKS, AGENTSKILLS]))
        if level not in (*Level, OFF):
            raise UsageError(f"{level!r} is no level", hint=f"known: {', '.join([*Level, OFF])}")


def level_of(found: Found, *sources: Mapping[str, str]) -> Level | None:
    """Return how much a finding weighs, None where its rule is off.

    Args:
        sources: levels by rule or group; the first one that names the rule counts. An error of the group `trust` is
            what `install` refuses, and stays one.
    """
    check = CHECKS[found.rule]
    usual = check.others.get(found.case, check.level)
    if check.group == TRUST and usual is Level.ERROR:
        return usual
    for levels in sources:
        word = levels.get(check.id) or (levels.get(AGENTSKILLS) if check.is_agentskills else None)
        if word is not None:
            return None if word == OFF else Level(word)
    return usual


def is_fixed(found: Found) -> bool:
    """Return whether nothing silences a finding: `install` refuses what it is about."""
    check = CHECKS[found.rule]
    return check.group == TRUST and check.others.get(found.case, check.level) is Level.ERROR


def _is_meant(word: str, rule: str) -> bool:
    return word == rule or (word == AGENTSKILLS and CHECKS[rule].is_agentskills)
