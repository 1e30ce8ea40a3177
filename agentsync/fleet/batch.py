"""A batch: the repositories that one worker looks at in one go, and all that their look depends on. It is picklable."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from agentsync.model.fleet import Member

LOOK: Final = 3
"""Grows with each change of what a look finds: rows of another look are asked again."""


class Question(NamedTuple):
    """One repository to look at.

    Args:
        commit: the commit that was looked at before, with the same policy and the same `LOOK`; "" for none. Where the
            repository is still there, the row of that time counts, and nothing more is asked.
        is_folder: it is a working folder on this machine, looked at as it stands on disk.
    """

    member: Member
    commit: str = ""
    is_folder: bool = False


class Batch(NamedTuple):
    """Repositories to look at, at most 50.

    Args:
        policy: the text of the fleet's policy, "" for none; `policy_name` is its name in messages.
        blobs: SHA-256 by blob id, of files that other repositories of the fleet have.
        seconds: the most that one repository may take.
        most: the most bytes that the whole batch may receive.
    """

    questions: tuple[Question, ...]
    policy: str = ""
    policy_name: str = "policy.yaml"
    blobs: Mapping[str, str] = {}
    seconds: float = 60.0
    most: int = 100 * 1024 * 1024
