"""Installing from a lock: beside the fetch of just the same tree, beside git alone, beside a clone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from bench.git_server import Traffic, serving
from bench.installation import Installation
from bench.projects import agents, git, project, publish, run, skills
from bench.report import Answer, compared
from bench.timing import Candidate, compare

_DELAY = 0.05
_SLOW_START = "loading what plans and writes an install takes about as long as five times Python, before git starts"
_EACH_FILE = (
    "Python and what plans an install take longer to load than git takes for all; then each file is hashed as git's"
    " and as the lock's, written down beforehand, and put only where nothing stands"
)


def answers(machine: Installation) -> list[Answer]:
    """Measure with nothing cached, over HTTP with 50 ms for each request; and with all cached."""
    # A registry as they are: the pack that is wanted among others, and more in its history.
    releases = []
    for edition in range(5):
        packs = [agents(f"other{pack}", 38, edition=edition, changed=10 if pack % 2 else 0) for pack in range(25)]
        packs += [agents("one", 38, edition=edition, changed=17), skills("large", 50)]
        releases.append({path: text for pack in packs for path, text in pack.items()})
    bare = publish(machine, "market", releases)
    found: list[Answer] = []
    with serving(bare.parent, delay=_DELAY) as slow, serving(bare.parent) as quick:
        found += _one_pack(machine, slow)
        found += _thousand(machine, quick)
        found += _update(machine, quick)
    return found


def _locked(machine: Installation, traffic: Traffic, pack: str) -> tuple[Path, str]:
    """Return a project with a lock, and the tree that it names."""
    folder = project(machine, f"cold-{pack}", {"acme": f"{traffic.url}/market.git"}, [f"acme/{pack}"])
    run(machine, folder, "install")
    tree = next(line for line in (folder / "agentsync.lock").read_text().splitlines() if "  tree: " in line)
    return folder, tree.split()[1]


def _forget(machine: Installation, folder: Path, *, cache: bool = True) -> Callable[[], object]:
    def forget() -> None:
        if cache:
            shutil.rmtree(machine.cache, ignore_errors=True)
        for name in (".claude", ".agentsync"):
            shutil.rmtree(folder / name, ignore_errors=True)

    return forget


def _fetch(machine: Installation, url: str, tree: str, *, files: Path | None = None) -> Candidate:
    """Return the command of git alone: an empty repository, the tree, and with `files` the files of it."""
    bare = machine.root / "fetched.git"

    def anew() -> None:
        shutil.rmtree(bare, ignore_errors=True)
        if files is None:
            subprocess.run(["git", "init", "-q", "--bare", "--template=", str(bare)], check=True, env=machine.env)
        else:
            shutil.rmtree(files, ignore_errors=True)
            files.mkdir()

    fetch = f"git --git-dir={bare} -c fetch.unpackLimit=1 fetch -q --no-tags --no-write-fetch-head {url} {tree}"
    if files is not None:
        checkout = f"git --git-dir={bare} --work-tree={files} checkout-index -a --prefix={files}/"
        init, read = f"git init -q --bare --template= {bare}", f"git --git-dir={bare} read-tree {tree}"
        fetch = f"{init} && {fetch} && {read} && {checkout}"
    return Candidate(fetch, machine.root, machine.env, anew)


def _counted(traffic: Traffic, candidate: Candidate) -> tuple[int, int]:
    candidate.prepare()
    plain = Candidate(candidate.command, candidate.cwd, candidate.env)
    traffic.forget()
    plain.run()
    return traffic.requests, traffic.sent


def _one_pack(machine: Installation, traffic: Traffic) -> list[Answer]:
    folder, tree = _locked(machine, traffic, "one")
    url, goal = f"{traffic.url}/market.git", machine.root / "cloned"
    ours = Candidate([machine.agentsync, "install", "--frozen"], folder, machine.env, _forget(machine, folder))
    fetch = _fetch(machine, url, tree)
    words = ["git", "clone", "-q", "--depth=1", "--branch=v1.4.0", url, str(goal)]
    clone = Candidate(words, machine.root, machine.env, lambda: shutil.rmtree(goal, ignore_errors=True))
    times = compare({"ours": ours, "fetch": fetch, "clone": clone})
    requests, sent = _counted(traffic, ours)
    _, least = _counted(traffic, fetch)
    _, whole = _counted(traffic, clone)
    what = "install from a lock, nothing cached, 38 files, 50 ms a request"
    return [
        compared(what, "git fetch of that tree alone", times["ours"], times["fetch"], 1.6, _SLOW_START),
        compared(what, "git clone --depth 1 -b TAG", times["ours"], times["clone"], 0.65, _SLOW_START),
        Answer("the same, requests", "", str(requests), "", None, 2, requests, unit=""),
        Answer("the same, bytes", "of that tree alone", f"{sent:,}", f"{least:,}", sent / least, 1.1),
        Answer("the same, bytes", "of the clone", f"{sent:,}", f"{whole:,}", sent / whole, None),
    ]


def _thousand(machine: Installation, traffic: Traffic) -> list[Answer]:
    folder, tree = _locked(machine, traffic, "large")
    url, files = f"{traffic.url}/market.git", machine.root / "checked-out"
    cold = Candidate([machine.agentsync, "install", "--frozen"], folder, machine.env, _forget(machine, folder))
    shell = _fetch(machine, url, tree, files=files)
    times = compare({"ours": cold, "shell": shell})
    found = [
        compared(
            "install from a lock, nothing cached, 1,000 files",
            "git init, fetch, read-tree, checkout-index",
            times["ours"],
            times["shell"],
            1.6,
            _SLOW_START,
        )
    ]
    run(machine, folder, "install")
    warm = Candidate(cold.command, folder, machine.env, _forget(machine, folder, cache=False))
    bare = machine.root / "fetched.git"
    checkout = f"git --git-dir={bare} read-tree {tree} && git --git-dir={bare} --work-tree={files} "

    def empty() -> None:
        shutil.rmtree(files, ignore_errors=True)
        files.mkdir()

    index = Candidate(f"{checkout} checkout-index -a --prefix={files}/", machine.root, machine.env, empty)
    times = compare({"ours": warm, "index": index})
    requests, _ = _counted(traffic, warm)
    what = "install from a lock, all cached, 1,000 files"
    return [
        *found,
        compared(what, "git read-tree, checkout-index", times["ours"], times["index"], 3.0, _EACH_FILE),
        Answer("the same, requests", "", str(requests), "", None, 0, requests, unit=""),
    ]


def _update(machine: Installation, traffic: Traffic) -> list[Answer]:
    """Measure an update to a later release, in which the pack has changed."""
    url = f"{traffic.url}/market.git"
    folder = project(machine, "update", {"acme": url}, ["acme/one"])
    manifest = (folder / "agentsync.yaml").read_text()
    (folder / "agentsync.yaml").write_text(manifest.replace("^1", "==1.0.0"))
    shutil.rmtree(machine.cache, ignore_errors=True)
    first, _ = _counted(traffic, Candidate([machine.agentsync, "install"], folder, machine.env))
    (folder / "agentsync.yaml").write_text(manifest)
    requests, sent = _counted(traffic, Candidate([machine.agentsync, "update"], folder, machine.env))
    bare = machine.root / "updated.git"
    fetch = ["git", f"--git-dir={bare}", "fetch", "-q", "--no-tags", url]
    git(machine, "init", "-q", "--bare", "--template=", str(bare))
    git(machine, *fetch[1:], "refs/tags/v1.0.0:refs/tags/v1.0.0")
    everything = Candidate([*fetch, "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*"], machine.root, machine.env)
    _, whole = _counted(traffic, everything)
    what = "update of one pack that changed"
    return [
        Answer("first install of one pack, requests", "", str(first), "", None, 4, first, unit=""),
        Answer(f"{what}, requests", "", str(requests), "", None, 3, requests, unit=""),
        Answer(f"{what}, bytes", "git fetch of heads and tags", f"{sent:,}", f"{whole:,}", sent / whole, 0.25),
    ]
