"""The editor for a document, by its name."""

from agentsync.documents.document import Editor


def editor_for(name: str) -> Editor:
    """Return the editor for a document: of sections for Markdown, of TOML for `.toml`, of JSON for any other."""
    ending = name.rpartition(".")[2].lower()
    if ending == "md":
        from agentsync.documents import sections

        return sections
    if ending == "toml":
        from agentsync.documents import toml

        return toml
    from agentsync.documents import json

    return json
