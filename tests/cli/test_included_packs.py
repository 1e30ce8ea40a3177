"""`packs: {include: [...]}`: checked, published, edited and installed as one list."""

from __future__ import annotations

from tests.cli.authors import READER, Author
from tests.cli.project import locked, succeed, write_manifest
from tests.sandbox import Sandbox


def test_from_the_author_to_a_user(sandbox: Sandbox) -> None:
    """An edit goes into the file that has the pack, a new name into two; errors name the file; users see one list."""
    author = Author(sandbox)
    head = author.read("registry.yaml").partition("packs:")[0]
    author.write(
        "registry.yaml", f"{head}packs:\n  include: [lists/*.yaml]\n  db: {{path: packs/db, description: Db}}\n"
    )
    author.write("lists/web.yaml", "# Of the web team\nweb:  {path: packs/web, description: Web}  # all\n")
    assert author.json("registry", "check", "--strict")["exit"] == 0
    author.commit("Two lists")
    assert author.publish("web@1.0.0")["tag"] == "web/v1.0.0" and author.publish("db@1.0.0")["tag"] == "db/v1.0.0"

    assert author.json("registry", "yank", "web", "1.0.0", "--reason", "broken")["data"]["changed"]
    assert author.read("lists/web.yaml") == (
        "# Of the web team\nweb:  {path: packs/web, description: Web, yanked: {1.0.0: broken}}  # all\n"
    )
    assert author.json("registry", "yank", "web", "1.0.0", "--undo")["data"]["changed"]
    listed = author.read("registry.yaml")
    author.json("registry", "deprecate", "web", "old")
    author.json("registry", "deprecate", "web", "--undo")
    assert author.read("registry.yaml") == listed and "deprecated" not in author.read("lists/web.yaml")
    author.json("registry", "rename", "web", "pages")
    assert "pages:  {path: packs/web" in author.read("lists/web.yaml")
    assert author.read("registry.yaml") == f"{listed}renames:\n  web: pages\n"
    assert author.git("show", "--name-only", "--format=", "HEAD").split() == ["lists/web.yaml", "registry.yaml"]
    author.write("lists/web.yaml", f"{author.read('lists/web.yaml')}# being edited\n")
    refused = author.json("registry", "yank", "db", "1.0.0")
    assert refused["exit"] == 3 and "lists/web.yaml has changes" in refused["errors"][0]["what"]
    author.git("checkout", "--", "lists")

    started = author.run("pack", "init", "packs/pages2", "--name", "pages")
    assert started.exit == 2 and "lists/web.yaml has it at packs/web" in started.stderr
    assert author.run("pack", "init", "packs/more").exit == 0 and "more: {path: packs/more}" in author.read(
        "registry.yaml"
    )
    author.write("lists/more.yaml", "more: {path: packs/more}\n")
    found = author.json("registry", "check")["data"]["findings"]
    assert [(one["rule"], one["path"], one["line"]) for one in found] == [("registry-invalid", "lists/more.yaml", 1)]
    author.write("lists/more.yaml", "extra: {path: packs/nowhere}\n")
    found = author.json("registry", "check")["data"]["findings"]
    assert ("pack-path-missing", "lists/more.yaml", 1) in [(one["rule"], one["path"], one["line"]) for one in found]
    author.write("lists/more.yaml", "extra: {path: packs/extra, description: Extra}\n")
    author.write("packs/extra/agents/extra.md", READER.replace("reader", "extra"))
    author.commit("More")

    write_manifest(sandbox, f"registries:\n  kit: {author.tree}\npacks:\n  kit/web: ^1\n")
    succeed(sandbox, "install")
    assert str(locked(sandbox, "kit/web")["version"]) == "1.0.0"
    hits = sandbox.json("search", "--refresh", "extra")["data"]["hits"]
    assert [(hit["pack"], hit["item"]) for hit in hits] == [("kit/extra", None), ("kit/extra", "agent:extra")]
    assert author.json("registry", "index")["data"]["packs"] == 4
    site = author.json("registry", "site", "--out", str(sandbox.root / "site"))
    assert site["exit"] == 0 and (sandbox.root / "site/packs/extra/index.html").is_file()
