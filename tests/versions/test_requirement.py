"""Pins and the words that `agentsync add` takes."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from agentsync.errors import UnsafeError, UsageError
from agentsync.formats.requests import parse_request
from agentsync.model.manifest import PackRequest, SourceRequest
from agentsync.versions.requirement import (
    Pin,
    PinKind,
    check_alias,
    is_alias,
    is_pack_name,
    parse_pin,
    why_bad_ref_name,
)

COMMIT = "3f2a91c0" * 5
NAMES = st.text("abV1.-_/@~^:?*[\\ {lock}é\x7f\u2028", max_size=8) | st.sampled_from(
    [
        "main",
        "feature/x",
        "a.lock",
        "a.lock/b",
        ".a",
        "a/.b",
        "a..b",
        "a@{b",
        "@",
        "@/a",
        "a/",
        "/a",
        "a//b",
        "a.",
        "-a",
    ]
)


def version(text: str) -> Pin:
    """A pin on a range."""
    return Pin(PinKind.VERSION, text)


def branch(text: str) -> Pin:
    """A pin on a branch."""
    return Pin(PinKind.BRANCH, text)


def tag(text: str) -> Pin:
    """A pin on a tag."""
    return Pin(PinKind.TAG, text)


@pytest.mark.parametrize(
    ("pin", "text"),
    [
        (version(">=1.2,<2"), ">=1.2,<2"),
        (version("*"), "*"),
        (version(""), ""),
        (tag("v1.2.0"), "tag:v1.2.0"),
        (tag("foo@1.2.0"), "tag:foo@1.2.0"),
        (branch("feature/x"), "branch:feature/x"),
        (Pin(PinKind.COMMIT, COMMIT), f"commit:{COMMIT}"),
        (Pin(PinKind.COMMIT, "a" * 64), f"commit:{'a' * 64}"),
    ],
)
def test_a_pin_reads_back(pin: Pin, text: str) -> None:
    """The lock's spelling of each kind."""
    assert str(pin) == text
    assert parse_pin(text) == pin == Pin(pin.kind, pin.text)


@given(st.sampled_from(list(PinKind)), NAMES | st.from_regex(r"[~^]?[0-9]\.[0-9x](rc1)?", fullmatch=True))
def test_every_pin_reads_back(kind: PinKind, text: str) -> None:
    """`parse_pin` undoes `str`, whatever the text."""
    try:
        pin = Pin(kind, text)
    except ValueError as error:
        assert str(error).isprintable()
        return
    assert parse_pin(str(pin)) == pin


def test_the_range_of_a_pin() -> None:
    """Only a version pin has a range."""
    found = version("^1.2").range
    assert found is not None and found.allows(Version("1.3"))
    assert branch("main").range is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("commit:3f2a91c", "write all 40"),
        (f"commit:{COMMIT.upper()}", "lower case"),
        (f"commit:{COMMIT}0", "write all 40"),
        ("commit:main", "hexadecimal"),
        ("branch:", "empty"),
        ("branch:a b", "' '"),
        ("branch:-x", "starts with '-'"),
        ("branch:HEAD", "HEAD"),
        ("tag:a..b", "'..'"),
        ("tag:a.lock", "lock"),
        ("tag:a\u2028b", "does not show"),
        ("latest", "not a version"),
        ("version:1", "cannot read|not a version|expected"),
        ("TAG:v1", "expected"),
    ],
)
def test_what_is_no_pin(text: str, reason: str) -> None:
    """Each refusal says why."""
    with pytest.raises(ValueError, match=reason):
        parse_pin(text)


@settings(max_examples=150)
@given(NAMES.filter(lambda name: "\0" not in name))
def test_names_agree_with_git(name: str) -> None:
    """Names are refused as git refuses them, and in three more cases."""
    git = subprocess.run(["git", "check-ref-format", f"refs/tags/{name}"], check=False)
    stricter = name == "@" or name.startswith("-") or not name.isprintable()
    assert (why_bad_ref_name(name) is None) == (git.returncode == 0 and not stricter)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("acme", PackRequest("acme")),
        ("acme/python-backend", PackRequest("acme", "python-backend")),
        ("acme/x@1.4.2", PackRequest("acme", "x", version("1.4.2"))),
        ("acme/x@v1.4.2", PackRequest("acme", "x", version("v1.4.2"))),
        ("acme/x@^1.2", PackRequest("acme", "x", version("^1.2"))),
        ("acme/x@>=1,<2", PackRequest("acme", "x", version(">=1,<2"))),
        ("acme/x@*", PackRequest("acme", "x", version("*"))),
        ("acme/x@1.x || 3.x", PackRequest("acme", "x", version("1.x || 3.x"))),
        ("acme/x^1.2", PackRequest("acme", "x", version("^1.2"))),
        ("acme/x>=1,<2", PackRequest("acme", "x", version(">=1,<2"))),
        ("acme/x >=1 <2", PackRequest("acme", "x", version(">=1 <2"))),
        ("acme/x==1.0", PackRequest("acme", "x", version("==1.0"))),
        ("acme/x!=1.0", PackRequest("acme", "x", version("!=1.0"))),
        ("acme/x~1.2", PackRequest("acme", "x", version("~1.2"))),
        ("acme/x@branch:feature/y", PackRequest("acme", "x", branch("feature/y"))),
        ("acme/x@tag:x@1.0", PackRequest("acme", "x", tag("x@1.0"))),
        (f"acme/x@commit:{COMMIT}", PackRequest("acme", "x", Pin(PinKind.COMMIT, COMMIT))),
        (f"acme/x@{COMMIT}", PackRequest("acme", "x", Pin(PinKind.COMMIT, COMMIT))),
        ("acme@1.2", PackRequest("acme", None, version("1.2"))),
        ("acme^1.2", PackRequest("acme", None, version("^1.2"))),
        ("acme@branch:main", PackRequest("acme", None, branch("main"))),
        ("acme/C#-Expert", PackRequest("acme", "C#-Expert")),
        ("acme/日本語", PackRequest("acme", "日本語")),
    ],
)
def test_packs(text: str, request_: PackRequest) -> None:
    """Packs of a registry, with every kind of pin."""
    assert parse_request(text) == request_


@pytest.mark.parametrize(
    ("text", "url", "path", "pin", "ref"),
    [
        ("github:o/r", "https://github.com/o/r.git", None, None, None),
        ("github:o/r//skills/pdf", "https://github.com/o/r.git", "skills/pdf", None, None),
        ("github:o/r//skills/pdf/", "https://github.com/o/r.git", "skills/pdf", None, None),
        ("github:o/r@v1.2.0", "https://github.com/o/r.git", None, version("v1.2.0"), None),
        ("github:o/r@^1.2", "https://github.com/o/r.git", None, version("^1.2"), None),
        ("github:o/r//a@main", "https://github.com/o/r.git", "a", None, "main"),
        ("github:o/r@feature/x", "https://github.com/o/r.git", None, None, "feature/x"),
        ("github:o/r@3f2a91c", "https://github.com/o/r.git", None, None, "3f2a91c"),
        (f"github:o/r@{COMMIT}", "https://github.com/o/r.git", None, Pin(PinKind.COMMIT, COMMIT), None),
        ("github:o/r//a@branch:main", "https://github.com/o/r.git", "a", branch("main"), None),
        ("github:o/r@tag:foo@1.2.3", "https://github.com/o/r.git", None, tag("foo@1.2.3"), None),
        ("github:o/r//packages/@s/x", "https://github.com/o/r.git", "packages/@s/x", None, None),
        ("github:o/r//packages/@s/x@1.0", "https://github.com/o/r.git", "packages/@s/x", version("1.0"),
         None),
        ("git@github.com:o/r.git", "git@github.com:o/r.git", None, None, None),
        ("git@github.com:o/r.git//a@>=1,<2", "git@github.com:o/r.git", "a", version(">=1,<2"), None),
        ("git@[::1]:r@main", "git@[::1]:r", None, None, "main"),
        ("https://u@h/x", "https://h/x", None, None, None),
        ("https://u:p@h/x@v1", "https://h/x", None, version("v1"), None),
        ("https://h/@me/x", "https://h/@me/x", None, None, None),
        ("https://h/a@b/x.git", "https://h/a@b/x.git", None, None, None),
        ("https://h:8443/x.git//a/b@tag:v1", "https://h:8443/x.git", "a/b", tag("v1"), None),
        ("ssh://git@h:22/x@main", "ssh://git@h:22/x", None, None, "main"),
        ("file:///x//y", "file:///x", "y", None, None),
        ("file:///x/y@2", "file:///x/y", None, version("2"), None),
        ("./x", "./x", None, None, None),
        ("./x@2", "./x@2", None, None, None),
        ("./x@branch:main", "./x", None, branch("main"), None),
        (f"/x@commit:{COMMIT}", "/x", None, Pin(PinKind.COMMIT, COMMIT), None),
        ("../x.git@2", "../x.git", None, version("2"), None),
        ("../x.git//a/b@main", "../x.git", "a/b", None, "main"),
        ("/x//y", "/x", "y", None, None),
        ("../@x/y", "../@x/y", None, None, None),
        ("C:\\x\\r.git@main", "C:/x/r.git", None, None, "main"),
        ("C:/x//packs/pdf", "C:/x", "packs/pdf", None, None),
        ("\\\\server\\share\\r", "//server/share/r", None, None, None),
        (".\\pack", "./pack", None, None, None),
        (".", ".", None, None, None),
        ("..//x", "..", "x", None, None),
    ],
)  # fmt: skip
def test_sources(text: str, url: str, path: str | None, pin: Pin | None, ref: str | None) -> None:
    """Repositories and paths, with folder and ref."""
    found = parse_request(text, base="/home/me")
    assert isinstance(found, SourceRequest)
    assert (found.url.text, found.path, found.pin, found.ref) == (url, path, pin, ref)


@pytest.mark.parametrize(
    "text",
    ["", " ", "acme/", "/", "acme/x/y", "acme/x@", "acme/x@main", "acme/x@latest", "acme/x@commit:3f2a",
     "acme/x@tag:", "acme/x@branch:-x", "acme/x>=1<2", "acme/x^", "acme/*", "_acme/x", "äcme/x", "acme/a b",
     "acme/..", "acme/-x", "acme x", "github:o/r//", "github:o/r@", "github:o/r@a b",
     "github:o/r@commit:3f2a", "github:o", "~/x", "host:path", "u:p@h:x", "https://h//x",
     "./x@branch:", "acme,other"],
)  # fmt: skip
def test_not_understood(text: str) -> None:
    """A text of no form is a usage error with a hint."""
    with pytest.raises(UsageError) as caught:
        parse_request(text, base="/home/me")
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    ["github:o/r//../x", "github:o/r//a//b", "github:o/r///x", "ext::sh -c id", "-x", "--upload-pack=id",
     "git://h/x", "http://evil.example/x@v1", "acme\\x", "git@-oProxyCommand=id:x",
     "https://h/x//.git/hooks"],
)  # fmt: skip
def test_unsafe(text: str) -> None:
    """A safe grammar does not make an unsafe URL or folder pass."""
    with pytest.raises(UnsafeError):
        parse_request(text)


def test_no_password_in_an_error() -> None:
    """A request that fails does not show the password in it."""
    for text in (
        "https://u:S3CRET@h//x@v1",
        "u:S3CRET@h:x",
        "https://u:S3/CRET@h/x",
        "https://u:S3CRET@h/x@a b",
    ):
        with pytest.raises(UsageError) as caught:
            parse_request(text)
        assert "S3" not in f"{caught.value.what}{caught.value.why}{caught.value.hint}"


def test_names() -> None:
    """The names that an alias and a pack may have."""
    assert all(map(is_alias, ["acme", "a", "0x", "A.b_c-d"]))
    assert not any(map(is_alias, ["", "-a", ".a", "a/b", "a b", "ä", "a\n", "a@b"]))
    assert check_alias("acme") == "acme"
    with pytest.raises(ValueError, match="cannot be an alias"):
        check_alias("a/b")
    assert all(map(is_pack_name, ["x", "C#", "日本語", "a.b", "a:b"]))
    assert not any(
        map(is_pack_name, ["", ".", "..", "-a", "a/b", "a@b", "a b", "a^1", "a>1", "a*", "a\x1b", "a\u200b"])
    )


@given(st.text("ac/@:.^>=1~ghub-\\x \n", max_size=16))
def test_anything_is_read_or_refused(text: str) -> None:
    """No text breaks the reader."""
    try:
        found = parse_request(text, base="/home/me")
    except (UsageError, UnsafeError) as error:
        assert error.what
        return
    if isinstance(found, PackRequest):
        assert is_alias(found.alias) and (found.pack is None or is_pack_name(found.pack))
    else:
        assert found.pin is None or found.ref is None
