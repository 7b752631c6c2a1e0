"""Has a person's code looked at from outside, one question after the other. Used by the bridge's thread alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolscope.workloads.errors import PoolscopeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolscope.workloads.launcher import Guardian
    from poolscope.workloads.probe import Probing
    from poolscope.workloads.probe.answers import Answer, Request


class Examiner:
    """Asks the probe; only the newest question counts, and the one before is ended for it."""

    def __init__(self, guardian: Callable[[], Guardian]) -> None:
        """Take who gives a living GUARDIAN, under which the probe is started."""
        self._guardian = guardian
        self._probing: Probing | None = None
        self._told: Callable[[Answer], None] | None = None
        """Who wants the answer of what is under way; None if nobody does any more."""
        self._next: tuple[Request, Callable[[Answer], None]] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether anything is under way."""
        return self._probing is not None or self._next is not None

    def ask(self, request: Request, told: Callable[[Answer], None], *, is_running: bool) -> None:
        """Begin to look for an answer, which TOLD is given; not while something IS RUNNING under the guardian."""
        self.forget()
        if is_running:
            from poolscope.workloads.probe.answers import Answer

            told(Answer(error="A run is under way: wait for its end, or leave with Esc and cancel it with c."))
            return
        self._next = request, told
        self.advance()

    def forget(self) -> None:
        """End what is under way; nobody is told anything of it."""
        self._next = self._told = None
        if self._probing is not None:
            self._probing.cancel()

    def advance(self) -> None:
        """Do what can be done now, without waiting."""
        try:
            if self._probing is not None:
                answer = self._probing.advance()
                if answer is None:
                    return
                self._probing = None
                self._tell(answer)
            if self._next is not None:
                from poolscope.workloads.probe import Probing

                (request, self._told), self._next = self._next, None
                self._probing = Probing(self._guardian(), request)
        except (PoolscopeError, OSError) as error:
            from poolscope.workloads.probe.answers import Answer

            self._probing = None
            self._tell(Answer(error=str(error)))

    def _tell(self, answer: Answer) -> None:
        told, self._told = self._told, None
        if told is not None:
            told(answer)
