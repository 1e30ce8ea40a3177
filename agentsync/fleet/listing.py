"""The list of a fleet: `fleet.yaml`, files with repositories, folders of this machine.

All of it is read before any repository is asked.

Repositories are handed on as they are read: a list of any length takes no memory.
"""

from __future__ import annotations

import glob
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.errors import AgentsyncError, ManifestError
from agentsync.fleet.batch import Question
from agentsync.formats.fleet import FleetError, is_excluded, member_url, parse_fleet, read_list
from agentsync.formats.policy import KEYS, read_policy
from agentsync.formats.section import read_section
from agentsync.model.fleet import FLEET_NAME, Fleet, Member
from agentsync.model.git_url import GitUrl
from agentsync.model.policy import TrustPolicy
from agentsync.platform.places import home_folder
from agentsync.platform.plain_files import read_plain_file

STANDARD_INPUT: Final = "-"
_LARGEST: Final = 16 * 1024 * 1024  # bytes of a fleet.yaml, and of a policy
_YAML: Final = (".yaml", ".yml")
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")  # how UTF-16 begins, which some shells write into files
_HINT: Final = f"write a {FLEET_NAME} here, or name repositories with --from FILE or --folder GLOB"


class Wanted(NamedTuple):
    """What the command line says of a fleet.

    Args:
        lists: files with repositories, or `fleet.yaml` under another name; `-` is standard input.
        folders: globs over folders of this machine.
        policy: the file of a policy, in the place of the one that `fleet.yaml` names; "" for none.

    Where neither lists nor folders are named, the `fleet.yaml` of the current folder is meant.
    """

    lists: Sequence[str] = ()
    folders: Sequence[str] = ()
    policy: str = ""


class FleetList:
    """The repositories of a fleet, and what they are held against.

    Args:
        wanted: what the command line says.
        here: the current folder.
        http_hosts: hosts that plain http may go to.

    Attributes:
        policy: the text of the policy, "" for none; `policy_name` is its name in messages.
        registries: the registries that are asked in any case, by alias.

    Raises:
        FleetError: where a file is missing, or is not valid.
        ManifestError: where the policy is not valid.
    """

    def __init__(self, wanted: Wanted, here: Path, http_hosts: Iterable[str]) -> None:
        self._here = here
        self._allow_http = frozenset(http_hosts)
        self._folders = wanted.folders
        names = wanted.lists or (() if wanted.folders else (FLEET_NAME,))
        fleets = [name for name in names if name.endswith(_YAML)]
        if len(fleets) > 1:
            raise FleetError(f"{fleets[0]} and {fleets[1]} are two fleets", hint=f"name one {FLEET_NAME}")
        self._name = fleets[0] if fleets else ""
        self._fleet = self._parsed() if self._name else Fleet()
        self._lists = [(name, here) for name in names if not name.endswith(_YAML)]
        self._lists += [(name, self._home) for name in self._fleet.lists]
        self.registries: Mapping[str, GitUrl] = self._fleet.registries
        self.policy_name, self.policy = "policy.yaml", ""
        if wanted.policy or self._fleet.policy:
            self.policy_name = wanted.policy or self._fleet.policy
            self.policy = _policy(here / wanted.policy if wanted.policy else self._home / self._fleet.policy)

    def policies(self) -> dict[str, TrustPolicy]:
        """Return the policy by its name in messages; nothing where there is none."""
        if not self.policy:
            return {}
        return {self.policy_name: read_policy(read_section(self.policy, self.policy_name, ManifestError))}

    def questions(self) -> Iterator[Question]:
        """Yield every repository that is not excluded, as it is read; one that is listed twice comes twice."""
        for question in self._all():
            if not is_excluded(question.member.url, self._fleet.exclude):
                yield question

    def _all(self) -> Iterator[Question]:
        yield from map(Question, self._fleet.repositories)
        for name, home in self._lists:
            with _lines(name, home) as (lines, folder):
                for member in read_list(lines, name=_shown(name), base=folder.as_posix(), allow_http=self._allow_http):
                    yield Question(member)
        for pattern in self._folders:
            yield from self._matching(pattern)

    def _matching(self, pattern: str) -> Iterator[Question]:
        """Yield the folders that a glob names."""
        base, rest = (home_folder(), pattern[2:]) if pattern.startswith("~/") else (self._here, pattern)
        whole = os.path.join(base, rest)  # noqa: PTH118 - a glob is no path
        # A shell may have put a folder in the place of a glob: one that is there is meant itself.
        matching = [whole] if os.path.isdir(whole) else glob.iglob(whole, recursive=True)  # noqa: PTH112, PTH207
        folders = sorted(found for found in matching if os.path.isdir(found))  # noqa: PTH112
        if not folders:
            raise FleetError(f"--folder {pattern} names no folder", hint="quote it, so that it comes here as it is")
        for found in folders:
            try:
                yield Question(Member(member_url(Path(found).as_posix())), is_folder=True)
            except AgentsyncError as error:
                raise FleetError(
                    f"--folder {pattern}: {found}: {error.what}", why=error.why, hint=error.hint
                ) from error

    @property
    def _home(self) -> Path:
        """The folder that the paths in `fleet.yaml` start from."""
        return (self._here / self._name).parent if self._name else self._here

    def _parsed(self) -> Fleet:
        where = self._here / self._name
        with _told(self._name, hint=_HINT if self._name == FLEET_NAME else ""):
            text = read_plain_file(where, _LARGEST, follow=True).decode("utf-8-sig", "replace")
        return parse_fleet(text, name=self._name, base=self._home.as_posix(), allow_http=self._allow_http)


def _policy(where: Path) -> str:
    """Return the text of a policy, which is valid."""
    with _told(str(where)):
        text = read_plain_file(where, _LARGEST, follow=True).decode("utf-8", "replace")
    read_policy(read_section(text, str(where), ManifestError, hint=f"the rules are {', '.join(KEYS)}"))
    return text


def _shown(name: str) -> str:
    return "standard input" if name == STANDARD_INPUT else name


@contextmanager
def _lines(name: str, home: Path) -> Iterator[tuple[Iterator[str], Path]]:
    """Open a list; yield its lines, and the folder that its relative paths start from."""
    if name == STANDARD_INPUT:
        yield _decoded(open(0, "rb", closefd=False)), home
        return
    with _told(name), (home / name).open("rb") as data:
        yield _decoded(data), (home / name).parent


def _decoded(data: io.BufferedReader) -> Iterator[str]:
    encoding = "utf-16" if data.peek(2)[:2] in _WIDE else "utf-8"
    return io.TextIOWrapper(data, encoding, errors="replace")


@contextmanager
def _told(name: str, *, hint: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FleetError(f"cannot read {name}", why=why, hint=hint or "name a file that is there") from error
