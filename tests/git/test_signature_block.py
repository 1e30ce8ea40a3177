"""Signatures as they stand in tags: the key is the one that signed, and nothing odd is believed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.git.signature_block import Signature, signature_in
from tests.git_registry import GitRegistry
from tests.needs import needs


@needs("modes")  # ssh uses no key that others may read
def test_key_of_an_ssh_signature(tmp_path: Path) -> None:
    """The fingerprint is what ssh-keygen prints; git makes the tag."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("there is no ssh-keygen")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    printed = subprocess.run(["ssh-keygen", "-l", "-f", f"{key}.pub"], check=True, capture_output=True, text=True)
    registry = GitRegistry(tmp_path / "agents.git")
    registry.publish("v1.0.0", {"a": "a"})
    ssh = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}.pub", "-c", "user.name=A", "-c", "user.email=a@b")
    registry.git(*ssh, "tag", "-s", "-m", "signed", "signed", "v1.0.0")
    data = registry.git("cat-file", "tag", "signed").encode()
    assert signature_in(data) == Signature("SSH", printed.stdout.split()[1])


def test_other_signatures() -> None:
    """OpenPGP and X.509 are told by their mark; a plain tag has none."""
    assert signature_in(b"x\n-----BEGIN PGP SIGNATURE-----\n") == Signature("OpenPGP")
    assert signature_in(b"x\n-----BEGIN SIGNED MESSAGE-----\n") == Signature("X.509")
    assert signature_in(b"object a\n\nRelease\n") is None


@given(st.binary(max_size=60))
def test_no_block_is_too_odd(block: bytes) -> None:
    """Whatever stands in the block, there is an answer."""
    data = b"-----BEGIN SSH SIGNATURE-----\n" + block + b"\n-----END SSH SIGNATURE-----"
    signature_in(data)
