"""What the system counts of a process anyway, looked up once, when it is about to end: it costs a task nothing.

The kernel keeps the time in which a thread could have run but had no CPU. That tells a task that waits for something
from one that has to share its core, which the clocks alone do not.
"""

import os
from time import process_time_ns

from . import layout

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from typing import Any

_BYTES = 256


def note_end(slots: "Any") -> None:
    """Note what this process has used in all: CPU time, waits of its main thread for a CPU, threads."""
    slots[layout.USED_CPU] = process_time_ns()
    slots[layout.DELAYED] = delay_of("self")
    # The links of that directory are the threads, and two more.
    slots[layout.THREADS] = max(0, os.stat("/proc/self/task").st_nlink - 2)  # noqa: PTH116


def delay_of(thread: "int | str") -> int:
    """Return how long a thread of this process has waited for a CPU so far, in ns; 0 where the system does not say.

    Args:
        thread: Its number as the system counts threads, or ``self`` for the main one.
    """
    path = "/proc/self/schedstat" if thread == "self" else f"/proc/self/task/{thread}/schedstat"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        # At least 1: a thread that never waited is not one of which nothing is known.
        return max(1, int(os.read(descriptor, _BYTES).split()[1]))
    finally:
        os.close(descriptor)
