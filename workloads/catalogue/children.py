"""Processes that a single task starts: watched, bounded in time, and gone at the end of the task whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import PoolscopeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from types import TracebackType

    from ..model import Parameter

START_METHODS = ("default", "fork", "spawn", "forkserver")
LIMIT = 60.0
"""Seconds that a child may take for its answer, unless the task has a limit of its own."""
_PATIENCE = 5.0
"""Seconds in which a child that has nothing left to do ends."""


class Children:
    """Starts processes, waits for what they answer, and ends them.

    Attributes:
        context: The multiprocessing context in which they are started; pipes and queues are to be made in it.
        started: All of them, in that order.
    """

    def __init__(self, start: str = "default") -> None:
        """Choose how they are started; `default` leaves that to the platform."""
        import multiprocessing

        self.context: Any = multiprocessing.get_context(None if start == "default" else start)
        self.started: list[BaseProcess] = []

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Join them all: in peace after a success, at once after an error."""
        if error is not None:
            for process in self.started:
                process.kill()
        self.join()
        for process in self.started:
            if process.exitcode is None:
                process.kill()
                process.join(_PATIENCE)
            if process.exitcode is not None:
                process.close()

    def join(self) -> None:
        """Wait until they all have ended, though not for ever."""
        for process in self.started:
            process.join(_PATIENCE)

    def start(self, name: str, target: Callable[..., object], *arguments: object, daemon: bool = False) -> BaseProcess:
        """Start a process that calls TARGET, a module-level function."""
        process: BaseProcess = self.context.Process(target=target, args=arguments, name=name, daemon=daemon)
        process.start()
        self.started.append(process)
        return process

    def start_reporter(self, name: str, target: Callable[..., object], *arguments: object) -> Connection[Any, Any]:
        """Start a process that calls TARGET with a pipe behind all ARGUMENTS, and return the end that reads it."""
        reader, writer = self.context.Pipe(duplex=False)
        with writer:
            self.start(name, target, *arguments, writer)
        return reader  # type: ignore[no-any-return]

    def answer(
        self,
        reader: Connection[Any, Any],
        limit: float = LIMIT,
        meanwhile: Callable[[], object] | None = None,
        every: float = 0.005,
    ) -> Any:
        """Wait for one message.

        Args:
            reader: From where it comes.
            limit: Seconds after which it is given up.
            meanwhile: Called again and again while there is nothing to read.
            every: Seconds between two such calls.

        Raises:
            PoolscopeError: If it does not come in time, or if one of the processes fails before it does.
        """
        from multiprocessing.connection import wait
        from time import monotonic

        deadline = monotonic() + limit
        while monotonic() < deadline:
            # One that ended well has done its part, and needs no watching.
            living = {process.sentinel: process for process in self.started if process.exitcode is None}
            pause = every if meanwhile is not None else deadline - monotonic()
            ready = wait([reader, *living], max(0.0, pause))
            if reader in ready:
                return self._received(reader)
            self._look_for_failure()
            if meanwhile is not None:
                meanwhile()
        names = ", ".join(process.name for process in self.started if process.exitcode is None)
        raise PoolscopeError(f"The processes {names} gave no answer within {limit:g} seconds.")

    def _received(self, reader: Connection[Any, Any]) -> Any:
        try:
            return reader.recv()
        except EOFError:
            for process in self.started:
                process.join(_PATIENCE / 5)
                if process.exitcode:
                    break
            self._look_for_failure()
            raise PoolscopeError("A process ended without an answer.") from None

    def _look_for_failure(self) -> None:
        from ..report.figures import exit_status

        for process in self.started:
            if process.exitcode:
                how = exit_status(process.exitcode)
                raise PoolscopeError(
                    f"The process {process.name} (pid {process.pid}) ended with {how} before the answer was there."
                )


def start_parameter() -> Parameter:
    """The parameter of workloads whose tasks start processes themselves."""
    from ..model import Parameter

    return Parameter(
        name="start",
        kind="choice",
        default="default",
        help="How the processes are started; default is what this platform does.",
        choices=START_METHODS,
        presets=START_METHODS,
    )


def children_bytes(processes: int, each: int = 0) -> int:
    """Estimate what a run takes whose tasks have so many PROCESSES at once, with EACH bytes of their own."""
    return 32_000_000 + processes * (14_000_000 + each)
