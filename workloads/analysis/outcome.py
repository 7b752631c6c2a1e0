"""How a program ended, as a sentence: that it could not be started, what was wrong in the end, what outlived it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from ..errors import CommandError
from ..text import clean
from .unrecorded import command_in_short

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..news import Outlived, Refused

_NAMED = 3
_LONGEST = 200


def refusal(command: Sequence[str], refused: Refused) -> CommandError:
    """Say why a program could not be started; the exit code is that of a shell."""
    is_missing = refused.number in (errno.ENOENT, errno.ENOTDIR)
    reason = (
        "the program that should interpret it is missing" if is_missing else clean(refused.reason, _LONGEST).lower()
    )
    code = CommandError.NOT_FOUND if is_missing else CommandError.NOT_EXECUTABLE
    return CommandError(f"{clean(command[0], _LONGEST)} cannot be started: {reason}.", code)


def outliving(processes: Sequence[Outlived]) -> tuple[str, ...]:
    """Name what outlived a program, in one note or none."""
    if not processes:
        return ()
    names = [f"{command_in_short(process.command)} (pid {process.pid})" for process in processes]
    more = len(names) - _NAMED
    some = ", ".join(names[:_NAMED]) + (f", and {more:,} more" if more > 0 else "")
    return (f"Outlived the program and was ended: {some}; --wait would let it finish.",)


def unlucky_end(pid: int | None, status: int | None, logs: Path | None) -> str | None:
    """Say how a program ended; None if that was well.

    Args:
        pid: Of the program.
        status: Its exit status, negative for a signal; None if the guardian was lost before.
        logs: Run directory with what it wrote to stderr, whose last exception tells more; None if it is not there.
    """
    if status == 0:
        return None
    if status is None:
        return "The guardian was killed, and the program with it."
    from ..report.figures import exit_status

    if status < 0:
        return f"The program (pid {pid}) was killed by {exit_status(status)}."
    from ..recording.log import last_exception

    said = last_exception(logs).rstrip(".") if logs is not None else ""
    return f"The program (pid {pid}) ended with {exit_status(status)}{f': {said}' if said else ''}."
