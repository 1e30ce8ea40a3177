"""Fleet check: look at every repository of a list, ask the registries, and remember what was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.commands.fleet_results import results_path, without_credentials
from agentsync.errors import AgentsyncError, Exit, FetchError, UsageError
from agentsync.fleet.check import Check, Checking, results_lock
from agentsync.fleet.engine import Pace, Tally
from agentsync.fleet.listing import FleetList
from agentsync.fleet.listing import Wanted as WantedList
from agentsync.fleet.look import look
from agentsync.fleet.registries import RegistryAnswers, ask_registries
from agentsync.fleet.results import Results
from agentsync.fleet.workers import check_executor
from agentsync.model.fleet import FLEET_NAME, UNANSWERED, FleetStanding
from agentsync.model.measures import DURATIONS, short_time_in
from agentsync.model.names import nearest
from agentsync.model.outcome import Outcome
from agentsync.model.policy import TrustPolicy, strictest
from agentsync.platform.ownership import insist_on_own
from agentsync.platform.places import cache_folder
from agentsync.platform.process_lock import Patience, process_lock
from agentsync.project.session import Options, Session
from agentsync.reporting.fleet_check import check_data, check_lines
from agentsync.reporting.fleet_facts import GOOD, repositories

_ERRORS: Final = UNANSWERED | {FleetStanding.GONE, FleetStanding.BROKEN}
_POLICY: Final = _ERRORS | {FleetStanding.MOVED_TAG, FleetStanding.POLICY}
_FAILS_ON: Final = {
    "drift": _POLICY | {FleetStanding.LOCK, FleetStanding.DRIFT},
    "policy": _POLICY,
    "error": _ERRORS,
    "never": frozenset[FleetStanding](),
}
_MOST_WORST: Final = 20
_RATE: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(?:/s)?")


class Wanted(NamedTuple):
    """The flags, as they are written."""

    lists: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    policy: str = ""
    upstream: bool = False
    max_age: str = "0s"
    retry: bool = False
    fail_on: tuple[str, ...] = ()
    results: str = ""
    jobs: str = ""
    executor: str = "threads"
    limit_rate: str = ""


def check(
    *,
    tell: Callable[[str], None],
    progress: Callable[[str], None] | None = None,
    quiet: bool = False,
    options: Wanted,
) -> Outcome:
    """Look at the repositories of a list.

    Args:
        tell: prints a line for a person.
        progress: shows what is done, None where no person watches.
    """
    how, fails = _checking(options), _fails(options.fail_on)
    session = Session()
    own = strictest(TrustPolicy(), [*session.own_policies.values()])
    listed = FleetList(WantedList(options.lists, options.folders, options.policy), Path.cwd(), own.http_hosts)
    path = results_path(options.results)
    insist_on_own(cache_folder(), may_be_link=True)
    patience = Patience(told=None if quiet else lambda text: tell(f"note: {text}"))
    with process_lock(results_lock(cache_folder(), path), f"the results in {path}", patience):
        results = Results(path, named=bool(options.results))
        try:
            begun = Check(listed, results, how, own.http_hosts, progress or _unheard)
            notes = _notes(options, results, begun)
            if not listed.registries and not options.upstream:
                notes.append(
                    "newer versions are not looked for: no registry is named; --upstream asks all that locks name"
                )
            tally = begun.ask(look)
            if progress is not None and listed.registries:
                progress("the registries")
            cache = session.cache(Options(patience=patience))
            answers = ask_registries(cache, results.rows.uses(), listed.registries, every=options.upstream)
            results.put_upstream(answers.packs)
            begun.finish()
            return _outcome(results, tally, answers, fails, notes)
        finally:
            results.close()
            session.close()


def _checking(options: Wanted) -> Checking:
    check_executor(options.executor)
    max_age = short_time_in(options.max_age)
    if max_age is None:
        raise UsageError(f"--max-age {options.max_age} is no time", hint=f"write it {DURATIONS}")
    if not re.fullmatch("[1-9][0-9]{0,3}|", options.jobs):
        raise UsageError(f"--jobs {options.jobs} is no number of threads", hint="write a number from 1 to 9999")
    rate = _RATE.fullmatch(options.limit_rate or "0")
    if rate is None or (options.limit_rate and not float(rate[1])):
        raise UsageError(
            f"--limit-rate {options.limit_rate} is no rate", hint="write requests in a second, such as 50/s"
        )
    return Checking(
        executor=options.executor,
        jobs=int(options.jobs or 0),
        max_age=float(max_age),
        retry=options.retry,
        pace=Pace(rate=float(rate[1])),
    )


def _fails(words: Iterable[str]) -> frozenset[FleetStanding]:
    """Return the standings that end the command with exit code 1: of several words, those of all."""
    named = [word.strip() for one in words for word in one.split(",")] or ["drift"]
    for word in named:
        if word not in _FAILS_ON:
            hint = nearest(word, _FAILS_ON)
            raise UsageError(f"--fail-on knows no {word!r}", hint=hint)
    return frozenset[FleetStanding]().union(*(_FAILS_ON[word] for word in named))


def _notes(options: Wanted, results: Results, begun: Check) -> list[str]:
    notes = []
    if (options.lists or options.folders) and Path(FLEET_NAME).exists() and FLEET_NAME not in options.lists:
        notes.append(f"{FLEET_NAME} is not read, because the command line names repositories")
    if begun.run.goes_on and (asked := results.rows.runs()[-1].asked):
        notes.append(f"this goes on with a run that was interrupted after {repositories(asked)}")
    return notes


def _outcome(
    results: Results,
    tally: Tally,
    answers: RegistryAnswers,
    fails: frozenset[FleetStanding],
    notes: list[str],
) -> Outcome:
    rows = results.rows
    standings, run = rows.counts(), rows.runs()[-1]
    worst = [
        without_credentials(one)
        for one in rows.repositories(worst_first=True, limit=_MOST_WORST)
        if one.found.standing not in GOOD
    ]
    errors: list[AgentsyncError] = [*answers.failures.values()]
    failed = bool(fails & standings.keys()) or (bool(errors) and FleetStanding.UNREACHABLE in fails)
    code = Exit.DIFFERS if failed else Exit.OK
    if standings.keys() <= UNANSWERED:
        why = worst[0].found.error if worst else ""
        errors.append(FetchError("no repository could be reached", why=why, hint="see that the network is there"))
        code = Exit.FAILED
    elif silent := sum(standings.get(one, 0) for one in UNANSWERED):
        notes.append(f"{repositories(silent)} did not answer; `agentsync fleet check --retry` asks again")
    return Outcome(
        data=check_data(str(results.path), run, standings, worst, tally.asked),
        lines=check_lines(run, standings, worst, tally.asked, tally.requests, tally.received),
        notes=notes,
        exit=code,
        errors=errors,
        findings=answers.findings,
    )


def _unheard(text: str) -> None:
    """Show nothing."""
