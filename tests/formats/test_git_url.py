"""Git URLs: what is accepted, what is one repository, what is refused, and that no secret shows."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentsync.errors import AgentsyncError, UnsafeError, UsageError
from agentsync.formats.git_url import parse_git_url
from agentsync.model.git_url import UrlKind
from agentsync.model.redaction import redact

BASE = "/home/me/project"
SECRETS = st.text("ABCDEFGHJKLMNP0123456789-._~!$&'()*+,;=:%?#", min_size=1).map(lambda text: f"S3CR{text}T")
HOSTS = st.sampled_from(["git.acme.example", "GitHub.com", "127.0.0.1:8080", "[::1]:8443", "host:1"])
PATHS = st.sampled_from(["/o/r", "/o/r.git", "/o/r/", "/packs/@scope/r.git"])


@pytest.mark.parametrize(
    ("text", "stored", "kind", "key", "name"),
    [
        ("github:Acme/agents", "https://github.com/Acme/agents.git", "https",
         "https://github.com/Acme/agents", "agents"),
        ("github:o/r.git", "https://github.com/o/r.git", "https", "https://github.com/o/r", "r"),
        ("gitlab:g/sub/r", "https://gitlab.com/g/sub/r.git", "https", "https://gitlab.com/g/sub/r", "r"),
        ("bitbucket:o/r", "https://bitbucket.org/o/r.git", "https", "https://bitbucket.org/o/r", "r"),
        ("codeberg:o/.github", "https://codeberg.org/o/.github.git", "https",
         "https://codeberg.org/o/.github", ".github"),
        ("https://Git.Acme.example:443/ai/A.git/", None, "https", "https://git.acme.example/ai/A", "A"),
        ("HTTPS://h.example./a", "https://h.example./a", "https", "https://h.example/a", "a"),
        ("https://h:8443/a%20b", None, "https", "https://h:8443/a%20b", "a b"),
        ("https://h/a?ref=1", None, "https", "https://h/a?ref=1", "a"),
        ("http://localhost:80/a", None, "http", "http://localhost/a", "a"),
        ("http://127.0.0.2:8080/a", None, "http", "http://127.0.0.2:8080/a", "a"),
        ("http://[::1]/a", None, "http", "http://[::1]/a", "a"),
        ("ssh://git@Host:22/o/r.git", None, "ssh", "ssh://git@host/o/r", "r"),
        ("ssh://host:2222/~me/r", None, "ssh", "ssh://host:2222/~me/r", "r"),
        ("git@GitHub.com:o/r.git", None, "scp", "git@github.com:o/r", "r"),
        ("git@[::1]:/srv/r.git", None, "scp", "git@[::1]:/srv/r", "r"),
        ("org-1@ssh.dev.azure.com:v3/o/p/r", None, "scp", "org-1@ssh.dev.azure.com:v3/o/p/r", "r"),
        ("file:///srv/a%20b.git", None, "file", "file:///srv/a b.git", "a b"),
        ("/srv/a.bundle", None, "path", "file:///srv/a.bundle", "a"),
        ("/srv//x/../a/", None, "path", "file:///srv/a", "a"),
        ("//srv/a", None, "path", "file:///srv/a", "a"),
        ("./a b", None, "path", "file:///home/me/project/a b", "a b"),
        ("../labs-agents", None, "path", "file:///home/me/labs-agents", "labs-agents"),
        ("../other/.git", None, "path", "file:///home/me/other/.git", "other"),
        (".", None, "path", "file:///home/me/project", "project"),
    ],
)  # fmt: skip
def test_accepted(text: str, stored: str | None, kind: str, key: str, name: str) -> None:
    """Every form is read, and what is stored of it reads back as the same."""
    url = parse_git_url(text, base=BASE)
    assert (url.text, url.kind, url.key, url.repository_name) == (stored or text, kind, key, name)
    assert str(url) == url.text
    assert url.is_local == (kind in {"file", "path"})
    assert parse_git_url(url.text, base=BASE) == url


def test_git_is_given_a_path_that_is_nothing_but_a_path() -> None:
    """No relative path turns into an option, a host or a command."""

    def location(text: str, base: str) -> str:
        return parse_git_url(text, base=base).location

    assert location("../x/./y/", BASE) == "/home/me/x/y"
    assert location("/x", "") == "/x"
    assert location("./-x", "") == "./-x"
    assert location("./ext::sh -c id", "") == "./ext::sh -c id"
    assert location("./C:/x", "") == "./C:/x"
    assert location("../x", "C:/home/project") == "file:///C:/home/x"
    assert location("../..", "") == "../.."
    assert parse_git_url("..").repository_name == ""


def test_spellings_of_one_repository_share_a_key() -> None:
    """Port, case, `.git`, slash and credentials make no other repository."""
    spellings = [
        "https://github.com/o/r", "https://GITHUB.com/o/r.git", "https://github.com:443/o/r/",
        "https://me:pw@github.com/o/r.git/", "github:o/r", "https://github.com/o/r?private_token=x",
    ]  # fmt: skip
    assert len({parse_git_url(text).key for text in spellings}) == 1
    assert parse_git_url("file:///srv/r").key == parse_git_url("../srv/r", base="/tmp").key
    others = [
        "https://github.com/o/R",
        "https://github.com:444/o/r",
        "git@github.com:o/r",
        "ssh://github.com/o/r",
    ]
    assert len({parse_git_url(text).key for text in (*others, *spellings)}) == 5


@pytest.mark.parametrize(
    "text",
    ["ext::sh -c id", "fd::7", "x::y", "a+b.c-d::https://h/x", "::x", "ext://sh", "git://h/x", "ftp://h/x",
     "svn://h/x", "git+https://h/x", "javascript://h/x", "-oProxyCommand=id", "--upload-pack=id",
     "--upload-pack=id https://h/x", "ssh://-oProxyCommand=id/x", "ssh://-oProxyCommand=id@h/x",
     "ssh://%2doProxyCommand=id/x", "ssh://%2dx@h/x", "https://-x@h/x", "https://-h/x",
     "git@-oProxyCommand=id:x", "git@h:-x", "-x@h:p", "http://evil.example/x", "http://127.1/x",
     "http://localhost.evil.example/x", "http://0x7f.0.0.1/x", "http://user@evil.example/x",
     "https://h/a/../b", "https://h/%2e%2E/b", "https://h/./b", "https://h/a%2fb", "https://h/a%0ab",
     "git@h:../x", "file:///a/../b", "https://b\u00fccher.example/x", "https://gith\u0443b.com/x",
     "git@h\u00f6st:x", "./a\nb", "https://h/x\x1b[31m", "https://h/\u202ex", "a\\x", "./a\\x",
     "\\\\?\\Volume{1}\\x", "\\\\.\\C:\\x",
     "https:\\\\h\\x", "github:-o/r", "/x\udcff"],
)  # fmt: skip
def test_unsafe(text: str) -> None:
    """URLs that run a command or use no encryption are refused."""
    with pytest.raises(UnsafeError) as caught:
        parse_git_url(text, base=BASE)
    assert f"{caught.value.what}{caught.value.why}".isprintable()


@pytest.mark.parametrize(
    "text",
    ["", "   ", " ./x", "https://h/x ", "owner/repo", "repo", "a/b/c", "~/x", "~me/x", "host:path", "C:x",
     "github:o", "github:o/r/x", "github:o/", "github:/r", "github:o/..", "gitlab:o", "GitHub:o/r",
     "gh:o/r", "https://h", "https://h/", "https:///x", "https://h//x", "https://h/a//b", "https://h/x y",
     "https://h y/x", "https://h/x#main", "https://h/<x>", "https://h:0/x", "https://h:65536/x",
     "https://h:x/x", "https://h_-/x", "https://h..h/x", "https://[::g]/x", "https://[::1/x", "ssh://h/x?y",
     "ssh://h/x#y", "ssh://@h/x", "ssh://u%20v@h/x", "git@h:x?y", "git@h:x#y", "git@h:a b", "git@:x",
     "@h:x", "git@h:", "git@a b:x", "git@h::x", "u:p@h:x", "file://host/x", "file:///x?y", "file:///", "/",
     "//", "../../..", "x" * 3000],
)  # fmt: skip
def test_not_understood(text: str) -> None:
    """Text of no known form is a usage error in few words."""
    with pytest.raises(UsageError) as caught:
        parse_git_url(text, base=BASE)
    assert len(caught.value.what) < 250


def test_hints() -> None:
    """The hint is the text that was probably meant."""

    def hint(text: str) -> str:
        with pytest.raises(AgentsyncError) as caught:
            parse_git_url(text)
        return caught.value.hint

    assert "github:owner/repo" in hint("owner/repo") and "./owner/repo" in hint("owner/repo")
    assert "xn--bcher-kva.example" in hint("https://bücher.example/x")
    assert "https://" in hint("http://evil.example/x")


def test_plain_http_goes_where_the_user_says() -> None:
    """Hosts that the user names may be reached by plain http."""
    url = parse_git_url("http://Git.Corp.example:3000/x", allow_http=frozenset({"git.corp.example"}))
    assert (url.kind, url.host) == (UrlKind.HTTP, "git.corp.example")


def test_credentials_go_to_git_and_nowhere_else() -> None:
    """Only `location` holds user, password and token."""
    url = parse_git_url("https://someone:hunter2@h.example/x.git?private_token=T&a=1&access%5Ftoken=U")
    assert url.location == "https://someone:hunter2@h.example/x.git?private_token=T&a=1&access%5Ftoken=U"
    assert (url.text, url.key) == ("https://h.example/x.git?a=1", "https://h.example/x?a=1")
    assert "someone" not in repr(url) and "hunter2" not in repr(url)
    assert parse_git_url("https://TOKEN@h.example/x").text == "https://h.example/x"
    assert parse_git_url("ssh://git:pw@h/x").text == parse_git_url("ssh://git:pw@h/x").location == "ssh://git@h/x"


@given(st.sampled_from(["https", "ssh"]), SECRETS, st.booleans(), HOSTS, PATHS)
def test_no_secret_shows(scheme: str, secret: str, with_user: bool, host: str, path: str) -> None:
    """Neither a URL nor an error nor redacted output holds a password."""
    assume(scheme == "https" or with_user)
    text = f"{scheme}://{'user:' if with_user else ''}{secret}@{host}{path}"
    shown = [
        redact(text),
        redact(f"fatal: unable to access '{text}': The requested URL returned error: 403\n"),
    ]
    try:
        url = parse_git_url(text)
        shown += [url.text, url.key, url.repository_name, repr(url), str(url)]
    except AgentsyncError as error:
        shown += [error.what, error.why, error.hint]
    assert "S3CR" not in "".join(shown)


@given(SECRETS.filter(lambda text: not set("&#?") & set(text)), HOSTS, PATHS)
def test_no_secret_parameter_shows(secret: str, host: str, path: str) -> None:
    """Query parameters that sound like secrets go to git alone."""
    for name in ("private_token", "access_token", "X-Auth", "password", "api_key", "sig", "client%5Fsecret"):
        text = f"https://{host}{path}?a=1&{name}={secret}&b=2"
        url = parse_git_url(text)
        assert "S3CR" not in url.text + url.key + repr(url) + redact(text) + redact(f"'{text}'")
        assert url.text.endswith("?a=1&b=2") and secret in url.location


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing to see, 12:30@noon", "nothing to see, 12:30@noon"),
        ("fatal: 'https://u:p@h/x/' not found", "fatal: 'https://h/x/' not found"),
        ("https://u:p@h/x@v1", "https://h/x@v1"),
        ("https://h:8443/x@v1", "https://h:8443/x@v1"),
        ("https://u:p@ss@h/x", "https://h/x"),
        ("https://u:p/w@h/x", "https://h/x"),
        ("ftp://u:p@h git+ssh://u:p@h ssh://git@h/x", "ftp://h git+ssh://u@h ssh://git@h/x"),
        ("git@github.com:o/r.git", "git@github.com:o/r.git"),
        ("u:p@host:o/r", "u@host:o/r"),
        ("https://h/x?token=abc&y=1", "https://h/x?token=***&y=1"),
        ("https://h/x?author=me", "https://h/x?author=me"),
        ("> Authorization: Basic dTpw", "> Authorization: Basic ***"),
    ],
)
def test_redact(text: str, shown: str) -> None:
    """Credentials go, the rest of a message stays."""
    assert redact(text) == shown
    assert redact(shown) == shown


@given(st.text("ah:/@.-~[]%2e?#= \\\n\u00fc", max_size=14))
def test_whatever_is_accepted_is_stable_and_no_option(text: str) -> None:
    """Reading what is stored changes nothing, and git sees no option or helper."""
    try:
        url = parse_git_url(text, base=BASE)
    except (UnsafeError, UsageError):
        return
    assert not url.location.startswith("-") and "::" not in url.location.partition("/")[0]
    again = parse_git_url(url.text, base=BASE)
    assert (again.text, again.key) == (url.text, url.key)
    if url.kind not in {UrlKind.FILE, UrlKind.PATH}:
        assert url.host and parse_git_url(url.key).key == url.key


@pytest.mark.parametrize(
    ("text", "shown", "location", "folder"),
    [
        ("\\\\?\\C:\\agents\\r", "C:/agents/r", "file:///C:/agents/r", "C:/agents/r"),
        ("C:\\x y\\r.git", "C:/x y/r.git", "file:///C:/x y/r.git", "C:/x y/r.git"),
        ("C:/100%/r", "C:/100%/r", "file:///C:/100%25/r", "C:/100%/r"),
        ("\\\\server\\share\\r", "//server/share/r", "//server/share/r", "//server/share/r"),
        (".\\x\\y", "./x/y", f"{BASE}/x/y", f"{BASE}/x/y"),
        ("..\\x", "../x", "/home/me/x", "/home/me/x"),
    ],
)
def test_paths_of_windows(text: str, shown: str, location: str, folder: str) -> None:
    """They are paths on every system, stored with slashes; git takes no drive for a host."""
    url = parse_git_url(text, base=BASE)
    assert (url.kind, url.text, url.location, url.folder) == (UrlKind.PATH, shown, location, folder)
    assert parse_git_url(url.text, base=BASE) == url
