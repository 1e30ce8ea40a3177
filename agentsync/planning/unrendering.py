"""The way back from a rendered file to its source, where there is one."""

from agentsync.packs.frontmatter import read_document
from agentsync.planning.placing import Placed, render


def source_of(placed: Placed, source: bytes, edited: bytes) -> bytes | None:
    """Return a source with the edit of a file that is made of it; None where the edit is of more than its body.

    The body has to stand behind the tool's own header as it stands in the source, and what is returned has to give
    the edited file again.
    """
    installed, body = render(placed, source).data, read_document(source).body
    if installed is None or not installed.endswith(body):
        return None
    header = installed[: len(installed) - len(body)]
    if not edited.startswith(header):
        return None
    changed = source[: len(source) - len(body)] + edited[len(header) :]
    return changed if render(placed, changed).data == edited else None
