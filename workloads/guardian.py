"""The guardian: starts runners and programs, and sees to it that nothing of a run outlives its end.

A script for itself (``python -I -S guardian.py``), started before the user interface is up; one thread, standard
library only, and as few imports as possible, because a headless run waits for it::

    user interface --- socket: run, stop, bye ---> guardian --- fork, exec ---> runner ---> workers
            <-- started, ended, reaped, cleared ---    |
                                                      subreaper: whatever loses its parent becomes its child

A runner, and a program whose output the screen shows, has a session of its own. A program that has the terminal to
itself is of the user interface's process group instead, so that Ctrl-C, Ctrl-Z and the shell's job control reach both
alike. The guardian starts in that group, for who is elsewhere cannot put anybody into it, and leaves it afterwards: to
the kernel, whoever is in the same session could let a stopped group go on. It hands on what the shell does not see
otherwise: that the program was stopped.

- **The user interface is gone** when the socket ends, or its process does: everything is killed at once, the terminal
  is set back unless it had said goodbye, and the session directory is removed.
- **The runner is gone**: what it left is killed. What a program left has a moment to end by itself, and is asked to.
- **The guardian is gone**: the kernel kills the runner; the rest falls to the user interface, which calls
  `end_descendants` on its part (see `launcher`).
"""

from __future__ import annotations

import os
import select
import sys
from time import monotonic, monotonic_ns

TYPE_CHECKING = False  # `typing` would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable
if TYPE_CHECKING or __package__:
    from . import custody, rescue, takeoff
else:
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    import custody
    import rescue
    import takeoff

    del sys.path[0]

GRACE = 0.25
"""Seconds between the request to end and the kill, and those that a program's descendants have to end by themselves."""
_MOST_NAMED = 20
"""Of the processes that outlived a program."""

SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD, SIGCONT = 1, 2, 3, 13, 15, 17, 18
_ENDS = (SIGHUP, SIGINT, SIGQUIT, SIGTERM)
_STOPS = (20, 21, 22)  # SIGTSTP, SIGTTIN, SIGTTOU
if sys.platform != "linux":
    from signal import SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU

    _STOPS = (SIGTSTP, SIGTTIN, SIGTTOU)


class Run:
    """The run under way."""

    def __init__(self, order: takeoff.Order, runner: int, begun_ns: int) -> None:
        self.name = order.name
        self.begun_ns = begun_ns
        """From when on it got what the terminal sent."""
        self.is_program = order.is_program
        self.waits = order.waits
        self.shares_terminal = order.shares_terminal
        self.runner = runner
        """Or the program."""
        self.has_ended = False
        self.ask_at: float | None = None
        """When what outlives a program is asked to end, once the program has."""
        self.kill_at: float | None = None
        """When patience ends, once it was asked to stop."""
        self.clearance: custody.Clearance | None = None

    @property
    def is_ending(self) -> bool:
        """Whether there is something to do soon."""
        return self.kill_at is not None or (self.has_ended and not self.waits)


class Guardian:
    """Serves one user interface until that ends."""

    def __init__(self, directory: str, parent: int, control: int, terminal: rescue.Terminal | None) -> None:
        self._directory = directory
        self._parent = parent
        self._control = control
        self._own = os.getpid()
        self._in = bytearray()
        self._out = bytearray()
        self._run: Run | None = None
        self._is_leaving = False
        self._terminal = terminal
        self._poll = select.poll()
        self._wakeup = self._listen()
        os.set_blocking(self._control, False)
        self._poll.register(self._control, select.POLLIN)
        self._poll.register(self._wakeup, select.POLLIN)
        try:
            # The socket alone could be held open by a child of the user interface.
            self._poll.register(os.pidfd_open(parent), select.POLLIN)
            self._is_orphan = os.getppid() != parent
        except (AttributeError, OSError):
            self._is_orphan = os.getppid() != parent

    @staticmethod
    def _listen() -> int:
        """Ignore what asks us to end, and wake up when a child does."""
        from _signal import (  # type: ignore[import-not-found]  # `signal` would cost milliseconds
            SIG_IGN,
            SIG_SETMASK,
            pthread_sigmask,
            set_wakeup_fd,
            signal,
        )

        for number in (*_ENDS, SIGPIPE, *_STOPS):
            signal(number, SIG_IGN)
        pthread_sigmask(SIG_SETMASK, ())  # they were blocked until here
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal(SIGCHLD, lambda *_: None)
        return reader

    def serve(self) -> None:
        """Work until the user interface is gone, one way or another."""
        while not self._is_orphan:
            busy = self._run is not None and self._run.is_ending
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
            elif descriptor == self._control:
                self._receive()
            else:
                self._is_orphan = True

    def _receive(self) -> None:
        try:
            data = os.read(self._control, 1 << 16)
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
                self._start(takeoff.Order(words[1:]))
            elif words[0] == b"stop":
                self._stop(words[1])
            elif words[0] == b"signal":
                self._pass_on(words[1], int(words[2]), int(words[3]))
            elif words[0] == b"bye":
                self._is_leaving = True
                if self._run is not None:
                    self._stop(self._run.name)

    def _start(self, order: takeoff.Order) -> None:
        if self._run is not None or self._is_leaving:
            self._tell(b"refused", order.name, b"another run is under way", b"0")
            return
        report, failed = os.pipe()
        # What the terminal sends from now on reaches the program, once it has made up its mind about it.
        before = _hold_signals()
        begun_ns = monotonic_ns()
        try:
            runner = os.fork()
        except OSError as error:
            self._tell(b"refused", order.name, os.fsencode(error.strerror or str(error)), b"%d" % (error.errno or 0))
            return
        else:
            if runner == 0:
                takeoff.become(order, self._own, failed)
        finally:
            _hold_signals(before)
            os.close(failed)
            number = os.read(report, 16)  # its end is the success
            os.close(report)
        if number:
            os.waitpid(runner, 0)
            self._tell(b"refused", order.name, os.fsencode(os.strerror(int(number))), number)
            return
        if order.shares_terminal:
            os.setsid()
            _let_go_of_the_terminal()
        self._run = Run(order, runner, begun_ns)
        self._tell(b"started", order.name, b"%d" % runner)

    def _pass_on(self, name: bytes, number: int, seen_ns: int) -> None:
        """Give the program a signal that only the user interface got; what is left of one that ended is ended by it.

        What the user interface saw at SEEN_NS (0: never mind) went to the program as well, if that had begun.
        """
        run = self._run
        if run is None or run.name != name or seen_ns >= run.begun_ns:
            return
        if run.has_ended:
            self._stop(name)
        else:
            custody.send_signal(run.runner, number)

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
        stops = self._run is not None and self._run.shares_terminal
        flags = os.WNOHANG | (os.WUNTRACED | os.WCONTINUED if stops else 0)
        while True:
            try:
                pid, status, usage = os.wait4(-1, flags)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            run = self._run
            if run is None:
                continue
            if os.WIFSTOPPED(status) or os.WIFCONTINUED(status):
                if pid == run.runner:
                    self._follow(os.WSTOPSIG(status) if os.WIFSTOPPED(status) else SIGCONT)
                continue
            code = b"%d" % os.waitstatus_to_exitcode(status)
            if pid == run.runner:
                run.has_ended = True
                if run.is_program:
                    run.ask_at = monotonic() + GRACE
                    cpu = b"%d" % round((usage.ru_utime + usage.ru_stime) * 1e9)
                    self._tell(b"used", run.name, cpu, b"%d" % usage.ru_maxrss)
                self._tell(b"ended", run.name, code)
            else:
                self._tell(b"reaped", run.name, b"%d" % pid, code)

    def _follow(self, number: int) -> None:
        """Let the shell see which signal stopped the program, or that it goes on: it watches the user interface."""
        if number == SIGCONT or custody.state_of(self._parent) != b"T":  # as Ctrl-Z stops both
            custody.send_signal(self._parent, number)

    def _press_on(self, *, has_children: bool) -> None:
        """Go on with ending the run, if it is to end."""
        run = self._run
        if run is None:
            return
        if has_children and run.ask_at is not None and run.kill_at is None and not run.waits:
            if monotonic() < run.ask_at:
                return
            self._name_the_outliving(run)
            self._stop(run.name)
        patience_is_over = run.kill_at is not None and monotonic() >= run.kill_at
        is_left = run.has_ended and run.kill_at is None and not run.is_program
        if run.clearance is None and (patience_is_over or is_left):
            run.clearance = custody.Clearance(self._find)
        gave_up = has_children and run.clearance is not None and run.clearance.press_on() and run.clearance.is_over
        if (run.has_ended and not has_children) or gave_up:
            if run.clearance is not None:
                run.clearance.tidy()
            self._run = None
            self._tell(b"cleared", run.name)

    def _name_the_outliving(self, run: Run) -> None:
        pids = [pid for pid in self._find() if not custody.is_tracker(pid)]
        for pid in pids[:_MOST_NAMED]:
            command = custody.command_of(pid)
            if command:  # not one that is just dying
                self._tell(b"outlived", run.name, b"%d" % pid, *command)

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
                del self._out[: os.write(self._control, self._out)]
        except BlockingIOError:
            self._poll.modify(self._control, select.POLLIN | select.POLLOUT)
            return
        except OSError:
            return  # its end shows in the next poll
        self._poll.modify(self._control, select.POLLIN)


def _hold_signals(instead: Iterable[int] = _ENDS) -> set[int]:
    """Block the signals INSTEAD of those that were blocked before, and return these."""
    from _signal import SIG_SETMASK, pthread_sigmask

    return pthread_sigmask(SIG_SETMASK, instead)  # type: ignore[no-any-return]


def _let_go_of_the_terminal() -> None:
    """Close all that was held for the program: whoever reads its output waits for the end of it."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    for descriptor in custody.open_descriptors():
        # Our own are not inheritable; the others the caller gave to the program.
        if descriptor > 2 and os.get_inheritable(descriptor):
            os.close(descriptor)


def main(arguments: list[str]) -> None:
    """Be the guardian.

    Args:
        arguments: Session directory; pid of the user interface; the descriptors of the socket, of the session's lock
            and of the terminal that is to be set back (-1: there is none); and whether a program is to have the user
            interface's own stdin, stdout, stderr and process group, 1 or 0.
    """
    directory, parent, *numbers, shares_terminal = arguments
    control, lock, terminal = map(int, numbers)
    own = sorted({control, lock, terminal} - {-1})
    if shares_terminal == "0":
        if os.getsid(0) != os.getpid():
            os.setsid()
        for begin, end in zip([2, *own], [*own, 4096], strict=True):
            os.closerange(begin + 1, end)
    for descriptor in own:
        os.set_inheritable(descriptor, False)
    custody.adopt_orphans()
    Guardian(directory, int(parent), control, rescue.open_terminal(terminal)).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # an interpreter takes its time for an orderly end, and somebody waits
