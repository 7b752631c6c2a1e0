"""The user interface's side of the guardian: starts it, sends it runs, and cleans up after it should it be lost."""

from __future__ import annotations

import os
import sys
import time
from _thread import RLock
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from . import custody
from .errors import GuardianLostError
from .sessions import Session, is_of_session

if TYPE_CHECKING:
    from .model import Plan

_SCRIPT = str(Path(__file__).with_name("guardian.py"))
_QUIET = 4
"""Looks in a row at which nothing must be found before nothing is left."""
LOST = "The guardian of the runs was killed, so the run was ended; start again."


class Started(NamedTuple):
    """A runner was started."""

    run: str
    pid: int


class Ended(NamedTuple):
    """A runner ended; what it left is being killed."""

    run: str
    status: int
    """Exit status; negative for a signal."""


class Reaped(NamedTuple):
    """A process of a run ended that had lost its parent, so that nobody but the guardian saw how."""

    run: str
    pid: int
    status: int
    """Likewise."""


class Cleared(NamedTuple):
    """No process of a run is left."""

    run: str


class Refused(NamedTuple):
    """A runner could not be started."""

    run: str
    reason: str


Message = Started | Ended | Reaped | Cleared | Refused


class Guardian:
    """A guardian process and the session directory that it looks after. Not thread-safe, except for `close`.

    Attributes:
        pid: Of the guardian process.
        directory: Session directory, mode 0700; the run directories are in it. The guardian removes it.
    """

    def __init__(self, session: Session, pid: int, control: int) -> None:
        self.pid = pid
        self.directory = session.directory
        self._session = session
        self._control = control
        self._in = bytearray()
        self._run: str | None = None
        self._wards: set[int] = set()
        """Processes that were seen as the guardian's children."""
        self._lock = RLock()
        self._status: int | None = None
        """Exit status of the guardian; None while it lives."""
        self._is_closed = False

    @classmethod
    def start(cls, terminal: int | None = None) -> Guardian:
        """Start a guardian; it may not be ready yet, but takes runs.

        Args:
            terminal: File descriptor of the terminal that it sets back if this process is killed.

        Raises:
            UsageError: If there is no place for the session directory.
            GuardianLostError: If it cannot be started.
        """
        session = Session.create()
        try:
            pid, control = _spawn(session, terminal)
        except OSError as error:
            session.remove()
            reason = (error.strerror or "unknown reason").lower()
            raise GuardianLostError(f"The guardian of the runs cannot be started: {reason}.") from None
        # While it starts, on another core: should it be lost, its runs fall to us.
        custody.adopt_orphans()
        return cls(session, pid, control)

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
        """Have a run made, in a fresh runner.

        Returns:
            The run directory.

        Raises:
            GuardianLostError: If the guardian died.
        """
        from .plans import write_plan
        from .recorder.injection import injected_environment

        if not self.is_alive:
            self.close()
            raise GuardianLostError(LOST)
        directory = self.directory / plan.run
        directory.mkdir(mode=0o700)
        for log in ("stdout.log", "stderr.log"):
            os.close(os.open(directory / log, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        write_plan(plan, directory)
        environment = injected_environment(os.environ, directory, plan.log_level)
        # -P: what lies in the current directory shall not take the place of a module of the same name.
        arguments = [sys.executable, "-P", "-m", f"{__package__}.runner", str(directory)]
        settings = [os.fsencode(f"{name}={value}") for name, value in environment.items()]
        self._run = plan.run
        self._send(
            b"run", os.fsencode(plan.run), os.fsencode(directory), b"%d" % len(arguments),
            *map(os.fsencode, arguments), *settings,
        )  # fmt: skip
        return directory

    def stop(self) -> None:
        """Ask the run under way to end; what is left a quarter of a second later is killed. Does not wait.

        Raises:
            GuardianLostError: If the guardian died.
        """
        if self._run is not None:
            self._send(b"stop", os.fsencode(self._run))

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
                self._wards.update(custody.children(self.pid))
            return [message for words in custody.unpack(self._in) if (message := self._message(words))]

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
        _end_wards(self._wards | {self.pid}, str(self.directory))

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
        kind, run = words[0], os.fsdecode(words[1])
        if kind in (b"cleared", b"refused"):
            self._run = None
        if kind == b"started":
            self._wards.add(int(words[2]))
            return Started(run, int(words[2]))
        if kind == b"ended":
            return Ended(run, int(words[2]))
        if kind == b"reaped":
            return Reaped(run, int(words[2]), int(words[3]))
        if kind == b"refused":
            return Refused(run, os.fsdecode(words[2]))
        return Cleared(run) if kind == b"cleared" else None


def _spawn(session: Session, terminal: int | None) -> tuple[int, int]:
    """Start the guardian process.

    Returns:
        Its pid, and our end of the socket.
    """
    import _socket  # `socket` takes longer to import than the guardian to start
    from fcntl import F_DUPFD_CLOEXEC, fcntl

    ours, theirs = (end.detach() for end in _socket.socketpair())
    given = {custody.CONTROL: theirs, custody.LOCK: session.lock}
    if terminal is not None:
        given[custody.TERMINAL] = terminal
    high: dict[int, int] = {}
    try:
        for number, descriptor in given.items():
            # Above the numbers that they get over there, so that none overwrites another.
            high[number] = fcntl(descriptor, F_DUPFD_CLOEXEC, custody.TERMINAL + 1)
        actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
            (os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)
        ]
        actions += [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in high.items()]
        words = [str(session.directory), str(os.getpid()), str(int(terminal is not None))]
        command = [sys.executable, "-I", "-S", _SCRIPT, *words]
        pid = os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setsigmask=())
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
        for descriptor in high.values():
            os.close(descriptor)
    os.set_blocking(ours, False)
    return pid, ours


def _end_wards(wards: set[int], directory: str) -> None:
    """Kill and reap what falls to us when a guardian is lost, and nothing else.

    Args:
        wards: The guardian, and processes that were its children.
        directory: Session directory, which the environment of every process of a run names.
    """
    clearance = custody.Clearance(lambda: _fallen(wards, directory))
    quiet = 0
    # A process that is just dying has lost its environment, and has not yet left us its children.
    while quiet < _QUIET and not clearance.is_over:
        quiet += 1
        if not clearance.press_on():
            quiet = 0
        for pid in _fallen(wards, directory):
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(custody.TICK)
    clearance.tidy()


def _fallen(wards: set[int], directory: str) -> list[int]:
    """List our children that belong to a lost guardian, and all that is below them."""
    own = [pid for pid in custody.children(os.getpid()) if pid in wards or _is_marked(pid, wards, directory)]
    wards.update(own)
    return own + custody.descendants(own)


def _is_marked(pid: int, wards: set[int], directory: str) -> bool:
    """Whether a child of ours is of a run: by its process session, or by its environment."""
    try:
        return os.getsid(pid) in wards or is_of_session(pid, directory)
    except OSError:
        return False
