"""Looks at a person's code from outside: in a process of its own, under the guardian, and for a bounded time.

`Probing` never waits, for the screen; `ask` does, for the command. Neither imports anything of the person's.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from ..errors import PoolscopeError, UsageError
from ..news import Cleared, Ended, Refused
from ..places import GUARD
from ..text import clean
from .answers import (
    ANSWER_NAME,
    HANG_NAME,
    STAGE_NAME,
    Answer,
    Checked,
    FunctionInfo,
    Limits,
    PickleProblem,
    Request,
    Trial,
    answer_from,
    to_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..launcher import Guardian
    from ..target import Target

__all__ = [
    "Answer",
    "Checked",
    "FunctionInfo",
    "Limits",
    "PickleProblem",
    "Probing",
    "Request",
    "Trial",
    "ask",
    "check_request",
    "functions_request",
]

_SLACK = 5.0
"""Seconds beyond all limits, after which the probe is ended from here."""
_LONGEST_FILE = 1 << 20
_FRAME = re.compile(r'^  File "(.*)", line (\d+) in (.*)$', re.MULTILINE)


def functions_request(where: str, directory: str, limits: Limits | None = None) -> Request:
    """Ask for the functions of a file or module."""
    return Request("functions", directory, where=where, limits=limits or Limits())


def check_request(target: Target, tasks: int = 8, limits: Limits | None = None) -> Request:
    """Ask whether a target can run, and for a trial of so many tasks at most."""
    return Request("check", target.directory, target=target.reference, tasks=tasks, limits=limits or Limits())


class Probing:
    """One request under way. The guardian must have no other run meanwhile."""

    def __init__(self, guardian: Guardian, request: Request) -> None:
        """Start the probe.

        Raises:
            GuardianLostError: If the guardian died.
            OSError: If there is no room for its directory.
        """
        self._guardian = guardian
        self._request = request
        self._directory: Path = guardian.examine(to_json(request))
        limits = request.limits
        tasks = limits.trial + limits.task if request.tasks else 0.0
        self._give_up_at = monotonic() + limits.importing + limits.inputs + tasks + _SLACK
        self._status: int | None = None
        self._refusal: str | None = None
        self._is_cleared = False
        self._is_stopped = False

    def advance(self) -> Answer | None:
        """Do what can be done now, without waiting.

        Returns:
            The answer; None while there is none.

        Raises:
            GuardianLostError: If the guardian died.
            PoolscopeError: If the probe cannot be started.
        """
        for message in self._guardian.poll():
            if message.run != self._directory.name:
                continue
            if isinstance(message, Ended):
                self._status = message.status
            elif isinstance(message, Refused):
                self._refusal = message.reason
            elif isinstance(message, Cleared):
                self._is_cleared = True
        if self._refusal is not None:
            self._remove()
            raise PoolscopeError(f"The function cannot be looked at: {clean(self._refusal, 200).lower()}.")
        if self._is_cleared:
            answer = self._answer()
            self._remove()
            return answer
        if monotonic() >= self._give_up_at:
            self.cancel()
        return None

    def cancel(self) -> None:
        """End it; `advance` goes on until nothing of it is left, and then says that there is no answer."""
        if not self._is_stopped and not self._is_cleared:
            self._is_stopped = True
            self._guardian.stop()

    def _remove(self) -> None:
        from ..custody import remove_tree

        remove_tree(str(self._directory))

    def _read(self, name: str) -> str:
        with suppress(OSError), (self._directory / name).open("rb") as file:
            return file.read(_LONGEST_FILE).decode("utf-8", "replace")
        return ""

    def _answer(self) -> Answer:
        """Make sense of what it left, whatever became of it."""
        answer: Answer | None = None
        with suppress(OSError, ValueError, KeyError, TypeError):
            answer = answer_from((self._directory / ANSWER_NAME).read_bytes())
        said: dict[str, str] = {}
        with suppress(ValueError):
            said = json.loads(self._read(STAGE_NAME))
        stage = said.get("stage", "")
        if stage == "done" and answer is not None:
            return answer
        dump = self._read(HANG_NAME)
        if stage != "task" or answer is None or answer.checked is None:
            return Answer(error=self._unfinished(said, dump))
        if dump.startswith("Timeout"):
            return answer
        # The trial's task ended the process: what it would do to a worker, too.
        note = f"In a trial, task {said['task']} ended its process: {self._end_in_words()}."
        return answer._replace(notes=(*answer.notes, note), checked=answer.checked._replace(trial=None))

    def _unfinished(self, said: dict[str, str], dump: str) -> str:
        """Say why there is no answer, with file and line if these are known."""
        limits = self._request.limits
        is_import = said.get("stage") == "importing"
        shown = clean(said.get("shown", ""), 200)
        place = _place_in(dump, said.get("root", self._request.directory), self._request.directory)
        if self._is_stopped and not dump:
            return "The function was not looked at to the end, because that was stopped."
        if dump.startswith("Timeout"):
            at = f" (it is at {place})" if place else ""
            if is_import:
                more = ", or raise --import-timeout" if self._request.kind == "check" else ""
                return (
                    f"Importing {shown} has not ended after {limits.importing:g} s{at}: put what takes so long into a "
                    f"function{more}."
                )
            return f"Making the inputs has not ended after {limits.inputs:g} s{at}: --limit takes the first ones."
        how, where = said.get("how") or self._end_in_words(), clean(said.get("where", ""), 200) or place
        at = f" ({where})" if where else ""
        if is_import:
            advice = f": put that {GUARD}" if said.get("how") else ""
            return f"Importing {shown} ends the process by {how}{at}{advice}."
        return f"Making the inputs ended the process by {how}{at}."

    def _end_in_words(self) -> str:
        from ..report.figures import exit_status

        return exit_status(self._status) if self._status is not None else "an unknown way"


def _place_in(dump: str, root: str, directory: str) -> str:
    """The innermost line of a person's own code in what `faulthandler` wrote; else the innermost that says anything.

    Args:
        dump: Of all threads, the main one last.
        root: Where the person's code is.
        directory: Against which its files are named.
    """
    from os.path import realpath, relpath

    main = dump.rpartition("most recent call first")[2]
    others = []
    for file, line, _ in _FRAME.findall(main):
        if not file.startswith("/"):
            continue
        path = realpath(file)
        if path.startswith(f"{realpath(root).rstrip('/')}/") and "-packages" not in path:
            shown = relpath(path, realpath(directory))
            return f"{clean(path if shown.startswith('..') else shown, 200)}, line {line}"
        others.append(f"{clean(file, 200)}, line {line}")
    return others[0] if others else ""


def ask(guardian: Guardian, request: Request, is_cancelled: Callable[[], bool] = lambda: False) -> Answer:
    """Ask, and wait for the answer.

    Args:
        guardian: Under which nothing runs now.
        request: What is asked.
        is_cancelled: Looked at now and then; true ends it.

    Raises:
        UsageError: If it cannot be run, in one sentence.
        PoolscopeError: If it could not be asked.
    """
    from select import select

    try:
        probing = Probing(guardian, request)
    except OSError as error:
        raise PoolscopeError(f"The function cannot be looked at: {(error.strerror or 'no room').lower()}.") from None
    while (answer := probing.advance()) is None:
        if is_cancelled():
            probing.cancel()
        select([guardian], [], [], 0.1)
    if answer.error is not None:
        raise UsageError(answer.error)
    return answer
