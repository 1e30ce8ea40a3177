"""Globs of policies reach no further than the part that they stand in."""

from __future__ import annotations

import pytest

from agentsync.formats.git_url import parse_git_url
from agentsync.planning.url_glob import glob_matches


@pytest.mark.parametrize(
    ("glob", "url"),
    [
        ("https://*.acme.example/*", "https://git.acme.example/agents"),
        ("https://*.acme.example/*", "https://git.acme.example/ai/agents.git"),
        ("https://git.acme.example/*", "https://GIT.acme.example:443/agents"),
        ("https://git.acme.example", "https://git.acme.example/agents"),
        ("https://git.acme.example/ai/*", "https://git.acme.example/ai/agents.git"),
        ("https://git.acme.example/*/agents", "https://git.acme.example/ai/agents.git"),
        ("https://git.acme.example/ai/agents", "https://git.acme.example/ai/agents.git"),
        ("https://*", "https://git.acme.example/agents"),
        ("https://git.acme.example:8443/*", "https://git.acme.example:8443/agents"),
        ("*", "git@git.acme.example:agents"),
        ("git@git.acme.example:ai/*", "git@git.acme.example:ai/agents.git"),
        ("ssh://git.acme.example/*", "ssh://git@git.acme.example/agents"),
        ("github:acme/*", "https://github.com/acme/agents"),
        ("https://github.com/acme/*", "github:acme/agents"),
        ("/srv/git/*", "/srv/git/agents.git"),
        ("file:///srv/git/*", "file:///srv/git/agents.git"),
        ("../*", "../agents"),
        ("C:/git/*", "C:\\git\\agents"),
        ("//server/share/*", "\\\\server\\share\\agents"),
    ],
)
def test_allowed(glob: str, url: str) -> None:
    """The glob matches the URL."""
    assert glob_matches(glob, parse_git_url(url, base="/home/user/project"))


@pytest.mark.parametrize(
    ("glob", "url"),
    [
        ("https://*.acme.example/*", "https://evil.example/x.acme.example/reg"),
        ("https://*.acme.example/*", "https://evil.example/.acme.example/reg"),
        ("https://*.acme.example/*", "https://a.b.acme.example/agents"),
        ("https://*.acme.example/*", "https://acme.example/agents"),
        ("https://*acme.example/*", "https://evil.x-acme.example/agents"),
        ("https://git.acme.example/*", "https://git.acme.example.evil.example/agents"),
        ("https://git.acme.example/*", "https://git.acme.example@evil.example/agents"),
        ("https://git.acme.example/*", "https://git.acme.example:8443/agents"),
        ("https://git.acme.example/*", "ssh://git.acme.example/agents"),
        ("https://git.acme.example/ai/*", "https://git.acme.example/ai"),
        ("https://git.acme.example/ai/*", "https://git.acme.example/ai-evil/agents"),
        ("https://git.acme.example/ai*", "https://git.acme.example/ai/agents"),
        ("https://git.acme.example/*/agents", "https://git.acme.example/a/b/agents"),
        ("git@git.acme.example:ai/*", "git@evil.example:ai/agents"),
        ("git@git.acme.example:ai/*", "root@git.acme.example:ai/agents"),
        ("/srv/git/*", "/srv/git/../evil"),
        ("/srv/git/*", "../srv/git/agents"),
        ("https://*", "/srv/git/agents"),
        ("/srv/git/*", "\\\\srv\\git\\agents"),
        ("/*", "\\\\srv\\git\\agents"),
    ],
)
def test_refused(glob: str, url: str) -> None:
    """A URL that only looks like it is not matched."""
    assert not glob_matches(glob, parse_git_url(url, base="/home/user/project"))
