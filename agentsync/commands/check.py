"""Check a pack or a registry before it is published; exit 1 where there is an error."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.checking.check import CheckOptions, check
from agentsync.errors import Exit, UsageError
from agentsync.model.names import nearest
from agentsync.model.outcome import Outcome
from agentsync.reporting.check_report import check_data, check_lines
from agentsync.reporting.formats import FORMS, PLAIN

_FORM: Final = "ID=error|warning|note|off"


class Options(NamedTuple):
    """Options of `pack check` and `registry check`.

    Args:
        path: the folder to check.
        strict: whether a warning fails.
        rule: levels of rules, each as `ID=LEVEL`.
        ref: the revision to look at, "" for the working tree.
        since: the revision since which packs have to have changed, "" for all packs.
        form: the format of the report.
    """

    path: str = "."
    strict: bool = False
    rule: Sequence[str] = ()
    ref: str = ""
    since: str = ""
    form: str = "text"


def registry_check(options: Options) -> Outcome:
    """Check a registry, each of its packs, and what holds between these."""
    return _check(options, is_registry=True)


def pack_check(options: Options) -> Outcome:
    """Check the pack of one folder."""
    return _check(options, is_registry=False)


def _check(options: Options, *, is_registry: bool) -> Outcome:
    if options.form not in FORMS:
        raise UsageError(f"unknown format {options.form!r}", hint=nearest(options.form, FORMS))
    rules = dict(map(_level, options.rule))
    chosen = CheckOptions(rules=rules, is_strict=options.strict, ref=options.ref, since=options.since)
    report = check(Path(options.path), chosen, is_registry=is_registry)
    lines = check_lines(report)
    if options.form not in PLAIN:
        from agentsync.reporting.check_formats import FORMATS  # what writes them takes long to load

        text = FORMATS[options.form](report).removesuffix("\n")
        lines = text.split("\n") if text else []
    exit_code = Exit.DIFFERS if report.fails else Exit.OK
    return Outcome(data=check_data(report), lines=lines, notes=report.notes, exit=exit_code)


def _level(word: str) -> tuple[str, str]:
    rule, found, level = word.partition("=")
    if not found:
        raise UsageError(f"--rule {word}: a level is missing", hint=f"write --rule {_FORM}")
    return rule, level
