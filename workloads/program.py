"""A person's own program, executed under the guardian, recorded as far as it is Python, and watched until it is gone.

Nothing here waits. A face calls `Program.advance` again and again, as it does with a `Comparison`; who shows nothing
while the program runs calls `Program.step`, which costs less.
"""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING

from . import custody
from .errors import CommandError, GuardianLostError
from .news import Ended, Outlived, Reaped, Refused, Started, Used
from .recording.meta import End, Meta, new_identity, write_end, write_meta

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .inheritance import Inheritance
    from .launcher import Guardian
    from .model import Machine, ProcessState
    from .news import Message
    from .programs import JobState, ProgramRunState, ProgramState
    from .recording.reader import Recording

_STATUSES_KEPT = 50_000
_MOST_WORDS, _LONGEST_WORD, _LONGEST_TITLE = 200, 1_000, 1_000
"""Of a command line that is kept: it may have two million characters."""
_LOOK_NS = 500_000_000
"""Between two looks for processes that are not recorded."""


class Program:
    """Executes one program.

    Attributes:
        directory: The run directory; None before the first `advance`.
        recording: What is in it; likewise.
        is_over: Whether nothing of it is left.
        status: Exit status of the program, negative for a signal; None while it runs, or if it could not be started.
        cpu_ns: CPU time of the program and of all processes that it waited for; None until it ended.
        peak_bytes: Memory of the largest one of these; likewise.
        identity: Under which the recording is kept; None if it is not.
        machine: Where this is; None until the program was started.
        at_end: Called when nothing of the program is left, before its recording is closed and kept.
    """

    def __init__(
        self,
        guardian: Guardian,
        command: Sequence[str],
        *,
        terminal_io: bool,
        log_level: int,
        waits: bool = False,
        inheritance: Inheritance | None = None,
        keeps: bool = True,
    ) -> None:
        """Prepare a program; the first call of `advance` starts it.

        Args:
            guardian: Under which it is executed.
            command: argv, at least one word.
            terminal_io: Whether it has our stdin, stdout, stderr and process group; the guardian must allow it.
            log_level: Of the log of multiprocessing, such as 20 for INFO; 0 leaves it off.
            waits: Whether what outlives the program may go on, rather than be ended.
            inheritance: What it takes over from our caller beside the environment.
            keeps: Whether the recording is added to those that are kept.
        """
        self.directory: Path | None = None
        self.recording: Recording | None = None
        self.is_over = False
        self.status: int | None = None
        self.cpu_ns: int | None = None
        self.peak_bytes: int | None = None
        self.identity: str | None = None
        self.machine: Machine | None = None
        self.at_end: Callable[[], None] | None = None
        self._guardian = guardian
        self._command = tuple(command)
        self._terminal_io = terminal_io
        self._log_level = log_level
        self._waits = waits
        self._inheritance = inheritance
        self._keeps = keeps
        self._meta = self._begin_meta()
        self._pid: int | None = None
        self._ended_ns: int | None = None
        self._statuses: dict[int, int] = {}
        """By pid, of processes that only the guardian saw end."""
        self._outlived: list[Outlived] = []
        self._is_cancelled = False
        self._refused: CommandError | None = None
        self._lost: GuardianLostError | None = None
        self._looked_ns = 0
        self._error: str | None = None
        self._notes: tuple[str, ...] = ()
        from .analysis.unrecorded import Unrecorded

        self._unrecorded = Unrecorded()

    def _begin_meta(self) -> Meta:
        try:
            directory = os.getcwd()  # noqa: PTH109
        except OSError:  # it is gone
            directory = ""
        begun_epoch_ns = time_ns()
        from . import __version__

        kept = tuple(word[:_LONGEST_WORD] for word in self._command[:_MOST_WORDS])
        return Meta(
            kind="program",
            identity=new_identity(begun_epoch_ns),
            title=shlex.join(kept)[:_LONGEST_TITLE],
            begun_ns=perf_counter_ns(),
            begun_epoch_ns=begun_epoch_ns,
            poolscope=__version__,
            machine={},
            command=kept,
            directory=directory,
            log_level=self._log_level,
        )

    @property
    def meta(self) -> Meta:
        """What the recording says of itself."""
        return self._meta

    @property
    def pid(self) -> int | None:
        """Of the program; None before it was started."""
        return self._pid

    @property
    def exit_code(self) -> int:
        """What a command exits with that executed this program: its own status, or 128 and the signal's number."""
        if self._refused is not None:
            return self._refused.exit_code
        if self.status is None:
            return 128 + custody.SIGKILL  # as the kernel does with it when the guardian is lost
        return self.status if self.status >= 0 else 128 - self.status

    def advance(self) -> ProgramState:
        """Do what can be done now, without waiting.

        Returns:
            Where the program stands.

        Raises:
            CommandError: Once, if it cannot be started.
            GuardianLostError: Once, if the guardian died; nothing of the program is left then.
        """
        self.step()
        return self.state()

    def step(self) -> None:
        """Do the same, but make no state of it."""
        if self.is_over:
            return
        try:
            self._go_on()
        except GuardianLostError:
            self._finish()
            raise

    def cancel(self) -> None:
        """End the program and all that it started. What was recorded stays."""
        if self.is_over or self.directory is None:
            return
        self._is_cancelled = self.status is None
        try:
            self._guardian.stop()
        except GuardianLostError as error:
            self._lost = error

    def pass_on(self, number: int, seen_ns: int | None = None) -> None:
        """Give the program a signal that was sent to us alone; what is left of it is ended by any.

        Args:
            number: Which one.
            seen_ns: When it came, on the clock of ``time.monotonic_ns``, if it was sent to the program too, should
                there have been one by then; None if it was not.
        """
        if self.is_over or self.directory is None:
            return
        try:
            self._guardian.pass_on(number, seen_ns)
        except GuardianLostError as error:
            self._lost = error

    # How it goes

    def _go_on(self) -> None:
        if self._lost is not None:
            lost, self._lost = self._lost, None
            raise lost
        if self.directory is None:
            self._start()
        for message in self._guardian.poll():
            self._take(message)
        if self._refused is not None:
            raise self._refused
        if not self.is_over:
            self._watch()

    def _start(self) -> None:
        self._meta = self._meta._replace(begun_ns=perf_counter_ns(), begun_epoch_ns=time_ns())
        try:
            self.directory = self._guardian.execute(
                self._meta,
                self._command,
                terminal_io=self._terminal_io,
                log_level=self._log_level,
                waits=self._waits,
                inheritance=self._inheritance,
            )
        except CommandError as error:
            self._refused = error
            self.is_over = True
            raise
        # Imported here, while the program starts on another core.
        from .recording.reader import Recording

        self.recording = Recording(self.directory)

    def describe(self) -> None:
        """Add to the recording where this is, which takes a moment, once the program is on its way."""
        if self.machine is not None or self.directory is None:
            return
        from .report.machine_json import machine_object
        from .sampling.machine import describe_machine

        self.machine = describe_machine()
        self._meta = self._meta._replace(machine=machine_object(self.machine))
        with suppress(OSError):
            write_meta(self._meta, self.directory)

    def _take(self, message: Message) -> None:
        if self.directory is None or message.run != self.directory.name:
            return
        if isinstance(message, Started):
            self._pid = message.pid
            self._unrecorded.look([message.pid], ())
        elif isinstance(message, Ended):
            self.status = message.status
            self._ended_ns = perf_counter_ns()
        elif isinstance(message, Used):
            self.cpu_ns, self.peak_bytes = message.cpu_ns, message.peak_bytes
        elif isinstance(message, Reaped):
            if len(self._statuses) < _STATUSES_KEPT:
                self._statuses[message.pid] = message.status
        elif isinstance(message, Outlived):
            self._outlived.append(message)
        elif isinstance(message, Refused):
            from .analysis.outcome import refusal

            self._refused = refusal(self._command, message)
            self.is_over = True
        else:
            self._finish()

    def _watch(self) -> None:
        recording = self.recording
        if recording is None:
            return
        changed = recording.refresh()
        now_ns = perf_counter_ns()
        # Before it is known to have been started, it may still look like the guardian.
        if self._pid is not None and now_ns - self._looked_ns >= _LOOK_NS:
            self._looked_ns = now_ns
            self._unrecorded.look(custody.descendants([self._guardian.pid]), recording.files)
            self.describe()
        if changed and self._error is None:
            from .analysis.failure import find_failure

            self._error = find_failure(recording)

    def _finish(self) -> None:
        """Take in what the program left."""
        self.is_over = True
        if self._ended_ns is None or self._waits:
            self._ended_ns = perf_counter_ns()
        recording = self.recording
        if recording is None or self.directory is None:
            return
        if self.at_end is not None:
            self.at_end()
        recording.close()
        if self._pid is not None:
            self._unrecorded.add(self._pid, self._command)
            self._unrecorded.add_started(recording)
        from .analysis.failure import find_failure

        # What was found first may have gone on since then, or have been what the program wanted.
        self._error = find_failure(recording)
        self._notes = self._notes_of(recording)
        self.describe()
        if self.directory.is_dir():  # a guardian that was lost takes it with it
            self._conclude()

    def _conclude(self) -> None:
        assert self.directory is not None and self._ended_ns is not None  # noqa: S101, PT018
        state = self._run_state()
        if state == "done" and self._error is not None:
            # The program came to a good end all the same.
            self._notes, self._error = (self._error, *self._notes), None
        end = End(
            ended_ns=self._ended_ns,
            state="done" if state == "running" else state,
            status=self.status,
            statuses=self._statuses,
            gone=self.recording.missed() if self.recording is not None else {},
            error=self._error_now(),
            notes=self._notes,
        )
        problems: list[str] = []
        if self.recording is not None:
            self.recording.end = end  # it was closed before: nothing of it is read any more
        try:
            write_end(end, self.directory)
        except OSError as error:
            problems.append(f"The end cannot be recorded: {(error.strerror or 'unknown reason').lower()}.")
        if self._keeps:
            from .recording.store import keep

            self.identity = keep(self.directory, problems)
        self._notes += tuple(problems)

    def _notes_of(self, recording: Recording) -> tuple[str, ...]:
        from .analysis.failure import notes
        from .analysis.outcome import outliving

        return (*self._unrecorded.sentences(recording.files), *outliving(self._outlived), *notes(recording))

    # The state

    def state(self) -> ProgramState:
        """Describe where the program stands."""
        from .programs import ProgramState

        now_ns = perf_counter_ns()
        recording = self.recording
        return ProgramState(
            now_ns=now_ns,
            command=self._command,
            directory=self._meta.directory,
            state=self._run_state(),
            pid=self._pid,
            begun_ns=self._meta.begun_ns,
            ended_ns=self._ended_ns if self.is_over else None,
            status=self.status,
            run_directory=str(self.directory) if self.directory is not None else None,
            processes=self._processes(now_ns),
            jobs=self._jobs(),
            tasks_done=recording.tasks_done if recording is not None else 0,
            notes=self._notes if self.is_over else self._notes_so_far(),
            error=self._error_now(),
        )

    def _notes_so_far(self) -> tuple[str, ...]:
        return self._unrecorded.sentences(self.recording.files) if self.recording is not None else ()

    def _jobs(self) -> tuple[JobState, ...]:
        if self.recording is None:
            return ()
        from .analysis.jobs import jobs_of

        return jobs_of(self.recording)

    def _run_state(self) -> ProgramRunState:
        if not self.is_over:
            return "running"
        if self._is_cancelled:
            return "cancelled"
        return "done" if self.status == 0 else "failed"

    def _error_now(self) -> str | None:
        """Say what is wrong, as far as it is known."""
        if self._refused is not None:
            return str(self._refused)
        if self._error is not None or not self.is_over or self._is_cancelled:
            return self._error
        from .analysis.outcome import unlucky_end

        logs = None if self._terminal_io else self.directory
        return unlucky_end(self._pid, self.status, logs)

    def _processes(self, now_ns: int) -> tuple[ProcessState, ...]:
        if self.recording is None:
            return ()
        statuses = self._statuses
        if self._pid is not None and self.status is not None:
            statuses = {**statuses, self._pid: self.status}
        # Nobody but the guardian saw how the program ended, nor whoever outlived it.
        return tuple(
            state._replace(exit_status=statuses[state.pid])
            if state.exit_status is None and state.pid in statuses
            else state
            for state in self.recording.processes(now_ns)
        )
