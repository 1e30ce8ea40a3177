"""Signed releases: by ssh or gpg, on the tag or on the commit; and who signed is in the lock."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentsync.model.digest import digest_of
from tests.cli.project import files_below, locked, sealed, write_manifest
from tests.git_registry import GitRegistry
from tests.needs import needs
from tests.programs import write_program
from tests.sandbox import Sandbox

AGENT = "---\nname: critic\ndescription: d\ntools: Read\n---\nBody {}.\n"

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="signing needs ssh-keygen")


class Signing:
    """A registry whose tags and commits are signed by ssh keys of two people."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = GitRegistry(folder / "team.git")
        for name in ("anna", "bert"):
            key = folder / name
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key)], check=True)

    def public(self, name: str) -> str:
        """The line of allowed signers for a person."""
        return f"{name}@acme.example {(self.folder / f'{name}.pub').read_text()}"

    def tag(self, version: str, by: str) -> None:
        """Publish a release with a signed tag."""
        commit = self.registry.publish(None, {"agents/critic.md": AGENT.format(version)})
        self.registry.git(*self._as(by), "tag", "-s", "-m", version, f"v{version}", commit)

    def commit(self, version: str, by: str) -> None:
        """Publish a release with a plain tag on a signed commit."""
        commit = self.registry.publish(None, {"agents/critic.md": AGENT.format(version)})
        tree = self.registry.git("rev-parse", f"{commit}^{{tree}}")
        signed = self.registry.git(*self._as(by), "commit-tree", "-S", "-m", version, tree)
        self.registry.git("update-ref", f"refs/tags/v{version}", signed)

    def _as(self, name: str) -> list[str]:
        return ["-c", "gpg.format=ssh", "-c", f"user.signingkey={self.folder / name}"]


@pytest.fixture
def signing(tmp_path: Path) -> Signing:
    """Anna has signed a release."""
    signing = Signing(tmp_path)
    signing.tag("1.0.0", "anna")
    return signing


@pytest.fixture
def project(sandbox: Sandbox, signing: Signing) -> Sandbox:
    """A project that trusts Anna."""
    sandbox.project.joinpath("signers").write_text(signing.public("anna"))
    ask(sandbox, signing, "1.0.0")
    return sandbox


def ask(sandbox: Sandbox, signing: Signing, version: str) -> None:
    """Ask for a version."""
    registry = f"{{git: {signing.registry.url}, signers: signers}}"
    write_manifest(sandbox, f"registries: {{team: {registry}}}\npacks: {{team: {version}}}\n")


def refused(sandbox: Sandbox, why: str) -> None:
    """Nothing is installed, and the reason is told."""
    done = sandbox.run("install")
    assert done.exit == 3
    assert "has no signature of a trusted signer" in done.stderr and why in done.stderr


@needs("modes")
def test_a_tag_that_anna_signed(project: Sandbox) -> None:
    """Her name and her key are in the lock; the check needs no key."""
    assert project.run("install").exit == 0
    assert locked(project, "team/team")["signer"].startswith("ssh:anna@acme.example SHA256:")
    assert project.run("drift").exit == 0
    assert project.run("install", "--locked").exit == 0
    assert project.run("verify", "--deep").exit == 0


@needs("modes")
def test_a_commit_that_anna_signed(project: Sandbox, signing: Signing) -> None:
    """With a plain tag on it."""
    signing.commit("1.1.0", "anna")
    ask(project, signing, "1.1.0")
    assert project.run("install").exit == 0
    assert "signer: " in project.project.joinpath("agentsync.lock").read_text()


@needs("modes")
def test_no_signature_of_a_trusted_signer(project: Sandbox, signing: Signing) -> None:
    """Another key, no key, and a signature that was meant for another tag."""
    signing.tag("1.1.0", "bert")
    signing.registry.publish("v1.2.0", {"agents/critic.md": AGENT.format("1.2.0")})
    signing.registry.git("update-ref", "refs/tags/v1.3.0", signing.registry.git("rev-parse", "v1.0.0"))
    for version, why in (("1.1.0", "No principal matched"), ("1.2.0", "verify-commit"), ("1.3.0", "verify-commit")):
        ask(project, signing, version)
        refused(project, why)
    assert not project.project.joinpath("agentsync.lock").exists()


def test_no_file_of_signers(project: Sandbox) -> None:
    """It cannot be taken for an empty one."""
    project.project.joinpath("signers").unlink()
    assert "cannot read the allowed signers" in project.run("install").stderr


@needs("modes")
def test_signers_that_are_named_later(project: Sandbox, signing: Signing) -> None:
    """A lock without a signer no longer fits; the same commit is checked."""
    write_manifest(project, f"registries: {{team: {signing.registry.url}}}\npacks: {{team: 1.0.0}}\n")
    assert project.run("install").exit == 0
    assert "signer: " not in project.project.joinpath("agentsync.lock").read_text()
    ask(project, signing, "1.0.0")
    assert "must be signed" in project.run("drift").stdout
    assert project.run("install", "--locked").exit == 3
    assert project.run("install").exit == 0
    assert "signer: " in project.project.joinpath("agentsync.lock").read_text()


@needs("modes")
def test_another_signer_needs_a_yes(project: Sandbox, signing: Signing) -> None:
    """Even one who may sign."""
    assert project.run("install").exit == 0
    signing.tag("1.1.0", "bert")
    project.project.joinpath("signers").write_text(signing.public("anna") + signing.public("bert"))
    ask(project, signing, "1.1.0")
    asked = project.run("install")
    assert asked.exit == 3 and "signer:ssh:bert@acme.example" in asked.stderr
    assert project.run("install", "--accept-grants").exit == 0
    assert locked(project, "team/team")["signer"].startswith("ssh:bert@")


@needs("modes")
def test_required_by_policy(project: Sandbox, signing: Signing) -> None:
    """A registry without signers cannot be verified."""
    required = "policy: {require_signature: true}\n"
    manifest = project.project / "agentsync.yaml"
    manifest.write_text(manifest.read_text() + required)
    assert project.run("install").exit == 0
    write_manifest(project, f"registries: {{team: {signing.registry.url}}}\npacks: {{team: 1.0.0}}\n{required}")
    assert "which no signer of its registry signed" in project.run("install").stderr


@pytest.fixture
def gpg_home(sandbox: Sandbox) -> Iterator[Path]:
    """A keyring with one key."""
    if shutil.which("gpg") is None:
        pytest.skip("needs gpg")
    home = sandbox.home / ".gnupg"
    home.mkdir(mode=0o700)
    make = ["gpg", "--homedir", str(home), "--batch", "--passphrase", "", "--quick-gen-key", "anna@acme.example"]
    if subprocess.run([*make, "ed25519", "sign"], capture_output=True, check=False).returncode:
        pytest.skip("this gpg makes no key")
    yield home
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)


def test_by_gpg(sandbox: Sandbox, tmp_path: Path, gpg_home: Path) -> None:
    """By the fingerprint of a key in the user's keyring; a key that is only known there is not enough."""
    listed = subprocess.run(
        ["gpg", "--homedir", str(gpg_home), "--list-keys", "--with-colons"], capture_output=True, text=True, check=True
    ).stdout
    fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
    registry = GitRegistry(tmp_path / "gpg.git")
    commit = registry.publish(None, {"agents/critic.md": AGENT.format("1")})
    script = f'exec gpg --homedir {gpg_home} --batch --passphrase "" "$@"'
    program = write_program(tmp_path / "gpg-of-anna", script)
    registry.git(
        "-c", f"gpg.program={program}", "-c", f"user.signingkey={fingerprint}", "tag", "-s", "-m", "1", "v1.0.0", commit
    )
    start = "registries: {{team: {{git: {}, gpg: [{}]}}}}\npacks: {{team: ^1}}\n"
    write_manifest(sandbox, start.format(registry.url, "A" * 40))
    refused(sandbox, "none of the registry's signers")
    write_manifest(sandbox, start.format(registry.url, fingerprint))
    assert sandbox.run("install").exit == 0
    assert locked(sandbox, "team/gpg")["signer"] == f"gpg:{fingerprint}"
    write_manifest(sandbox, start.format(registry.url, "not-a-key"))
    assert sandbox.run("install").exit == 2


@needs("modes")
def test_a_signer_that_is_forged(project: Sandbox, signing: Signing) -> None:
    """The line in the lock is never believed: the tag is verified again, whatever seal the entry has."""
    assert project.run("install").exit == 0
    old = locked(project, "team/team")
    commit = signing.registry.publish("v1.1.0", {"agents/critic.md": AGENT.format("1.1.0")})
    lock = project.project / "agentsync.lock"
    text = lock.read_text().replace("1.0.0", "1.1.0").replace(old["commit"], commit)
    text = text.replace(old["tree"], signing.registry.git("rev-parse", f"{commit}^{{tree}}"))
    digest = digest_of(AGENT.format("1.1.0").encode())
    (old_digest,) = old["files"].values()
    lock.write_text(sealed(text.replace(old_digest, str(digest))))
    ask(project, signing, "1.1.0")
    before = files_below(project.project)
    for arguments in (("install",), ("install", "--locked"), ("install", "--frozen")):
        done = project.run(*arguments)
        assert done.exit == 3 and "has no signature of a trusted signer" in done.stderr
    assert files_below(project.project) == before
    assert project.run("verify").exit == 3
