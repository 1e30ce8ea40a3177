"""What a failure of git at a remote means. The text of git's errors, in English, is all that tells.

Sources: the messages of git 2.30 to 2.50 (remote-curl.c, connect.c, http.c), of OpenSSH, and of the large hosts.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from agentsync.errors import AgentsyncError, BusyError, DeniedError, FetchError, NoRepositoryError, UnsafeError
from agentsync.late import late
from agentsync.model.policy import in_words

if TYPE_CHECKING:
    from agentsync.git.git import GitFailure
    from agentsync.model.git_url import GitUrl

# Git's words for an object that is refused as it comes in, git-fsck(1).
_REFUSED_BY_GIT: Final = late(r"error: object ([0-9a-f]{40,64}): (\w+: [^;]*)")
# Git's words for an allocation over GIT_ALLOC_LIMIT.
_TOO_LARGE_FOR_GIT: Final = late(r"attempting to allocate (\d{1,20}) over limit (\d{1,20})")
# Git's words where no connection was made: asking for less, or for more, is no use.
_OUT_OF_REACH: Final = ("unable to access", "Could not read from remote repository")
# Git's words where no answer came, or a refusal: there is no page to look at.
_NO_ANSWER: Final = ("unable to access", "Authentication failed", "could not read ", "not found")
_DENIED: Final = late(
    r"Authentication failed|Permission denied|could not read (Username|Password)|[Aa]ccess (to .{1,200} )?denied"
    r"|returned error: (401|403|407)|dubious ownership|not (allowed|permitted)|[Uu]nauthorized|Host key verification"
)
_NOT_THERE: Final = late(
    r"repository .{0,2000}not found|Repository not found|does not appear to be a git repository"
    r"|returned error: (404|410)|[Pp]roject (you were looking for )?(could not|can't) be found|does not exist"
    r"|not valid: is this a git repo|invalid gitfile format"
)
_BUSY: Final = late(
    r"returned error: (429|503)|Connection refused|Failed to connect|Could not connect|Couldn't connect"
)
_REFUSED: Final = late(r"[Nn]ot found|not our ref|returned error: 4(?!08|25|29)")
_PASSES: Final = late(
    r"RPC failed|early EOF|hung up|Connection (reset|closed|timed out)|[Tt]imed out|Operation too slow|Empty reply"
    r"|transfer closed|returned error: (408|425|429|5\d\d)|unexpected disconnect|bad line length|expected flush"
    r"|index-pack (failed|died)|inflate|Recv failure|Send failure|SSL_read|GnuTLS recv|HTTP/2 stream"
    r"|Temporary failure|invalid server response|protocol error|expected packfile|bad pack|unexpected response"
)


def may_pass(failure: GitFailure) -> bool:
    """Return whether the same request may succeed in a moment."""
    said = failure.message
    if any(refused.search(said) for refused in (_REFUSED, _DENIED, _NOT_THERE)):
        return False
    return _PASSES.search(said) is not None


def is_out_of_reach(failure: GitFailure) -> bool:
    """Return whether no connection was made."""
    return any(words in failure.message for words in _OUT_OF_REACH)


def is_answered(failure: GitFailure) -> bool:
    """Return whether an answer came, and no refusal."""
    return not any(words in failure.message for words in _NO_ANSWER)


def explained(url: GitUrl, failure: GitFailure) -> AgentsyncError:
    """Return the failure of a remote that explains git's own: its class says what it means.

    `DeniedError` and `NoRepositoryError` are answers; any other `FetchError` says that none came.
    """
    said = failure.message
    if refused := _REFUSED_BY_GIT.search(said):
        return UnsafeError(
            f"{url.text} delivers what no repository may hold",
            why=f"object {refused[1][:12]}: {refused[2]}",
            hint="it is damaged or hostile: contact the registry maintainer",
        )
    if large := _TOO_LARGE_FOR_GIT.search(said):
        return UnsafeError(
            f"{url.text} delivers more than is unpacked",
            why=f"something of {int(large[1]):,} bytes, more than {in_words(int(large[2]))}",
            hint="a registry holds documents: contact the registry maintainer",
        )
    classes = ((_BUSY, BusyError), (_DENIED, DeniedError), (_NOT_THERE, NoRepositoryError))
    means = next((named for words, named in classes if words.search(said)), FetchError)
    return means(
        f"cannot read {url.text}",
        why=said,
        hint=f"check the URL and your access: git ls-remote {shlex.quote(url.text)}",
    )
