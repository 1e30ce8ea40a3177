"""Make planned releases: write the files, commit them, tag, and push all at once.

Each step is done once: a run that begins where another one ended finds what is done, and goes on.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from agentsync.disk.author_tree import AuthorTree
from agentsync.errors import AgentsyncError
from agentsync.git.author import AuthorRepository
from agentsync.model.published import Released
from agentsync.publishing.history import History
from agentsync.publishing.planned import Planned
from agentsync.publishing.publish_journal import FOLDER
from agentsync.publishing.tags import message


class Maker:
    """The maker of the releases of one repository.

    Args:
        sign: whether tags are signed, whatever git's settings say.
    """

    def __init__(self, author: AuthorRepository, history: History, *, sign: bool) -> None:
        self._author, self._history, self._sign = author, history, sign
        self._tree = AuthorTree(author.top, author.git_dir / FOLDER)

    def make(self, plans: Sequence[Planned]) -> Iterator[Released]:
        """Make releases, and yield each once its tag is there; packs that share a tag get it together."""
        left = {plan.tag: sum(one.tag == plan.tag for one in plans) for plan in plans}
        waiting: dict[str, list[Planned]] = defaultdict(list)
        for plan in plans:
            if not plan.done:
                self._commit(plan)
            waiting[plan.tag].append(plan)
            left[plan.tag] -= 1
            if not left[plan.tag]:
                yield from self._tagged(waiting.pop(plan.tag))

    def _commit(self, plan: Planned) -> None:
        """Write and commit the files of a release; where git refuses, they are as they were."""
        before = self._author.head()
        written = {path: edit for path, edit in plan.edits.items() if edit.before != edit.after}
        for path, edit in written.items():
            self._tree.put(path, edit.before, edit.after)
        if not plan.edits:
            return
        try:
            self._author.commit(list(plan.edits), f"Release {plan.offer.name} {plan.version}\n")
        except AgentsyncError:
            if self._author.head() == before:
                for path, edit in written.items():
                    self._tree.put(path, edit.after, edit.before)
            raise

    def _tagged(self, plans: Sequence[Planned]) -> Iterator[Released]:
        first = plans[0]
        commit = next((plan.done for plan in plans if plan.done), "")
        if not commit:
            commit = self._author.head()
            names = ", ".join(plan.offer.name for plan in plans)
            section = "\n\n".join(filter(None, (plan.section for plan in plans)))
            trees = [(self._history.tree(plan.offer, commit), plan.grants) for plan in plans]
            text = message(names, first.version, section, trees)
            signed = self._author.tag(first.tag, commit, text, sign=self._sign)
        else:
            signed = self._author.is_signed(first.tag)
        for plan in plans:
            yield released(plan, commit, self._history.tree(plan.offer, commit), signed=signed)


def released(plan: Planned, commit: str | None, tree: str | None, *, signed: bool) -> Released:
    """Return what is told of a release that was made, or that would be."""
    return Released(
        pack=plan.offer.name,
        before=str(plan.before) if plan.before is not None else None,
        version=plan.version,
        tag=plan.tag,
        commit=commit,
        tree=tree,
        reason=plan.reason,
        gained=plan.gained,
        lost=plan.lost,
        signed=signed,
    )
