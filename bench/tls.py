"""First install, install from a lock and update over TLS, 50 ms a request: beside other tools, and beside git alone.

One pack of 17 skills, 408 files, in a repository of its own. All tools get it from one server on loopback, to which
git's settings lead (`http.curloptResolve` where this user may answer at the port of HTTPS, else `insteadOf`, which apm
refuses); a certificate authority that is made on the spot is given to them alone, by their environment. Each
tool has a home, a project and caches of its own, which are put back before each run. A tool that is many times slower
than the fastest is measured in three rounds.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.git_server import Traffic, serving
from bench.installation import Installation, install
from bench.projects import git, publish, skills
from bench.report import Answer, compared, milliseconds, table
from bench.rivals import OWNER, PACK, URL, Rival, rivals, version
from bench.timing import Candidate, Times, limited, peak_memory

_DELAY: Final = 0.05
_SKILLS, _FILES = 17, 24
_ROUNDS, _FEW = 11, 3
_MUCH_SLOWER: Final = 5
_GIT: Final = "git alone"
_HTTPS: Final = 443
_NEW: Final = "Changed words."
# By situation: what a row is called, and the goal beside the fastest of the others.
_SITUATIONS: Final = {
    "first": ("first install", 0.9),
    "locked": ("install from a lock, nothing cached", 0.8),
    "update": ("update, one file changed", 0.9),
}
_REQUESTS: Final = {"first": 4, "locked": None, "update": 3}
_FLOOR_GOAL: Final = 1.6
_WHY_FLOOR: Final = (
    "git writes no file of the user's, plans nothing and waits for no disk; Python takes as long to load as that"
)
_WAITING: Final = "fsync,fdatasync,syncfs,sync,sync_file_range,msync"


def answers(machine: Installation) -> list[Answer]:
    """Measure in memory, and on a disk."""
    found = _measured(machine, "in memory")
    kept = Path("/var/tmp")
    with tempfile.TemporaryDirectory(dir=kept if kept.is_dir() else None) as folder:
        found += _measured(install(Path(folder)), "on disk")
    return found


def remarks() -> list[str]:
    """Return the lines about the tools that were measured."""
    known = {name: version(name) for name in rivals([]) if name != "agentsync"}
    told = ", ".join(f"{name} {found}" for name, found in known.items() if found)
    absent = ", ".join(name for name, found in known.items() if not found)
    return ["", f"Measured beside {told or 'no other tool'}.{f' Not here: {absent}.' if absent else ''}"]


def _measured(machine: Installation, where: str) -> list[Answer]:
    names = [f"{PACK}-{number:04}" for number in range(_SKILLS)]
    served = _publish(machine)
    context, authority = _certificate(machine.root / "tls")
    with serving(machine.root / "served", delay=_DELAY, tls=context, port=_free_port()) as traffic:
        tools = {
            name: _Tool(machine, name, rival, served, _environment(machine, name, traffic, authority))
            for name, rival in rivals(names).items()
            if name == "agentsync" or version(name)
        }
        floor = _Tool(machine, _GIT, _alone(), served, _environment(machine, _GIT, traffic, authority))
        found = list[Answer]()
        for situation in _SITUATIONS:
            rows = [*_situation({**tools, _GIT: floor}, situation, traffic, where)]
            print("\n".join(table(rows)), flush=True)
            found += rows
    return found


def _publish(machine: Installation) -> Path:
    """Publish the repository as it is before and after one file changed; return the link that chooses."""
    content = skills(PACK, _SKILLS, _FILES)
    content[f"{PACK}/.claude-plugin/plugin.json"] = f'{{"name": "{PACK}"}}'
    listed = f'{{"name": "{PACK}", "source": "./{PACK}", "description": "Skills."}}'
    content[".claude-plugin/marketplace.json"] = (
        f'{{"name": "market", "owner": {{"name": "acme"}}, "plugins": [{listed}]}}'
    )
    changed = {path: text + _NEW if path.endswith("0003/notes/05.md") else text for path, text in content.items()}
    after, before = (machine.root / "states" / name / "market.git" for name in ("after", "before"))
    after.parent.mkdir(parents=True)
    publish(machine, "market", [content, changed]).rename(after)
    shutil.copytree(after, before)
    branch = git(machine, "-C", str(before), "symbolic-ref", "HEAD").strip()
    git(machine, "-C", str(before), "update-ref", branch, "v1.0.0")
    git(machine, "-C", str(before), "tag", "-d", "v1.1.0")
    # As a host keeps it: to pack it anew for each client takes a fifth of a second.
    for folder in (after, before):
        git(machine, "-C", str(folder), "repack", "-a", "-d", "-q")
    served = machine.root / "served" / OWNER.partition("/")[0]
    served.parent.mkdir()
    return served


def _certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make an authority, and a certificate for localhost; return what the server needs, and the authority's own."""
    folder.mkdir()
    authority, key = folder / "authority.pem", folder / "authority.key"
    own, own_key, request = folder / "own.pem", folder / "own.key", folder / "own.csr"
    new = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    extension = folder / "extension"
    extension.write_text("subjectAltName=DNS:localhost,DNS:github.com\n")
    signed = ["-CA", str(authority), "-CAkey", str(key), "-CAcreateserial", "-extfile", str(extension)]
    for words in (
        [*new, "-x509", "-days", "2", "-subj", "/CN=bench", "-keyout", str(key), "-out", str(authority)],
        [*new, "-subj", "/CN=localhost", "-keyout", str(own_key), "-out", str(request)],
        ["openssl", "x509", "-req", "-days", "2", "-in", str(request), *signed, "-out", str(own)],
    ):
        subprocess.run(words, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, own_key)
    return context, authority


def _free_port() -> int:
    """Return the port of HTTPS, 0 for any other where it is taken or needs more rights."""
    with socket.socket() as trial, suppress(OSError):
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind(("127.0.0.1", _HTTPS))
        return _HTTPS
    return 0


def _environment(machine: Installation, name: str, traffic: Traffic, authority: Path) -> dict[str, str]:
    """Return the environment of one tool, in which GitHub's address leads to the server."""
    home = machine.root / "tools" / name.replace(" ", "-") / "home"
    config = machine.root / "tls" / "gitconfig"
    if traffic.url.endswith(f":{_HTTPS}"):
        config.write_text(f"[http]\n\tcurloptResolve = github.com:{_HTTPS}:127.0.0.1\n")
    else:
        config.write_text(f'[url "{traffic.url}/"]\n\tinsteadOf = https://github.com/\n')
    quiet = ("DISABLE_TELEMETRY", "DISABLE_AUTOUPDATER", "DISABLE_ERROR_REPORTING", "DO_NOT_TRACK", "NO_COLOR", "CI")
    return {
        **machine.env,
        **dict.fromkeys((*quiet, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"), "1"),
        "PATH": f"{Path(machine.agentsync).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "TMPDIR": str(machine.root / "tmp"),
        "AGENTSYNC_CACHE_DIR": str(home / ".cache" / "agentsync"),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_SSL_CAINFO": str(authority),
        "SSL_CERT_FILE": str(authority),
        "NODE_EXTRA_CA_CERTS": str(authority),
        "REQUESTS_CA_BUNDLE": str(authority),
    }


def _alone() -> Rival:
    """Return what git needs at least: the newest release without its history."""
    fetch = f"git --git-dir=bare fetch -q --no-tags --no-write-fetch-head --depth=1 {URL}"
    init = "git init -q --bare --template= bare"
    return Rival({}, f"{init} && {fetch} HEAD", f"{init} && {fetch} HEAD", f"{fetch} HEAD", ())


class _Tool:
    """A tool in a home and a project of its own, with what it was before each run."""

    def __init__(self, machine: Installation, name: str, rival: Rival, served: Path, env: Mapping[str, str]) -> None:
        self.name = name
        self._rival = rival
        self._served = served
        self._env = env
        self._root = machine.root / "tools" / name.replace(" ", "-")
        self._kept = machine.root / "kept" / name.replace(" ", "-")
        self._states = machine.root / "states"
        Path(env["TMPDIR"]).mkdir(exist_ok=True)
        for folder in ("home", "project"):
            (self._root / folder).mkdir(parents=True)
        for path, text in rival.files.items():
            (self._root / "project" / path).write_text(text)
        self._keep("first")

    def _keep(self, situation: str) -> None:
        (self._kept / situation).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", str(self._root), str(self._kept / situation)], check=True)

    def _put_back(self, situation: str, state: str = "after") -> None:
        for folder in ("home", "project"):  # themselves they stay: some tools know them by their inode
            for path in (self._root / folder).iterdir():
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            subprocess.run(["cp", "-a", f"{self._kept / situation / folder}/.", str(self._root / folder)], check=True)
        self._served.unlink(missing_ok=True)
        self._served.symlink_to(self._states / state)

    def candidate(self, situation: str) -> Candidate | None:
        """Return the command for a situation, None where the tool has none; what it starts from is made once."""
        command = getattr(self._rival, situation)
        if command and not (self._kept / situation).exists():
            self._put_back("first", "before" if situation == "update" else "after")
            self._run(self._rival.first)
            if situation == "locked":
                texts = {path: (self._root / "project" / path).read_bytes() for path in self._rival.locks}
                self._put_back("first")
                for path, data in texts.items():
                    (self._root / "project" / path).write_bytes(data)
            self._keep(situation)
        project = self._root / "project"
        return Candidate(command, project, self._env, lambda: self._put_back(situation)) if command else None

    def _run(self, command: str) -> None:
        Candidate(command, self._root / "project", self._env).run()

    def has_done(self, situation: str) -> bool:
        """Return whether all skills are where the tool puts them, the changed one among them."""
        if self.name == _GIT:
            return True
        notes = [path for path in self._root.rglob("*/notes/05.md") if ".git" not in path.parts]
        folders = {path.parent.parent.name for path in notes if f"{PACK}-0" in str(path)}
        changed = any(path.read_text().endswith(_NEW) for path in notes if f"{PACK}-0003" in str(path))
        return len(folders) == _SKILLS and (changed or situation == "locked")


def _situation(tools: Mapping[str, _Tool], situation: str, traffic: Traffic, where: str) -> Iterator[Answer]:
    what, goal = _SITUATIONS[situation]
    question = f"{what}, {_SKILLS * _FILES} files, {where}"
    candidates = dict[str, Candidate]()
    for name, tool in tools.items():
        try:
            if (one := tool.candidate(situation)) is None:
                continue
            one.run()
        except (SystemExit, OSError) as error:
            print(f"{question}: {name} cannot do it here: {str(error)[:300]}", flush=True)
            continue
        if tool.has_done(situation):
            candidates[name] = one
        else:
            print(f"{question}: {name} does not bring it about here", flush=True)
    times = _compared(candidates)
    ours = times.pop("agentsync")
    others = {name: one for name, one in times.items() if name != _GIT}
    fastest = min(others, key=lambda name: others[name].median, default="")
    for name, theirs in times.items():
        count = len(theirs.rounds)
        few = "" if count == len(ours.rounds) else f" ({count} rounds)"
        wanted = goal if name == fastest else _FLOOR_GOAL if name == _GIT and situation == "first" else None
        same = Times(ours.rounds[:count], ours.processor[:count])
        answer = compared(question, f"{name}{few}", same, theirs, wanted, _WHY_FLOOR if name == _GIT else "")
        yield replace(answer, ours=milliseconds(ours.median))
    yield from _counted(question, candidates, situation, traffic)


def _compared(candidates: Mapping[str, Candidate]) -> dict[str, Times]:
    """Time all in turn, after a round that does not count; what is many times slower stops after a few rounds."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in candidates}
    slow = set[str]()
    for number in range(limited(_ROUNDS) + 1):
        names = [name for name in candidates if name not in slow]
        first = number % len(names)
        for name in names[first:] + names[:first]:
            spent = candidates[name].run()
            if number:
                taken[name].append(spent)
        if number == _FEW:
            medians = {name: statistics.median(wall for wall, _ in taken[name]) for name in names if name != _GIT}
            limit = _MUCH_SLOWER * min(medians.values())
            slow = {name for name, median in medians.items() if median > limit and name != "agentsync"}
    return {name: Times(tuple(w for w, _ in spent), tuple(p for _, p in spent)) for name, spent in taken.items()}


def _counted(question: str, candidates: Mapping[str, Candidate], situation: str, traffic: Traffic) -> Iterator[Answer]:
    """Count requests, bytes, waits for the disk and the most memory, of each in a run of its own."""
    counts = {name: _counts(one, traffic) for name, one in candidates.items()}
    requests, sent, waits, memory = counts.pop("agentsync")
    limit = _REQUESTS[situation]
    told = "; ".join(f"{name} {found[0]}" for name, found in counts.items())
    yield Answer(f"{question}: requests", told, str(requests), "", None, limit, requests, unit="")
    told = "; ".join(f"{name} {found[1]:,}" for name, found in counts.items())
    yield Answer(f"{question}: bytes", told, f"{sent:,}", "", None, None)
    told = "; ".join(f"{name} {found[2]}" for name, found in counts.items())
    yield Answer(f"{question}: waits for the disk", told, waits, "", None, None)
    told = "; ".join(f"{name} {found[3]}" for name, found in counts.items())
    yield Answer(f"{question}: most memory of one process, MB", told, str(memory), "", None, None)


def _counts(candidate: Candidate, traffic: Traffic) -> tuple[int, int, str, int]:
    words = ["sh", "-c", str(candidate.command)]
    memory = peak_memory(replace(candidate, command=words)) // 1_000_000
    candidate.prepare()
    traffic.forget()
    waits = "?"
    with tempfile.NamedTemporaryFile("r") as log:
        if shutil.which("strace") is not None:
            words = ["strace", "-f", "-o", log.name, "-e", f"trace={_WAITING}", *words]
        subprocess.run(words, cwd=candidate.cwd, env=dict(candidate.env), capture_output=True, check=False)
        if words[0] == "strace":
            waits = str(len(re.findall(r"^\d+ +\w+\(", log.read(), re.MULTILINE)))
    return traffic.requests, traffic.sent, waits, memory
