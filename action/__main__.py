"""Run one step of the action: `run`, `comment` or `propose`."""

import sys
from io import TextIOWrapper
from pathlib import Path

# The steps run this file by its path, in the folder of the repository, which is not searched for modules.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from action import commenting, proposing, running  # noqa: E402
from action.runner import ActionError, tell  # noqa: E402

STEPS = {"run": running.run, "comment": commenting.comment, "propose": proposing.propose}

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # the runner reads UTF-8, whatever the system of its machine prints
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        STEPS[sys.argv[1]]()
    except ActionError as error:
        tell("error", str(error))
        sys.exit(2)
