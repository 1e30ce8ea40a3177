"""Rules of the group `text`: line ends, empty items, and what belongs to one person or to none."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from agentsync.checking.found import Found, spot, spot_in
from agentsync.checking.subject import Subject
from agentsync.model.item import Kind
from agentsync.model.working_tree import is_script, is_text
from agentsync.packs.discovery import FoundItem
from agentsync.packs.frontmatter import read_document
from agentsync.packs.header_block import BOM

_TEXTS: Final = (Kind.AGENT, Kind.SKILL, Kind.COMMAND, Kind.RULE)
_HOME: Final = re.compile(
    r"(?<![\w.@:/~$}-])(?:/home/|/Users/|[A-Za-z]:\\{1,2}Users\\{1,2})([A-Za-z][A-Za-z0-9._-]*)(?=[/\\])"
)
# Names that stand for any user, and the users that every machine has.
_ANYBODY: Final = frozenset(
    """user username users you your yourname your-name your-username name me myname my-name me someone somebody
    example runner ubuntu node vscode vagrant codespace codespaces root admin app deploy dev developer git jovyan
    coder agent default public shared test tester foo bar alice bob john jane johndoe john.doe xxx home
    pi ec2-user circleci jenkins builder build node-user appuser oai sandbox project yourusername youruser
    someuser""".split()
)
_SECRETS: Final = (
    ("a token of GitHub", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})")),
    ("a token of GitLab", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("an access key of AWS", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("a key of Anthropic", re.compile(r"\bsk-ant-[A-Za-z0-9_-]{32,}")),
    ("a key of OpenAI", re.compile(r"\bsk-(?:proj-)?[A-Za-z0-9_-]{40,}")),
    ("a key of Google", re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b")),
    ("a key of Stripe", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{24,}")),
    ("a token of Slack", re.compile(r"\bxox[abposr]-[0-9]{8,}-[A-Za-z0-9-]{16,}")),
    ("a token of npm", re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\s+[A-Za-z0-9+/=]{40,}){3}")),
)
# To look for these first takes a tenth of the time.
_LIKE_SECRETS: Final = re.compile(r"gh[pousr]_|github_pat_|glpat-|A[KS]IA|sk-|AIza|k_live_|xox|npm_|PRIVATE KEY")
_MADE_UP: Final = re.compile(r"example|xxxx|\.\.\.|0000|1234567|abcdef|placeholder|your", re.IGNORECASE)
_FEWEST_LETTERS: Final = 10


def _main_files(subject: Subject) -> Iterator[tuple[FoundItem, bytes]]:
    for item in subject.items:
        if item.kind in _TEXTS and item.path in subject.texts:
            yield item, subject.texts[item.path]


def ends(subject: Subject) -> Iterator[Found]:
    """Yield the items whose file is no UTF-8, begins with a byte order mark, or ends its lines otherwise than usual."""
    for item, data in _main_files(subject):
        yield from (one._replace(item=item.key) for one in _ends(item.path, data))
    own = {item.path for item in subject.items}
    for path, data in subject.texts.items():
        if path not in own and is_script(data) and (place := data.find(b"\r\n")) >= 0:
            what = "it is a script with CRLF, and is not found by the name of its program"
            yield Found("text-ends", path, what, *spot_in(data, place), fix=_TO_LF)


_TO_LF: Final = "sed -i 's/\\r$//' \0"


def _ends(path: str, data: bytes) -> Iterator[Found]:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        fix = "iconv -f latin1 -t utf-8 -o \0 \0"
        line, column = spot_in(data, error.start)
        yield Found("text-ends", path, "it is not UTF-8, and is not installed", line, column, fix, case="not UTF-8")
        return
    if data.startswith(BOM):
        yield Found("text-ends", path, "it begins with a byte order mark", fix="sed -i '1s/^\\xEF\\xBB\\xBF//' \0")
    if (place := data.find(b"\r\n")) >= 0:
        yield Found("text-ends", path, "its lines end with CRLF", *spot_in(data, place), fix=_TO_LF)
    if data and not data.endswith((b"\n", b"\r")):
        yield Found("text-ends", path, "its last line does not end", *spot_in(data, len(data)), fix="echo >> \0")


def empty(subject: Subject) -> Iterator[Found]:
    """Yield the items without a body."""
    for item, data in _main_files(subject):
        if not read_document(data).body.strip(b" \t\r\n" + BOM):
            fix = "write what the model is to do"
            yield Found("text-empty", item.path, "there is no text in it", fix=fix, item=item.key)


def personal(subject: Subject) -> Iterator[Found]:
    """Yield the paths of one person's machine, and secrets."""
    for path, data in subject.texts.items():
        if not is_text(data):
            continue
        text = data.decode("utf-8", "replace")
        yield from _secrets(path, text)
        seen: set[str] = set()
        for match in _HOME.finditer(text) if "/home/" in text or "Users" in text else ():
            if match[1].lower() not in _ANYBODY and match[0] not in seen:
                seen.add(match[0])
                what = f"{match[0]} is a folder on one person's machine"
                yield Found("path-personal", path, what, *spot(text, match.start()), fix="write ~ or $HOME")


def _secrets(path: str, text: str) -> Iterator[Found]:
    for kind, pattern in _SECRETS if _LIKE_SECRETS.search(text) else ():
        for match in pattern.finditer(text):
            if len(set(match[0])) >= _FEWEST_LETTERS and not _MADE_UP.search(match[0]):
                what = f"it holds what looks like {kind} ({match[0][:4]}...)"
                fix = "withdraw the secret where it is from, then delete it here"
                yield Found("path-personal", path, what, *spot(text, match.start()), fix=fix, case="a secret")


RULES: Final[tuple[Callable[[Subject], Iterator[Found]], ...]] = (ends, empty, personal)
