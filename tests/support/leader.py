"""Leads a session on a pseudo-terminal, as a shell does: starts one program in the foreground and outlives it.

Run as ``python -I -S leader.py TERMINAL REPORT CONTROL IGNORED COMMAND...``. To the descriptor REPORT go the program's
pid with the time of its start, and at its end its wait status; the leader stays until CONTROL is closed, so that what
is left of the program can still use the terminal. IGNORED lists signal numbers that both of them ignore.
"""

import os
import signal
import sys
import time


def main(terminal: str, report: int, control: int, ignored: list[int], command: list[str]) -> None:
    """Run COMMAND on TERMINAL."""
    # A session leader without a terminal gets the first one that it opens.
    descriptor = os.open(terminal, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        run(command)
    os.write(report, f"{pid} {started}\n".encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(report, f"{status}\n".encode())
    os.read(control, 1)


def run(command: list[str]) -> None:
    """Become COMMAND, in the foreground of the terminal."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error}\n".encode())
        os._exit(127)


if __name__ == "__main__":
    numbers = [int(number) for number in sys.argv[4].split(",") if number]
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), numbers, sys.argv[5:])
