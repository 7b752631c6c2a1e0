"""The user interface's side of the guardian: starts it, sends it runs, and cleans up after it should it be lost."""

from __future__ import annotations

import errno
import os
import sys
import time
from _thread import RLock
from contextlib import suppress

from . import custody
from .errors import GuardianLostError
from .sessions import Session

TYPE_CHECKING = False  # `typing` would delay the start of the guardian
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from .inheritance import Inheritance
    from .model import Plan
    from .news import Message
    from .recording.meta import Meta

_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guardian.py")  # noqa: PTH100, PTH118, PTH120
_LOOK_NS = 1_000_000_000
"""Between two looks at all processes of a program."""
_LOWEST = 10
"""File descriptor from which on the guardian has its own."""
LOST = "The guardian of the runs was killed, so the run was ended; start again."


class Guardian:
    """A guardian process and the session directory that it looks after. Not thread-safe, except for `close`.

    Attributes:
        pid: Of the guardian process.
        directory: Session directory, mode 0700; the run directories are in it. The guardian removes it.
    """

    def __init__(self, session: Session, pid: int, control: int) -> None:
        from pathlib import Path

        self.pid = pid
        self.directory = Path(session.directory)
        self._session = session
        self._control = control
        self._in = bytearray()
        self._run: str | None = None
        self._wards: set[int] = set()
        """Processes that were seen as the guardian's children."""
        self._runs_program = False
        self._looked_ns = 0
        self._strangers: frozenset[int] | None = None
        """Our children that have nothing to do with the guardian, if these are known to be all."""
        self._lock = RLock()
        self._status: int | None = None
        """Exit status of the guardian; None while it lives."""
        self._is_closed = False

    @classmethod
    def start(
        cls, terminal: int | None = None, *, shares_terminal: bool = False, has_all_children: bool = False
    ) -> Guardian:
        """Start a guardian; it may not be ready yet, but takes runs.

        Args:
            terminal: File descriptor of the terminal that it sets back if this process is killed.
            shares_terminal: Whether it can `execute` one program that has our stdin, stdout, stderr and process group.
            has_all_children: Whether this process has no children but the guardian from now on, so that all others fall
                to it from a guardian that is lost.

        Raises:
            UsageError: If there is no place for the session directory.
            GuardianLostError: If it cannot be started.
        """
        session = Session.create()
        try:
            pid, control = _spawn(session, terminal, shares_terminal=shares_terminal)
        except OSError as error:
            session.remove()
            # That is what is said of a number beyond the limit.
            number = errno.EMFILE if error.errno == errno.EINVAL else error.errno
            reason = os.strerror(number or 0).lower()
            raise GuardianLostError(f"The guardian of the runs cannot be started: {reason}.") from None
        # While it starts, on another core: should it be lost, its runs fall to us.
        custody.adopt_orphans()
        guardian = cls(session, pid, control)
        if has_all_children:
            guardian._strangers = frozenset(custody.children(os.getpid())) - {pid}
        return guardian

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def fileno(self) -> int:
        """What becomes readable when there is something to `poll`."""
        return self._control

    @property
    def is_alive(self) -> bool:
        """Whether it can still take runs."""
        return not self._is_closed and self._status is None and not self._has_died()

    def run(self, plan: Plan) -> Path:
        """Have a run made, in a fresh runner, and return its directory.

        Raises:
            GuardianLostError: If the guardian died.
        """
        from .plans import prepare_run

        self._check_alive()
        return self._run_module("runner", plan.run, lambda place: prepare_run(plan, place), plan.log_level)

    def examine(self, request: str) -> Path:
        """Have a person's code looked at, in a fresh process that counts as a run; like `run` in all else."""
        from .probe.answers import write_request

        self._check_alive()
        return self._run_module("probe", self._new_name(), lambda directory: write_request(request, directory), 0)

    def _run_module(
        self, module: str, name: str, prepare: Callable[[Path], Mapping[str, str] | None], level: int
    ) -> Path:
        from .recorder.injection import injected_environment

        directory = self._new_directory(name, ("stdout.log", "stderr.log"))
        environment = injected_environment(prepare(directory) or os.environ, directory, level)
        # -P: what lies in the current directory shall not take the place of a module of the same name.
        arguments = [sys.executable, "-P", "-m", f"{__package__}.{module}", str(directory)]
        self._order(name, directory, sys.executable, "kind=runner", arguments, environment)
        return directory

    def execute(
        self,
        meta: Meta,
        command: Sequence[str],
        *,
        terminal_io: bool,
        log_level: int,
        waits: bool = False,
        inheritance: Inheritance | None = None,
    ) -> Path:
        """Have a program executed, and recorded as far as it is Python.

        Args:
            meta: What its recording shall say of it.
            command: The program and its arguments, as a shell would be given them.
            terminal_io: Whether it has our stdin, stdout, stderr, and process group, rather than a session of its own
                and logs; for the first, the guardian must have been started so.
            log_level: Of the log of multiprocessing, which goes to a file of its own; 0 for none.
            waits: Whether what outlives the program may go on, and the run lasts until nothing is left.
            inheritance: What the program takes over from our caller beside its environment.

        Returns:
            The run directory.

        Raises:
            CommandError: If there is no such command, or it cannot be executed.
            GuardianLostError: If the guardian died.
        """
        from .inheritance import Inheritance, caller_environment, find_command
        from .recorder.injection import injected_environment
        from .recording.meta import write_meta

        self._check_alive()
        base = caller_environment()
        path = find_command(command[0], base)
        names = ("log.log",) if terminal_io else ("stdout.log", "stderr.log", "log.log")
        directory = self._new_directory(self._new_name(), names)
        write_meta(meta, directory)
        given = inheritance or Inheritance()
        options = f"kind=program io={'shared' if terminal_io else 'own'} waits={int(waits)}"
        for name, numbers in (("ignored", given.ignored), ("blocked", given.blocked), ("closed", given.closed)):
            options += f" {name}={','.join(str(int(number)) for number in numbers)}"
        environment = injected_environment(base, directory, log_level, log_to_file=True)
        self._runs_program = True
        self._order(directory.name, directory, path, options, command, environment)
        return directory

    def _check_alive(self) -> None:
        if not self.is_alive:
            self.close()
            raise GuardianLostError(LOST)

    def _new_directory(self, name: str, logs: Sequence[str]) -> Path:
        directory = self.directory / name
        directory.mkdir(mode=0o700)
        for log in logs:
            os.close(os.open(directory / log, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        return directory

    def _new_name(self) -> str:
        """Number the runs of a session, as comparisons do."""
        with suppress(OSError):
            numbers = [int(entry.name) for entry in self.directory.iterdir() if entry.name.isdecimal()]
            return f"{max(numbers, default=0) + 1:04}"
        return "0001"

    def _order(
        self,
        name: str,
        directory: Path,
        path: str,
        options: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
    ) -> None:
        self._run = name
        settings = [os.fsencode(f"{name}={value}") for name, value in environment.items()]
        self._send(
            b"run", os.fsencode(name), os.fsencode(directory), os.fsencode(path), options.encode(),
            b"%d" % len(arguments), *map(os.fsencode, arguments), *settings,
        )  # fmt: skip

    def stop(self) -> None:
        """Ask the run under way to end; what is left a quarter of a second later is killed. Does not wait.

        Raises:
            GuardianLostError: If the guardian died.
        """
        if self._run is not None:
            self._send(b"stop", os.fsencode(self._run))

    def pass_on(self, number: int, seen_ns: int | None = None) -> None:
        """Give the program a signal that it did not get together with us.

        Args:
            number: Which one.
            seen_ns: When it came (``time.monotonic_ns``), if the program has it too, once it was there by then.

        Raises:
            GuardianLostError: If the guardian died.
        """
        if self._run is not None:
            self._send(b"signal", os.fsencode(self._run), b"%d" % number, b"%d" % (seen_ns or 0))

    def poll(self) -> list[Message]:
        """Take what happened since the last call; does not wait.

        Raises:
            GuardianLostError: If the guardian died. Nothing of its runs is left then.
        """
        with self._lock:
            if self._is_closed:
                return []
            if not self._read():
                self._lose()
            if self._run is not None:
                self._look_after()
            return [message for words in custody.unpack(self._in) if (message := self._message(words))]

    def _look_after(self) -> None:
        """Remember what would fall to us."""
        now_ns = time.perf_counter_ns()
        if not self._runs_program:
            self._wards.update(custody.children(self.pid))
        elif now_ns - self._looked_ns >= _LOOK_NS:
            # Programs clear environments and make sessions of their own, so neither may tell later on.
            self._looked_ns = now_ns
            self._wards = set(custody.descendants([self.pid]))

    def close(self, timeout: float = 2.0) -> None:
        """Say goodbye, and wait until everything is gone: processes, session directory, guardian.

        Args:
            timeout: Seconds after which everything is killed.
        """
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            if self._status is None:
                self._part(timeout)
            os.close(self._control)
            self._session.remove()

    def _part(self, timeout: float) -> None:
        try:
            os.set_blocking(self._control, True)
            os.write(self._control, custody.pack([b"bye"]))
        except OSError:
            timeout = 0.0
        if self._wait(timeout):
            return
        self._kill()

    def _kill(self) -> None:
        """End the guardian by force, and all that it guarded."""
        self._read()
        for words in custody.unpack(self._in):
            self._message(words)  # names the runner
        if self._status is None:
            self._wards.update(custody.children(self.pid))
            custody.send_signal(self.pid, custody.SIGKILL)
            self._wait(1.0)
        from .wards import end_wards

        end_wards(self._wards | {self.pid}, str(self.directory), self._strangers)

    def _read(self) -> bool:
        """Read what the guardian sent; False if it will never send anything again."""
        os.set_blocking(self._control, False)
        try:
            while data := os.read(self._control, 1 << 16):
                self._in += data
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def _wait(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        pause = 0.0005
        while not self._has_died():
            if time.monotonic() >= deadline:
                return False
            time.sleep(pause)
            pause = min(pause * 1.5, 0.01)
        return True

    def _has_died(self) -> bool:
        if self._status is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                self._status = -1  # somebody else took its status in
            else:
                if pid:
                    self._status = os.waitstatus_to_exitcode(status)
        return self._status is not None

    def _lose(self) -> None:
        """The guardian is gone though it should not be: end what it guarded, and say so."""
        self._wait(0.1)
        self._kill()
        self.close()
        raise GuardianLostError(LOST)

    def _send(self, *words: bytes) -> None:
        with self._lock:
            if self._is_closed:
                raise GuardianLostError(LOST)
            data = custody.pack(words)
            try:
                os.set_blocking(self._control, True)
                while data:
                    data = data[os.write(self._control, data) :]
                os.set_blocking(self._control, False)
            except OSError:
                self._lose()

    def _message(self, words: list[bytes]) -> Message | None:
        from . import news

        message = news.read(words)
        if isinstance(message, news.Cleared | news.Refused):
            self._run = None
        elif isinstance(message, news.Started):
            self._wards.add(message.pid)
        return message


def _spawn(session: Session, terminal: int | None, *, shares_terminal: bool) -> tuple[int, int]:
    """Start the guardian process.

    Returns:
        Its pid, and our end of the socket.
    """
    import _socket  # `socket` takes longer to import than the guardian to start
    from fcntl import F_DUPFD, fcntl

    ours, theirs = (end.detach() for end in _socket.socketpair())
    given: list[int] = []
    try:
        for descriptor in (theirs, session.lock, terminal):
            # Inheritable, and out of the way of those that a program may expect.
            given.append(fcntl(descriptor, F_DUPFD, _LOWEST) if descriptor is not None else -1)  # noqa: PERF401
        words = [session.directory, str(os.getpid()), *map(str, given), str(int(shares_terminal))]
        command = [sys.executable, "-I", "-S", _SCRIPT, *words]
        if shares_terminal:
            # In our process group for now, where Ctrl-C would reach it before it is able to ignore that.
            from signal import valid_signals

            pid = os.posix_spawn(sys.executable, command, os.environ, setsigmask=valid_signals())
        else:
            null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
            pid = os.posix_spawn(sys.executable, command, os.environ, file_actions=null, setsigmask=())
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
        for descriptor in given:
            if descriptor >= 0:
                os.close(descriptor)
    os.set_blocking(ours, False)
    return pid, ours
