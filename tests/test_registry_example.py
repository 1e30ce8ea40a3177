"""`registry.example.yaml` shows every key of the format, and is read as what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from agentsync.formats.git_url import parse_git_url
from agentsync.formats.yaml_tree import plain, read_yaml
from agentsync.registries.registry_file import RegistryFile, parse_registry_file

ROOT: Final = Path(__file__).resolve().parent.parent
EXAMPLE: Final = ROOT / "registry.example.yaml"
RELEASES: Final = sorted((ROOT / "examples" / "registry").glob("*/registry.yaml"))
TOP_KEYS: Final = {"registry", "name", "description", "packs", "renames", "checks", "checks-except"}
PACK_KEYS: Final = {"path", "git", "description", "keywords", "tags", "deprecated", "yanked"}


def read(path: Path) -> RegistryFile:
    """A file as a registry at the URL of the examples."""
    git = parse_git_url("https://git.acme.example/ai/agents.git")
    return parse_registry_file(path.read_text(encoding="utf-8"), name=path.name, git=git)


def test_it_shows_every_key_and_no_other() -> None:
    """A key that is added to the format is added to the example."""
    document = plain(read_yaml(EXAMPLE.read_text(encoding="utf-8")))
    assert isinstance(document, dict)
    assert set(document) == TOP_KEYS
    assert set().union(*document["packs"].values()) == PACK_KEYS


def test_it_is_read_as_what_it_says() -> None:
    """Each key arrives where it belongs."""
    registry = read(EXAMPLE)
    assert registry.name == "acme"
    assert registry.description.startswith("Agents, skills")
    offers = {offer.name: offer for offer in registry.offers}
    assert list(offers) == ["review", "python-backend", "pdf", "flask-backend"]
    assert offers["review"].path == "packs/review"
    assert offers["python-backend"].keywords == ("python", "fastapi", "sql")
    assert offers["python-backend"].tag_template == "{pack}-release-{version}"
    assert offers["python-backend"].yanked == {"1.3.0": "", "1.3.1": "broke the migration of 1.2"}
    assert (offers["pdf"].git.text, offers["pdf"].path, offers["pdf"].elsewhere) == (
        "https://git.acme.example/tools/pdf-skills.git",
        "skills/pdf",
        True,
    )
    assert offers["flask-backend"].deprecated.startswith("use python-backend")


def test_the_example_registries_are_valid() -> None:
    """Every release in `examples/registry` has a registry file that is read."""
    assert RELEASES
    for path in RELEASES:
        assert [offer.name for offer in read(path).offers] == ["python-backend", "review", "release"]
