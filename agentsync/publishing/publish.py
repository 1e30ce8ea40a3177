"""Publish packs: plan the releases, refuse all or make all, and push them together."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from packaging.version import Version

from agentsync.checking.engine import Source, check_registry
from agentsync.errors import AgentsyncError, FetchError, RefusedError, UsageError
from agentsync.git.author import AuthorRepository, push_line, tags_line
from agentsync.git.own_repository import open_checkout
from agentsync.model.check import CheckFinding
from agentsync.model.finding import Level
from agentsync.model.published import Published, Released
from agentsync.platform.process_lock import Patience, process_lock
from agentsync.publishing.asked import DEFAULT_REMOTE, Asked, PublishOptions, asked_in
from agentsync.publishing.branches import Line, line_of, line_refusals, signing_refusals
from agentsync.publishing.carrying_out import Maker, released
from agentsync.publishing.history import History, url_for
from agentsync.publishing.planned import Planned, refusal
from agentsync.publishing.planner import Ground, Planner, is_of_release
from agentsync.publishing.publish_journal import Begun, PublishJournal
from agentsync.versions.refs import Refs
from agentsync.versions.version import version_of

_LOCK: Final = "agentsync-publish.lock"
_MOST_TOLD: Final = 5


class Publishing:
    """The publishing of packs of one repository, at one commit.

    Args:
        confirm: shows a person the releases, and asks whether they are to be made; None where no person is there.
    """

    def __init__(
        self,
        author: AuthorRepository,
        history: History,
        options: PublishOptions,
        confirm: Callable[[tuple[Released, ...]], bool] | None = None,
    ) -> None:
        self._author, self._history, self._options, self._confirm = author, history, options, confirm
        self._journal = PublishJournal(author.git_dir)

    def publish(self, words: Sequence[str]) -> Published:
        """Publish the packs that words name."""
        line, words = self._line(words)
        asked = asked_in(words, self._history.offers, self._options)
        seen, unseen = self._seen(line.remote)
        remote = seen if self._options.push else None
        today, stopped = self._today()
        stopped += line_refusals(self._author, line, seen, backport=self._options.backport)
        stopped += signing_refusals(self._author, asked=self._options.sign)
        begun = self._begun(line.head)
        planner = Planner(Ground(self._author, self._history, self._options, seen, begun, today))
        plans = self._plans(planner, asked)
        findings, unfit = self._check(plans)
        refusals = [*stopped, *(error for plan in plans for error in plan.refusals), *unfit]
        notes = (*unseen, *(note for plan in plans for note in plan.notes))
        told = tuple(released(plan, None, None, signed=False) for plan in plans)
        if refusals or self._options.dry_run:
            return Published(told, refusals=tuple(refusals), findings=tuple(findings), notes=notes)
        if self._confirm is not None and any(plan.is_decided and not plan.done for plan in plans):
            if not self._confirm(told):
                return Published(is_agreed=False)
        made = self._make(plans, line, remote, today)
        return made._replace(notes=(*notes, *self._unpushed(line.remote, remote, made)))

    def _seen(self, remote: str) -> tuple[Refs | None, list[str]]:
        """Return what the remote has, None where there is none, and a note where only a push could not do without it.

        A tag that is there already with other files makes a release that can never be pushed.
        """
        if self._options.push:
            return self._author.ask_remote(remote), []
        if not remote:
            return None, []
        try:
            return self._author.ask_remote(remote), []
        except FetchError as error:
            return None, [f"{remote} was not asked which releases it has: {error.why or error.what}"]

    def _unpushed(self, remote: str, there: Refs | None, made: Published) -> list[str]:
        """Return a note of releases that were made earlier and that the remote that was pushed to lacks."""
        if there is None:
            return []
        own = [offer for offer in self._history.offers.every if not offer.elsewhere]
        known = {one.tag for offer in own for one in self._history.releases(offer)}
        tags = sorted(known - there.tags.keys() - {one.tag for one in made.released})
        if not tags:
            return []
        more = f" and {len(tags) - _MOST_TOLD} more" if len(tags) > _MOST_TOLD else ""
        command = tags_line(remote, tags[:_MOST_TOLD])
        return [f"releases that are here, and not at {remote}: {', '.join(tags[:_MOST_TOLD])}{more}; `{command}`"]

    def _line(self, words: Sequence[str]) -> tuple[Line, Sequence[str]]:
        """Return the branch and the remote; a word behind `--push` that is no remote here is a pack."""
        push = self._options.push
        is_pack = push and self._history.offers.named(push.partition("@")[0]) is not None
        if is_pack and push not in self._author.remotes():
            return line_of(self._author, DEFAULT_REMOTE), [push, *words]
        return line_of(self._author, push), words

    def _today(self) -> tuple[str, list[AgentsyncError]]:
        try:
            return self._author.date(), []
        except RefusedError as error:
            return "", [error]

    def _begun(self, head: str) -> Begun | None:
        """Return what an interrupted run had decided, None where other commits came since."""
        begun = self._journal.read()
        if begun is None or not self._author.is_ancestor(begun.head, head):
            return None
        since = self._author.subjects(begun.head, "")
        return begun if all(is_of_release(subject) for subject in since) else None

    def _plans(self, planner: Planner, asked: Sequence[Asked]) -> list[Planned]:
        if self._options.everything:
            asked = [one for one in asked if planner.has_changed(one.offer)]
        plans = [planner.plan(one) for one in asked]
        shared = {plan.tag_family for plan in plans if plan.tag_family}
        if not shared:
            return plans
        lowest = {family: _highest(plans, family) for family in shared}
        return [
            planner.plan(one, lowest[plan.tag_family]) if plan.tag_family else plan
            for one, plan in zip(asked, plans, strict=True)
        ]

    def _check(self, plans: Sequence[Planned]) -> tuple[list[CheckFinding], list[AgentsyncError]]:
        """Return the errors that the checks find in packs and in their registry, and a refusal for each of these."""
        names = [plan.offer.name for plan in plans if not plan.done]
        if not names:
            return [], []
        source = Source(self._history.files(self._history.head), self._history.url)
        found = [one for one in check_registry(source, only=names).findings if one.level is Level.ERROR]
        errors = [one for one in found if one.pack in ("", *names)]
        by_pack = {name: [one for one in errors if one.pack == name] for name in ("", *names)}
        return errors, [_unfit(name, these) for name, these in by_pack.items() if these]

    def _make(self, plans: Sequence[Planned], line: Line, remote: Refs | None, today: str) -> Published:
        self._journal.write(Begun(line.head, today, {plan.offer.name: plan.version for plan in plans}))
        maker = Maker(self._author, self._history, sign=self._options.sign)
        made = tuple(maker.make(plans))
        tags = list(dict.fromkeys(one.tag for one in made))
        if remote is not None:
            self._author.push(line.remote, line.branch, [tag for tag in tags if tag not in remote.tags])
        self._journal.end()
        pushed = line.remote if remote is not None else ""
        command = push_line(line.remote, line.branch, tags) if made and line.remote and not pushed else ""
        return Published(made, pushed, command)


def _unfit(name: str, errors: Sequence[CheckFinding]) -> AgentsyncError:
    told = [f"{one.path}:{one.line} {one.rule}: {one.what}" for one in errors[:_MOST_TOLD]]
    told += [f"and {len(errors) - _MOST_TOLD} more"] * (len(errors) > _MOST_TOLD)
    what = f"{name or 'the registry'} does not pass the checks"
    return refusal(what, why="; ".join(told), hint="`agentsync registry check` says how to mend it")


def _highest(plans: Sequence[Planned], family: str) -> Version | None:
    versions = [version_of(plan.version) for plan in plans if plan.tag_family == family]
    return max((version for version in versions if version is not None), default=None)


@contextmanager
def publishing(
    folder: Path, options: PublishOptions, confirm: Callable[[tuple[Released, ...]], bool] | None = None
) -> Iterator[Publishing]:
    """Open the repository that a folder is in for publishing; one process at a time publishes there.

    Raises:
        UsageError: where the folder is in no working tree of git.
        FetchError: where the repository cannot be read.
        ResolutionError: where its `registry.yaml` is not valid.
    """
    with open_checkout(folder, "HEAD") as checkout:
        repository = checkout.repository
        if repository.git_dir is None:
            raise UsageError(f"{folder} is in no git repository", hint="releases are git tags: git init")
        author = AuthorRepository(repository.top, repository.git_dir)
        with process_lock(repository.git_dir / _LOCK, "this repository", Patience()):
            yield Publishing(author, History(repository, url_for(checkout), checkout.commit), options, confirm)
