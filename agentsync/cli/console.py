"""Where words leave the process: standard output, standard error, the log of a bug."""

from __future__ import annotations

import errno
import io
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from agentsync.errors import AgentsyncError, DiskError, Exit, UsageError
from agentsync.model.outcome import Outcome
from agentsync.platform.process_lock import Patience
from agentsync.reporting.failure import failure_lines, in_user_scope, json_document, shown

_PATIENCE: Final = 0.5
_REFUSALS: Final = (
    errno.EACCES,
    errno.EDQUOT,
    errno.EIO,
    errno.EMFILE,
    errno.ENAMETOOLONG,
    errno.ENFILE,
    errno.ENOMEM,
    errno.ENOSPC,
    errno.EPERM,
    errno.EROFS,
)


class Terminal:
    """What one command says.

    Args:
        command: its name, for the JSON document.
        as_json: print one JSON document and nothing else on standard output.
        quiet: no remarks on standard error.
        verbose: say what is asked and fetched.
    """

    def __init__(self, command: str, *, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        _prepare_streams()
        self.command = command
        self.verbose = verbose
        self.as_json = as_json
        self.quiet = quiet
        self.is_user = False

    def show(self, outcome: Outcome) -> Exit:
        """Print an outcome; returns its exit code, even where nobody reads to the end."""
        if self.is_user:
            outcome = _of_user_scope(outcome)
        if not self.quiet:
            for note in (*outcome.notes, *_remarks(outcome)):
                _to_stderr(f"note: {note}")
        errors = self._scoped(outcome.errors)
        with _writing():
            if self.as_json:
                _print(json_document(self.command, outcome.exit, _data(outcome), errors))
            elif outcome.is_patch and sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
                from agentsync.reporting.paint import paint

                sys.stdout.write("".join(f"{line}\n" for line in paint(outcome.lines)))
            else:
                for line in outcome.lines:
                    _to_stdout(line, verbatim=outcome.is_patch)
        self._tell(errors)
        return outcome.exit

    def _scoped(self, errors: Sequence[AgentsyncError]) -> Sequence[AgentsyncError]:
        """Failures whose hints name the scope that they are of."""
        if self.is_user:
            for error in errors:
                error.hint = in_user_scope(error.hint)
        return errors

    def progress(self) -> Progress:
        """What is being done, for a person to watch."""
        return Progress(not self.quiet, as_lines=self.verbose)

    def patience(self, *, waits: bool = True) -> Patience:
        """What to do where another process is at work: whether to wait, and where to say so."""
        return Patience(waits, None if self.quiet else lambda text: _to_stderr(f"note: {text}"))

    def asker(self) -> Callable[[Sequence[str]], Sequence[str]] | None:
        """How a person chooses among names; None where no person is at the terminal."""
        return None if self.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()) else _ask

    def confirmer(self, progress: Progress) -> Callable[[Sequence[str], str], bool] | None:
        """How a person says yes or no; None where no person is at the terminal."""
        if self.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
            return None

        def confirm(lines: Sequence[str], question: str) -> bool:
            progress.stop()
            for line in lines:
                _to_stderr(line)
            sys.stderr.write(f"{question} [y/N] ")
            sys.stderr.flush()
            return sys.stdin.readline().strip().lower() in ("y", "yes")

        return confirm

    def fail(self, error: AgentsyncError) -> Exit:
        """Print a failure that ended the command."""
        self._scoped([error])
        if self.as_json:
            with suppress(DiskError), _writing():
                _print(json_document(self.command, error.exit, {}, [error]))
        self._tell([error])
        return error.exit

    def interrupted(self, code: Exit) -> Exit:
        """Print the document of a command that was interrupted; a person knows that it was."""
        if self.as_json:
            told = AgentsyncError(
                "interrupted", why="what was begun is finished by the next command", hint="run the command again"
            )
            told.code = "interrupted"
            with suppress(DiskError), _writing():
                _print(json_document(self.command, code, {}, [told]))
        return code

    def refused(self, error: OSError) -> Exit:
        """Tell what the system refused, where nobody could say what for; a fault of ours is told as a bug."""
        if error.errno not in _REFUSALS and "temporary directory" not in str(error):
            return self.bug(error)
        where = f"{error.filename}: " if error.filename else ""
        return self.fail(
            DiskError(
                "the system refused something that agentsync needs",
                why=f"{where}{(error.strerror or str(error)).lower()}",
                hint="run the command again when this is mended",
            )
        )

    def bug(self, error: Exception) -> Exit:
        """Write the log of a bug, and say where it is."""
        import tempfile
        import traceback

        story = "".join(traceback.format_exception(error))
        hint = f"please report it with this:\n{story}"
        with (
            suppress(OSError),
            tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", errors="backslashreplace", prefix="agentsync-bug-", suffix=".log", delete=False
            ) as log,
        ):
            log.write(story)
            log.flush()
            hint = f"please report it with the log {log.name}"
        told = AgentsyncError("agentsync has a bug", why=f"{type(error).__name__}: {error}", hint=hint)
        told.code = "bug"
        if self.as_json:
            with suppress(DiskError), _writing():
                _print(json_document(self.command, Exit.BUG, {}, [told]))
        self._tell([told])
        return Exit.BUG

    @staticmethod
    def _tell(errors: Sequence[AgentsyncError]) -> None:
        for error in errors:
            for line in failure_lines(error):
                _to_stderr(line)


def _of_user_scope(outcome: Outcome) -> Outcome:
    """Return an outcome whose notes and findings name commands for the user scope."""
    findings = [
        one._replace(what=in_user_scope(one.what), fix=in_user_scope(one.fix))
        if "agentsync " in one.what + one.fix
        else one
        for one in outcome.findings
    ]
    return outcome._replace(notes=[in_user_scope(note) for note in outcome.notes], findings=findings)


def _remarks(outcome: Outcome) -> list[str]:
    """Return what was found, as lines for a person."""
    if not outcome.findings and not outcome.told:
        return []
    from agentsync.reporting.findings import finding_lines, told_lines

    return [*finding_lines(outcome.findings), *told_lines(outcome.told or ())]


def _data(outcome: Outcome) -> dict[str, Any]:
    """Return the data of a JSON document: the command's own, and what else a person is told."""
    data: dict[str, Any] = {"notes": list(outcome.notes), "findings": []}
    if outcome.findings or outcome.told:
        from agentsync.reporting.findings import finding_data, told_data

        data["findings"] = [finding_data(finding) for finding in outcome.findings]
        data["told"] = [told_data(told) for told in outcome.told or ()]
    if outcome.told is not None:
        data.setdefault("told", [])
    return {**outcome.data, **{key: value for key, value in data.items() if key not in outcome.data}}


class Progress:
    """What is being fetched, on standard error, once it takes longer than half a second.

    Args:
        wanted: whether to show anything at all; never shown where standard error is no terminal.
        as_lines: write every step as a line instead, terminal or not.
    """

    def __init__(self, wanted: bool = True, *, as_lines: bool = False) -> None:
        self._shown = as_lines or (wanted and sys.stderr.isatty())
        self._as_lines = as_lines
        self._text = ""
        self._status: Any = None
        self._timer: threading.Timer | None = None
        self._guard = threading.Lock()

    @property
    def steps(self) -> Callable[[str], None] | None:
        """Takes what is being done; None where nobody watches."""
        return self if self._shown else None

    @property
    def counts(self) -> Callable[[str], None] | None:
        """Takes how far a fetch is; None where it would fill the screen, or nobody watches."""
        return None if self._as_lines else self.steps

    def __call__(self, text: str) -> None:
        """Say what is being done now; may come from several threads."""
        if not self._shown or not text:
            return
        if self._as_lines:
            _to_stderr(text)
            return
        with self._guard:
            self._text = shown(text)
            if self._status is not None:
                self._status.update(self._text)
            elif self._timer is None:
                self._timer = threading.Timer(_PATIENCE, self._start)
                self._timer.daemon = True
                self._timer.start()

    def _start(self) -> None:
        from rich.console import Console

        with self._guard:
            if self._shown:
                self._status = Console(stderr=True).status(self._text, spinner="line")
                self._status.start()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Show nothing from now on."""
        with self._guard:
            self._shown = False
            if self._timer is not None:
                self._timer.cancel()
            if self._status is not None:
                self._status.stop()


def _ask(names: Sequence[str]) -> Sequence[str]:
    """Let a person choose some of the names, by number or by name."""
    for number, name in enumerate(names, start=1):
        _to_stderr(f"{number:>4}  {name}")
    sys.stderr.write("which (numbers or names, with blanks between): ")
    sys.stderr.flush()
    words = sys.stdin.readline().split()
    chosen = [names[int(word) - 1] if word.isdecimal() and 0 < int(word) <= len(names) else word for word in words]
    unknown = [word for word in chosen if word not in names]
    if unknown or not chosen:
        raise UsageError(f"no such pack: {', '.join(unknown)}" if unknown else "nothing chosen")
    return chosen


def _prepare_streams() -> None:
    """Replace streams that are closed, and let what the encoding of the others lacks be written as an escape."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def _writing() -> Iterator[None]:
    """Print all of it; a reader that went away, as `| head` does, has read enough.

    Raises:
        DiskError: where the output cannot be written.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_stdout()
    except OSError as error:
        _drop_stdout()
        raise DiskError(
            "cannot write the output",
            why=(error.strerror or str(error)).lower(),
            hint="what was to be done is done; send the output elsewhere and look with `agentsync status`",
        ) from error


def _drop_stdout() -> None:
    """Let go of standard output, so that nothing is written to it again when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _to_stdout(line: str, *, verbatim: bool = False) -> None:
    """Print one line of data, escaped as `shown` does; bytes stay bytes in a patch that no terminal shows."""
    if verbatim and not sys.stdout.isatty():
        sys.stdout.flush()
        sys.stdout.buffer.write(line.encode("utf-8", "surrogateescape") + b"\n")
    else:
        _print(shown(line))


def _print(text: str) -> None:
    """Print a text that is fit for any reader as it is."""
    sys.stdout.write(f"{text}\n")


def _to_stderr(line: str) -> None:
    # Where not even this can be written, the exit code still tells.
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.write(shown(line) + "\n")
        sys.stderr.flush()
