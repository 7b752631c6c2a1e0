"""Tells whether a signal was sent to our whole process group, or to us alone.

Whoever signals the group (``kill -- -PGID``, ``timeout``, a supervisor, a script with ``kill 0``) reaches the program
as well as us, and it would get the signal twice if we passed it on. What the kernel says of a signal is the same in
both cases, and so is mostly the sender. So somebody who does nothing else stands beside us in the group, with all
signals blocked: what is pending there went to all.
"""

from __future__ import annotations

import os
import select
import signal
from _thread import allocate_lock
from contextlib import suppress

from . import custody

_PATIENCE = 1.0
"""Seconds that an answer may take: somebody may have stopped the witness."""
_YES, _NO = b"y", b"n"


class Witness:
    """A process in our process group that notices which signals go to all of it. Ends when we do."""

    def __init__(self, pid: int, questions: int, answers: int) -> None:
        self._pid = pid
        self._questions = questions
        self._answers = answers
        self._is_lost = False
        self._lock = allocate_lock()
        """Who listens for signals and who closes are two threads, and a descriptor may soon be another's."""

    @classmethod
    def start(cls) -> Witness | None:
        """Start one; None where that is impossible. Only a process with a single thread may do so."""
        if not hasattr(signal, "sigtimedwait"):
            return None
        theirs, questions = os.pipe()
        answers, ours = os.pipe()
        try:
            pid = os.fork()
        except OSError:
            os.close(questions)
            os.close(answers)
            return None
        else:
            if pid == 0:
                _stand_by(theirs, ours)
        finally:
            os.close(theirs)
            os.close(ours)
        return cls(pid, questions, answers)

    def saw(self, number: int) -> bool:
        """Whether that signal was sent to the whole group since the last time that it was asked for."""
        with self._lock:
            if self._is_lost:
                return False
            answer = b""
            with suppress(OSError):  # it was killed
                os.write(self._questions, bytes((number,)))
                if select.select([self._answers], [], [], _PATIENCE)[0]:
                    answer = os.read(self._answers, 1)
            self._is_lost = not answer
            return answer == _YES

    def close(self) -> None:
        """Let it go, and wait until it has."""
        with self._lock:
            self._is_lost = True
            os.close(self._questions)
            os.close(self._answers)
        with suppress(OSError):
            os.kill(self._pid, custody.SIGKILL)  # it may have been stopped
            os.waitpid(self._pid, 0)


def _stand_by(questions: int, answers: int) -> None:
    """Answer questions until nobody can ask any more; never returns."""
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
        for descriptor in custody.open_descriptors():
            if descriptor not in (questions, answers):
                os.close(descriptor)
        while asked := os.read(questions, 1):
            os.write(answers, _NO if signal.sigtimedwait(set(asked), 0) is None else _YES)
    finally:
        os._exit(0)
