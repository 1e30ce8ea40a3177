"""Branches with updates: what a checkout would come to, pushed once, and never where something stands against it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from agentsync.fleet.branches import Remote, push_options
from agentsync.formats.git_url import parse_git_url
from tests.cli.http_server import serving
from tests.fleet.updates import Updates
from tests.sandbox import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture
def fleet(sandbox: Sandbox) -> Updates:
    """A fleet without a project."""
    return Updates(sandbox)


def test_each_branch_is_what_a_checkout_comes_to(fleet: Updates) -> None:
    """The tree is that of a checkout: merged edits, modes, line ends, links, what git ignores, several folders."""
    top = fleet.project("plain", files={"src/main.c": "int main;\n", "large.bin": bytes(300_000)})
    critic = top / ".claude/agents/critic.md"
    critic.write_text(critic.read_text().replace("Five.", "Five, ours."))
    fleet.project("ends", files={".gitattributes": "*.md text eol=crlf\n*.sh text eol=lf\n"})
    fleet.project("ignored", files={".gitignore": ".claude/\n"})
    fleet.project("folders", files={"services/api/x.py": ""})
    fleet.project("folders", folder="services/api")
    linked = fleet.project("linked", files={"tools/claude/readme": "x\n"})
    fleet.sandbox.shell("cp -r .claude/. tools/claude && rm -rf .claude && ln -s tools/claude .claude", cwd=linked)
    local = fleet.project("local", files={"own/agents/mine.md": "---\nname: mine\ndescription: Ours.\n---\nA\n"})
    with (local / "agentsync.yaml").open("a") as manifest:
        manifest.write("  mine: {path: ./own}\n")
    assert fleet.sandbox.run("install", "--accept-grants", cwd=local).exit == 0
    names = ("plain", "ends", "ignored", "folders", "linked", "local")
    bases = {name: fleet.push(name) for name in names}
    fleet.release()
    fleet.checked()

    dry = fleet.run("update", "--dry-run", "--limit", "2")
    assert dry.exit == 0, dry.stderr
    assert dry.stdout.count("would push") == 2
    assert not any(fleet.updates(name) for name in names)
    done = fleet.run("update", "--json")
    assert done.exit == 0, done.stderr + done.stdout
    rows = {Path(row["repository"]).stem: row for row in json.loads(done.stdout)["data"]["repositories"]}
    for name in names:
        repository, (branch,) = fleet.repositories[name], fleet.updates(name)
        assert (rows[name]["state"], rows[name]["branch"]) == ("pushed", branch)
        assert repository.git("rev-parse", f"{branch}^{{tree}}").strip() == fleet.tree_of_checkout(name), name
        assert repository.git("rev-parse", f"{branch}^", "main").split() == [bases[name]] * 2
    shown = fleet.repositories["plain"].git("log", "-1", "--format=%an|%ae|%B", fleet.updates("plain")[0])
    assert shown.startswith("Ann|ann@example.org|chore(agents): update acme/web to 1.1.0\n\n- acme/web 1.0.0 -> 1.1.0")
    merged = fleet.repositories["plain"].read(fleet.updates("plain")[0], ".claude/agents/critic.md").decode()
    assert "Twice." in merged and "Five, ours." in merged
    assert rows["ignored"]["files"] == ["agentsync.lock"]

    commits = {name: fleet.repositories[name].git("rev-parse", fleet.updates(name)[0]) for name in names}
    again = fleet.run("update")
    assert again.exit == 0
    assert again.stdout.count("there ") == len(names)
    assert {name: fleet.repositories[name].git("rev-parse", *fleet.updates(name)) for name in names} == commits


def test_what_stands_against_it(fleet: Updates) -> None:
    """A conflict, a grant, a policy, a folder elsewhere: each is told, and has no branch; the others get theirs."""
    edited = fleet.project("conflict") / ".claude/agents/critic.md"
    edited.write_text(edited.read_text().replace("Two.", "Too."))
    fleet.project("grant", "net")
    elsewhere = fleet.project("elsewhere")
    secret = fleet.sandbox.root / "secret"
    (secret / "agents").mkdir(parents=True)
    (secret / "agents/s.md").write_text("---\nname: s\ndescription: Secret.\n---\nSecret\n")
    with (elsewhere / "agentsync.yaml").open("a") as manifest:
        manifest.write(f"  s: {{path: {secret}}}\n")
    fleet.project("one")
    fleet.project("two")
    names = ("conflict", "elsewhere", "grant", "one", "two")
    for name in names:
        fleet.push(name)
    fleet.release()
    fleet.checked()
    (fleet.sandbox.root / "made" / "one" / "later.txt").write_text("The base has moved.\n")
    base = fleet.push("one")
    assert "no update" in fleet.run("update", "--standing", "drift").stdout
    done = fleet.run("update", "--limit", "1", "--then", 'echo "$BRANCH of $BASE $TITLE"; exit $((0))')
    assert done.exit == 1
    for name, why in (("conflict", "same lines"), ("elsewhere", "outside of"), ("grant", "power")):
        assert any(f"{name}.git" in line and why in line for line in done.stdout.splitlines()), done.stdout
        assert not fleet.updates(name)
    (branch,) = fleet.updates("one")
    assert fleet.repositories["one"].git("rev-parse", f"{branch}^").strip() == base
    assert not fleet.updates("two")
    assert f"--then: {branch} of main chore(agents): update acme/web to 1.1.0" in done.stderr
    assert "1 repository not looked at: --limit 1" in done.stderr
    (fleet.sandbox.project / "policy.yaml").write_text("deny_grants: [model-invocable]\n")
    refused = fleet.run("update", "--policy", "policy.yaml", "--json")
    assert refused.exit == 1
    assert {row["state"] for row in json.loads(refused.stdout)["data"]["repositories"]} == {"refused"}
    assert fleet.run("update", "--limit", "none").exit == 2
    assert fleet.run("update", "--standing", "outdatd").exit == 2
    assert fleet.run("update", "--pack", "other/*").stdout == "no update changes a file\n"
    failing = fleet.run("update", "--then", "exit 7")
    assert failing.exit == 1
    assert "--then ended with 7" in failing.stdout and fleet.updates("two")


def test_the_end_of_branches(fleet: Updates) -> None:
    """Merged by a merge or as one commit, stale, changed by others, noted by a run that was killed; only ours go."""
    for name in ("merged", "squashed", "stale", "changed", "open"):
        fleet.project(name)
        fleet.push(name)
    fleet.release()
    fleet.checked()
    noted = fleet.results.read_bytes()
    assert fleet.run("update").exit == 0
    branches = {name: fleet.updates(name)[0] for name in fleet.repositories}
    for name, how in (("merged", "merge -q --no-ff"), ("squashed", "merge -q --squash"), ("changed", "checkout -q")):
        made = fleet.sandbox.root / "made" / name
        fleet.git(made, f"fetch -q {fleet.repositories[name].path} {branches[name]}")
        fleet.git(made, f"{how} FETCH_HEAD")
        (made / "later.txt").write_text("x\n")
        fleet.git(made, "add -A")
        fleet.git(made, "commit -q -m later")
        goal = branches[name] if name == "changed" else "main"
        fleet.git(made, f"push -q {fleet.repositories[name].path} HEAD:{goal}")
    stale = fleet.sandbox.root / "made" / "stale"
    (stale / "agentsync.yaml").write_text((stale / "agentsync.yaml").read_text().replace("^1", "1.0.0"))
    assert fleet.sandbox.run("install", cwd=stale).exit == 0
    fleet.push("stale")
    (fleet.sandbox.root / "made" / "open" / "README.md").write_text("The base has moved.\n")
    fleet.push("open")

    expected = {"merged": "merged", "squashed": "merged", "stale": "stale", "changed": "stale", "open": "open"}
    told = fleet.run("status", "--branches", "--json")
    rows = {Path(row["repository"]).stem: row for row in json.loads(told.stdout)["data"]["branches"]}
    assert {name: row["state"] for name, row in rows.items()} == expected
    assert {name for name, row in rows.items() if not row["is_ours"]} == {"changed"}
    assert fleet.run("update").stdout.count("there ") >= 1
    assert fleet.updates("open") == [branches["open"]], "the same outcome on a later base is the same branch"
    dry = fleet.run("close", "--dry-run")
    assert dry.stdout.count("would delete") == 3 and all(map(fleet.updates, branches))
    done = fleet.run("close")
    assert done.exit == 0, done.stdout + done.stderr
    left = {name for name, branch in branches.items() if branch in fleet.updates(name)}
    assert left == {"changed", "open"}
    assert "it is not as it was pushed from here" in done.stdout

    fleet.results.write_bytes(noted)
    for more in ("-wal", "-shm"):
        fleet.results.with_name(f"{fleet.results.name}{more}").unlink(missing_ok=True)
    assert fleet.run("close").exit == 0
    assert fleet.updates("open") == [branches["open"]], "what was not noted is not deleted"


def test_only_new_branches_are_pushed(fleet: Updates) -> None:
    """The branch of the list is the base; what cannot be pushed is told; a kill between note and push costs nothing."""
    for name in ("named", "second"):
        fleet.project(name)
        fleet.push(name)
    named = fleet.repositories["named"]
    named.git("branch", "release", "main")
    named.git("branch", "agentsync", "main")  # no branch below it can be made
    fleet.project("named", files={"later.txt": "On main alone.\n"})
    fleet.push("named")
    before = named.git("rev-parse", "main", "release").split()
    fleet.release()
    fleet.checked()
    listed = fleet.sandbox.project / "fleet.yaml"
    text = listed.read_text()
    listed.write_text(text.replace(f"- {named.url}", f"- {{git: {named.url}, branch: release}}"))
    refused = fleet.run("update", "--pack", "acme/*", "--limit", "1")
    assert refused.exit == 1
    assert "does not take the branch agentsync/update-" in refused.stdout
    assert fleet.updates("second")
    named.git("branch", "-D", "agentsync")
    second = fleet.repositories["second"]
    second.git("update-ref", "-d", f"refs/heads/{fleet.updates('second')[0]}")

    running = fleet.start("update", "--pause", "60s")
    deadline = time.monotonic() + 60
    try:
        while not (fleet.updates("named") and len(fleet.noted()) == 2):
            assert time.monotonic() < deadline and running.poll() is None
            time.sleep(0.05)
    finally:
        running.kill()
        running.wait()
    assert not fleet.updates("second")
    assert fleet.run("update").exit == 0
    assert fleet.updates("second")
    (branch,) = fleet.updates("named")
    assert named.git("rev-parse", "main", "release").split() == before
    assert named.git("rev-parse", f"{branch}^").strip() == before[1]
    told = json.loads(fleet.run("status", "--branches", "--json").stdout)["data"]["branches"]
    assert [(row["state"], row["is_ours"]) for row in told] == [("open", True)] * 2


def test_nothing_of_a_repository_is_run(fleet: Updates, tmp_path: Path) -> None:
    """No hook at either end, no filter that attributes name, no credentials in what is printed; over http too."""
    fleet.project("shop", files={".gitattributes": "*.md filter=spy\n"})
    fleet.push("shop")
    fleet.release()
    spy = tmp_path / "spied"
    hooks = fleet.sandbox.root / "hooks"
    for folder in (hooks, fleet.repositories["shop"].path / "hooks"):
        folder.mkdir(exist_ok=True)
        for hook in (
            "pre-push",
            "pre-receive",
            "update",
            "post-checkout",
            "reference-transaction",
            "post-index-change",
        ):
            (folder / hook).write_text(f"#!/bin/sh\ntouch {spy}\n")
            (folder / hook).chmod(0o755)
    with (fleet.sandbox.home / ".gitconfig").open("a") as config:
        config.write(f"[core]\n\thooksPath = {hooks}\n")
        config.write(f'[filter "spy"]\n\tclean = touch {spy}; cat\n\tsmudge = touch {spy}; cat\n')
    fleet.checked()
    assert fleet.run("update").exit == 0
    assert not spy.exists()
    (branch,) = fleet.updates("shop")
    fleet.repositories["shop"].git("update-ref", "-d", f"refs/heads/{branch}")
    asked = tmp_path / "asked"
    fleet.repositories["shop"].git("config", "receive.advertisePushOptions", "true")
    answering = fleet.repositories["shop"].path / "hooks" / "pre-receive"
    answering.write_text(f'#!/bin/sh\necho "$GIT_PUSH_OPTION_0 $GIT_PUSH_OPTION_1 $GIT_PUSH_OPTION_2" >> {asked}\n')
    with serving(fleet.hosted, user="kim", password="s3cret") as url:
        fleet.checked([f"{url.replace('://', '://kim:s3cret@')}/shop.git"])
        done = fleet.run("update", "--json", GIT_ALLOW_PROTOCOL="file:http")
        assert done.exit == 0, done.stdout + done.stderr
        assert fleet.updates("shop") == [branch]
        told = fleet.run("status", "--branches", GIT_ALLOW_PROTOCOL="file:http")
        assert "open" in told.stdout
        closed = fleet.run("close", GIT_ALLOW_PROTOCOL="file:http")
    title = "chore(agents): update acme/web to 1.1.0"
    first = f"merge_request.create merge_request.target=main merge_request.title={title}\n"
    assert asked.read_text() == first
    printed = done.stdout + done.stderr + told.stdout + told.stderr + closed.stdout + closed.stderr
    assert "s3cret" not in printed
    assert b"s3cret" not in fleet.results.read_bytes()


def test_files_that_are_not_as_git_would_write_them(fleet: Updates) -> None:
    """Nothing but the update changes; no file of this machine is pushed; what a program has to encode is told."""
    unclean = fleet.project("unclean", files={".claude/agents/own.md": "---\r\nname: own\r\n---\r\nOurs.\r\n"})
    fleet.git(unclean, "add -A")
    fleet.git(unclean, "commit -q -m first")
    (unclean / ".gitattributes").write_text("*.md text\n")
    secret = fleet.sandbox.root / "secret" / "agents"
    secret.mkdir(parents=True)
    (secret / "s.md").write_text("---\nname: s\ndescription: Secret.\n---\nSecret\n")
    led = fleet.project("led")
    (led / "own").symlink_to(secret.parent)
    with (led / "agentsync.yaml").open("a") as manifest:
        manifest.write("  s: {path: ./own}\n")
    fleet.project("large", files={".gitattributes": "*.md filter=lfs -text\n"})
    for name in ("unclean", "led", "large"):
        fleet.push(name)
    fleet.release()
    fleet.checked()
    told = fleet.run("update").stdout.splitlines()
    for name, why in (("led", "own leads out"), ("large", "another form")):
        assert any(line.startswith("refused") and f"{name}.git" in line and why in line for line in told), told
        assert not fleet.updates(name)
    (branch,) = fleet.updates("unclean")
    assert "own.md" not in fleet.repositories["unclean"].git("diff", "--name-only", "main", branch)


def test_a_branch_stays_open(fleet: Updates) -> None:
    """Until an update of the packs that it is for comes to something else; a registry that is away says nothing."""
    top = fleet.project("both", "web", "net")
    manifest, key = top / "agentsync.yaml", fleet.sandbox.root / "key"
    assert fleet.sandbox.shell(f"ssh-keygen -q -t ed25519 -N '' -C '' -f {key}").exit == 0
    (top / "signers").write_text(f"ann@example.org {key.with_suffix('.pub').read_text()}")
    fleet.release()
    signing = f"git -c gpg.format=ssh -c user.signingkey={key} tag -fsmx"
    tags = [f"{pack}-v1.{number}.0" for pack in ("web", "net") for number in (0, 1)]
    signed = "; ".join(f"{signing} {tag} {tag}^{{commit}}" for tag in tags)
    assert fleet.sandbox.shell(signed, cwd=fleet.registry.path).exit == 0
    text = manifest.read_text().replace(
        f"acme: {fleet.registry.url}", f"acme: {{git: {fleet.registry.url}, signers: signers}}"
    )
    manifest.write_text(text.replace("^1", "1.0.0"))
    assert fleet.sandbox.run("install", "--accept-grants", cwd=top).exit == 0
    manifest.write_text(text)
    fleet.push("both")
    fleet.checked()
    assert fleet.run("update", "--pack", "acme/web").exit == 0, "signers of the repository are known"
    branches = fleet.updates("both")
    assert len(branches) == 1
    assert fleet.run("close").stdout.startswith("open"), "acme/net would gain power, and was not wanted"
    fleet.registry.path.rename(fleet.sandbox.root / "away")
    away = fleet.run("close")
    assert away.stdout.startswith("open") and str(fleet.registry.path) in away.stdout
    assert fleet.updates("both") == branches


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("https://gitlab.com/a/b.git", 3),
        ("git@git.acme.example:a/b.git", 3),
        ("https://github.com/a/b", 0),
        ("/srv/b", 0),
    ],
)
def test_who_opens_merge_requests(text: str, count: int) -> None:
    """GitLab does, of its own or of others; no other host is asked to."""
    remote = Remote(parse_git_url(text), "main", "0" * 40, "main", {})
    assert len(push_options(remote, "A title")) == count
