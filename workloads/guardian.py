"""The guardian: starts runners, and sees to it that nothing of a run outlives its end.

A script for itself (``python -I -S guardian.py``), started before the user interface is up; one thread, standard
library only, and as few imports as possible, because a headless run waits for it::

    user interface --- socket: run, stop, bye ---> guardian --- fork, exec ---> runner ---> workers
            <-- started, ended, reaped, cleared ---    |
                                                      subreaper: whatever loses its parent becomes its child

- **The user interface is gone** when the socket ends, or its process does: everything is killed at once, the terminal
  is set back unless it had said goodbye, and the session directory is removed.
- **The runner is gone**: what it left is killed.
- **The guardian is gone**: the kernel kills the runner; the rest falls to the user interface, which calls
  `end_descendants` on its part (see `launcher`).
"""

from __future__ import annotations

import os
import select
import sys
from time import monotonic

TYPE_CHECKING = False  # `typing` would cost milliseconds
if TYPE_CHECKING or __package__:
    from . import custody
else:
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    import custody

    del sys.path[0]

GRACE = 0.25
"""Seconds between the request to end and the kill."""

SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGCHLD, SIGCONT = 1, 2, 13, 15, 17, 18
if sys.platform != "linux":
    from signal import SIGCHLD, SIGCONT

APP_MODES_OFF = (
    b"\x18"  # cancels a sequence that was cut short
    b"\x1b[?2026l"  # end of a synchronised update
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # no mouse reports
    b"\x1b[?2004l\x1b[?1004l\x1b[?2048l"  # no bracketed paste, no focus reports, no resize reports
    b"\x1b[<u"  # keys as they were
    b"\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[0m"  # wrapping, normal screen, cursor, colours
)


class Terminal:
    """The user interface's terminal, as it was at the begin."""

    def __init__(self, descriptor: int) -> None:
        import termios

        self._descriptor = descriptor
        self._modes = termios.tcgetattr(descriptor)

    def restore(self) -> None:
        """Bring it back, without ever waiting for it."""
        import termios

        app_off = termios.ICANON | termios.ECHO | termios.ISIG
        try:
            # A shell may have taken it over already, and then its modes are none of our business.
            if not termios.tcgetattr(self._descriptor)[3] & app_off:
                termios.tcsetattr(self._descriptor, termios.TCSANOW, self._modes)
            termios.tcflush(self._descriptor, termios.TCOFLUSH)
            self._write(APP_MODES_OFF)
            termios.tcflush(self._descriptor, termios.TCIFLUSH)
        except (OSError, termios.error):
            return

    def _write(self, data: bytes) -> None:
        # An open file of our own: whether writing waits is a property that all holders of an open file share.
        flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            own = os.open(os.ttyname(self._descriptor), flags)
        except OSError:
            own = os.open(f"/proc/self/fd/{self._descriptor}", flags)
        try:
            os.write(own, data)
        finally:
            os.close(own)


class Run:
    """The run under way."""

    def __init__(self, name: bytes, runner: int) -> None:
        self.name = name
        self.runner = runner
        self.has_ended = False
        self.kill_at: float | None = None
        """When patience ends, once it was asked to stop."""
        self.clearance: custody.Clearance | None = None


class Guardian:
    """Serves one user interface until that ends."""

    def __init__(self, directory: str, parent: int) -> None:
        self._directory = directory
        self._own = os.getpid()
        self._in = bytearray()
        self._out = bytearray()
        self._run: Run | None = None
        self._is_leaving = False
        self._terminal = self._open_terminal()
        self._poll = select.poll()
        self._wakeup = self._listen()
        os.set_blocking(custody.CONTROL, False)
        self._poll.register(custody.CONTROL, select.POLLIN)
        self._poll.register(self._wakeup, select.POLLIN)
        try:
            # The socket alone could be held open by a child of the user interface.
            self._poll.register(os.pidfd_open(parent), select.POLLIN)
            self._is_orphan = os.getppid() != parent
        except (AttributeError, OSError):
            self._is_orphan = os.getppid() != parent

    @staticmethod
    def _open_terminal() -> Terminal | None:
        try:
            return Terminal(custody.TERMINAL)
        except Exception:  # noqa: BLE001 - none was given, or it is none
            return None

    @staticmethod
    def _listen() -> int:
        """Ignore what asks us to end, and wake up when a child does."""
        from _signal import (  # type: ignore[import-not-found]  # `signal` would cost milliseconds
            SIG_IGN,
            set_wakeup_fd,
            signal,
        )

        for number in (SIGHUP, SIGINT, SIGTERM, SIGPIPE):
            signal(number, SIG_IGN)
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal(SIGCHLD, lambda *_: None)
        return reader

    def serve(self) -> None:
        """Work until the user interface is gone, one way or another."""
        while not self._is_orphan:
            busy = self._run is not None and (self._run.has_ended or self._run.kill_at is not None)
            events = self._poll.poll(custody.TICK * 1000 if busy else None)
            self._react(events)
            self._press_on(has_children=self._reap())
            self._send()
            if self._is_leaving and self._run is None:
                break
        if not self._is_leaving and self._terminal is not None:
            # First of all: the shell is about to take over.
            self._terminal.restore()
        self._end_all()
        custody.remove_tree(self._directory)

    def _react(self, events: list[tuple[int, int]]) -> None:
        for descriptor, _ in events:
            if descriptor == self._wakeup:
                os.read(self._wakeup, 4096)
            elif descriptor == custody.CONTROL:
                self._receive()
            else:
                self._is_orphan = True

    def _receive(self) -> None:
        try:
            data = os.read(custody.CONTROL, 1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._is_orphan = True
            return
        self._in += data
        for words in custody.unpack(self._in):
            if words[0] == b"run":
                self._start(words[1:])
            elif words[0] == b"stop":
                self._stop(words[1])
            elif words[0] == b"bye":
                self._is_leaving = True
                if self._run is not None:
                    self._stop(self._run.name)

    def _start(self, words: list[bytes]) -> None:
        """Start a runner: its name, its directory, the number of its arguments, these, and its environment."""
        name, directory, count = words[:3]
        arguments, settings = words[3 : 3 + int(count)], words[3 + int(count) :]
        if self._run is not None or self._is_leaving:
            self._tell(b"refused", name, b"another run is under way")
            return
        try:
            runner = os.fork()
        except OSError as error:
            self._tell(b"refused", name, os.fsencode(error.strerror or str(error)))
            return
        if runner == 0:
            environment = dict(setting.split(b"=", 1) for setting in settings)
            self._become_runner(directory, arguments, environment)
        self._run = Run(name, runner)
        self._tell(b"started", name, b"%d" % runner)

    def _become_runner(self, directory: bytes, arguments: list[bytes], environment: dict[bytes, bytes]) -> None:
        """Turn this fresh child into a runner."""
        try:
            from _signal import SIG_DFL, set_wakeup_fd, signal

            set_wakeup_fd(-1)
            custody.prctl(custody.DEATH_SIGNAL, custody.SIGKILL)
            if os.getppid() != self._own:
                os._exit(1)
            os.setsid()
            for number in (*range(1, custody.SIGKILL), *range(custody.SIGKILL + 1, 32)):
                try:
                    signal(number, SIG_DFL)  # what a user interface under nohup ignores, say
                except OSError:
                    continue  # SIGSTOP
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for descriptor, log in ((1, b"stdout.log"), (2, b"stderr.log")):
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
                os.dup2(os.open(directory + b"/" + log, flags, 0o600), descriptor)
            os.execve(arguments[0], arguments, environment)  # noqa: S606
        finally:
            os._exit(127)

    def _stop(self, name: bytes) -> None:
        """Ask a run to end; what is left after the grace is killed."""
        run = self._run
        if run is None or run.name != name or run.kill_at is not None:
            return
        run.kill_at = monotonic() + GRACE
        for pid in self._find():
            if not custody.is_tracker(pid):
                custody.send_signal(pid, SIGCONT)
                custody.send_signal(pid, SIGTERM)

    def _reap(self) -> bool:
        """Take in the dead; False if no child is left, and that is the truth, while /proc may miss one for a moment."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            run = self._run
            if run is None:
                continue
            code = b"%d" % os.waitstatus_to_exitcode(status)
            if pid == run.runner:
                run.has_ended = True
                self._tell(b"ended", run.name, code)
            else:
                self._tell(b"reaped", run.name, b"%d" % pid, code)

    def _press_on(self, *, has_children: bool) -> None:
        """Go on with ending the run, if it is to end."""
        run = self._run
        if run is None:
            return
        patience_is_over = run.kill_at is not None and monotonic() >= run.kill_at
        if run.clearance is None and (patience_is_over or (run.has_ended and run.kill_at is None)):
            run.clearance = custody.Clearance(self._find)
        gave_up = has_children and run.clearance is not None and run.clearance.press_on() and run.clearance.is_over
        if (run.has_ended and not has_children) or gave_up:
            if run.clearance is not None:
                run.clearance.tidy()
            self._run = None
            self._tell(b"cleared", run.name)

    def _find(self) -> list[int]:
        return custody.descendants([self._own])

    def _end_all(self) -> None:
        clearance = custody.Clearance(self._find)
        while self._reap() and not clearance.is_over:
            clearance.press_on()
            self._poll_briefly()
        clearance.tidy()

    def _poll_briefly(self) -> None:
        if select.select([self._wakeup], [], [], custody.TICK)[0]:
            os.read(self._wakeup, 4096)

    def _tell(self, *words: bytes) -> None:
        self._out += custody.pack(words)

    def _send(self) -> None:
        try:
            while self._out:
                del self._out[: os.write(custody.CONTROL, self._out)]
        except BlockingIOError:
            self._poll.modify(custody.CONTROL, select.POLLIN | select.POLLOUT)
            return
        except OSError:
            return  # its end shows in the next poll
        self._poll.modify(custody.CONTROL, select.POLLIN)


def main(arguments: list[str]) -> None:
    """Be the guardian: arguments are session directory, pid of the user interface, and 1 with a terminal or 0."""
    directory, parent, has_terminal = arguments
    if os.getsid(0) != os.getpid():
        os.setsid()
    os.closerange(custody.TERMINAL + int(has_terminal), 4096)
    for descriptor in (custody.CONTROL, custody.LOCK, custody.TERMINAL):
        try:
            os.set_inheritable(descriptor, False)
        except OSError:
            continue
    custody.adopt_orphans()
    Guardian(directory, int(parent)).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
