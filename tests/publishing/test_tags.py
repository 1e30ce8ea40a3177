"""Tags are spelled as a pack's own template, its newest tag or the kind of repository says."""

from __future__ import annotations

import pytest
from packaging.version import Version

from agentsync.formats.git_url import parse_git_url
from agentsync.model.pack import Offer
from agentsync.publishing.tags import message, tag_name, template_for
from agentsync.versions.release import Release

GIT = parse_git_url("/srv/kit.git")
WEB = Offer("web", GIT, "packs/web")


@pytest.mark.parametrize(
    ("offer", "newest", "is_only", "has_marketplace", "tag"),
    [
        (WEB, "", False, False, "web/v1.2.0"),
        (WEB, "", True, False, "web/v1.2.0"),
        (WEB._replace(path=""), "", True, False, "v1.2.0"),
        (WEB, "", False, True, "web--v1.2.0"),
        (WEB, "web--v1.0.0", False, False, "web--v1.2.0"),
        (WEB, "@acme/web@1.0.0", False, False, "@acme/web@1.2.0"),
        (WEB._replace(renamed_from=("net",)), "net-v1.0.0", False, False, "web-v1.2.0"),
        (WEB, "v1.0.0", False, True, "v1.2.0"),
        (WEB, "1.0.0", False, False, "1.2.0"),
        (WEB._replace(tag_template="release-{version}-{pack}"), "web/v1.0.0", False, False, "release-1.2.0-web"),
    ],
)
def test_the_spelling(offer: Offer, newest: str, is_only: bool, has_marketplace: bool, tag: str) -> None:
    """The first that says it counts."""
    release = Release(Version("1.0.0"), newest) if newest else None
    template = template_for(offer, release, is_only=is_only, has_marketplace=has_marketplace)
    assert tag_name(template, offer.name, "1.2.0") == tag


def test_the_message() -> None:
    """A title, the section and trailers that git reads."""
    text = message("web", "1.2.0", "### Added\n\n- A", [("5f1c", ("exec", "read")), ("77aa", ())])
    assert text == (
        "web 1.2.0\n\n### Added\n\n- A\n\n"
        "Agentsync-Tree: 5f1c\nAgentsync-Grants: exec, read\nAgentsync-Tree: 77aa\nAgentsync-Grants:\n"
    )
