"""The answer of one command: its outcome or its failure, on standard output and standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from agentsync.cli.streams import to_stderr, to_stdout, writing
from agentsync.errors import AgentsyncError, DiskError, Exit
from agentsync.platform.streams import prepare_streams, shows_colours
from agentsync.reporting.failure import failure_lines, in_user_scope, json_document
from agentsync.reporting.outcome_data import outcome_data, remarks

if TYPE_CHECKING:
    from agentsync.model.outcome import Outcome


class Terminal:
    """The answer of one command.

    Args:
        command: its name, for the JSON document.
        as_json: print one JSON document and nothing else on standard output.
        is_user: the commands that hints name are for the user scope.
        quiet: no remarks on standard error.
    """

    def __init__(self, command: str, *, as_json: bool, is_user: bool, quiet: bool = False) -> None:
        prepare_streams()
        self.command = command
        self.as_json = as_json
        self.is_user = is_user
        self.quiet = quiet

    def show(self, outcome: Outcome) -> Exit:
        """Print an outcome, and return its exit code, even where its reader goes away."""
        if self.is_user:
            outcome = _of_user_scope(outcome)
        if not self.quiet:
            for note in (*outcome.notes, *remarks(outcome)):
                to_stderr(f"note: {note}")
        self._scope_hints(outcome.errors)
        with writing():
            if self.as_json:
                print(json_document(self.command, outcome.exit, outcome_data(outcome), outcome.errors))
            elif outcome.is_patch and shows_colours(sys.stdout):
                from agentsync.reporting.paint import paint

                sys.stdout.write("".join(f"{line}\n" for line in paint(outcome.lines)))
            else:
                colours = shows_colours(sys.stdout)
                for line in outcome.lines:
                    to_stdout(line, verbatim=outcome.is_patch, colours=colours)
        for error in outcome.errors:
            _tell(error)
        return outcome.exit

    def fail(self, error: AgentsyncError) -> Exit:
        """Print a failure that ended the command."""
        self._scope_hints([error])
        self._document(error)
        _tell(error)
        return error.exit

    def interrupted(self, code: Exit) -> Exit:
        """Print the document of a command that was interrupted; a person knows that it was."""
        error = AgentsyncError(
            "interrupted", why="what was begun is finished by the next command", hint="run the command again"
        )
        error.code, error.exit = "interrupted", code
        self._document(error)
        return code

    def refused(self, error: OSError | UnicodeError) -> Exit:
        """Print what the system refused, where no part of the program knows what for."""
        from agentsync.platform.names import IN_UTF8

        where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        is_locale = isinstance(error, UnicodeEncodeError) and sys.getfilesystemencoding() != "utf-8"
        return self.fail(
            DiskError(
                "the system refused something that agentsync needs",
                why=f"{where}{(getattr(error, 'strerror', '') or str(error)).lower()}",
                hint=IN_UTF8 if is_locale else "run the command again when this is mended",
            )
        )

    def bug(self, error: Exception) -> Exit:
        """Write the log of a bug, and print where it is."""
        import traceback

        from agentsync.platform.files import keep_log

        story = "".join(traceback.format_exception(error))
        hint = f"please report it with this:\n{story}"
        with suppress(OSError):
            hint = f"please report it with the log {keep_log(story)}"
        found = AgentsyncError("agentsync has a bug", why=f"{type(error).__name__}: {error}", hint=hint)
        found.code, found.exit = "bug", Exit.BUG
        return self.fail(found)

    def _document(self, error: AgentsyncError) -> None:
        if self.as_json:
            with suppress(DiskError), writing():
                print(json_document(self.command, error.exit, {}, [error]))

    def _scope_hints(self, errors: Sequence[AgentsyncError]) -> None:
        """Let hints name the scope that their failures are of."""
        if self.is_user:
            for error in errors:
                error.hint = in_user_scope(error.hint)


def _tell(error: AgentsyncError) -> None:
    for line in failure_lines(error):
        to_stderr(line)


def _of_user_scope(outcome: Outcome) -> Outcome:
    """Return an outcome whose notes and findings name commands for the user scope."""
    findings = [one._replace(what=in_user_scope(one.what), fix=in_user_scope(one.fix)) for one in outcome.findings]
    return outcome._replace(notes=[in_user_scope(note) for note in outcome.notes], findings=findings)
