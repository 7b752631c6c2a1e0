"""The program of ``test_random_kills.py``: a supervisor whose children each own a pool, and go on whatever dies.

``python under_fire.py DIRECTORY CHILDREN``: every worker appends one byte to ``DIRECTORY/<pid>`` at the end of each
task, which is the truth that the recording is compared with.
"""

import multiprocessing
import os
import sys
import time
from pathlib import Path

TRUTH = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()


def task(number: int) -> int:
    """Compute for a fraction of a millisecond, and say so."""
    answer = sum(range(20_000 + number % 5000))
    descriptor = os.open(TRUTH / str(os.getpid()), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, b".")
    os.close(descriptor)
    return answer


def own_a_pool() -> None:
    """Give tasks to a pool for ever, and give up with it when its worker died: its lock may be taken for good."""
    pool = multiprocessing.Pool(1)
    worker = pool._pool[0]  # type: ignore[attr-defined]
    number = 0
    while worker.exitcode is None:
        number += 1
        try:
            pool.apply_async(task, (number,)).get(timeout=0.5)
        except multiprocessing.TimeoutError:
            break
    os._exit(1)


def main(children: int) -> None:
    """Keep so many children alive."""
    multiprocessing.set_start_method("fork")
    living: list[multiprocessing.Process] = []
    while True:
        living = [child for child in living if child.is_alive()]
        while len(living) < children:
            child = multiprocessing.Process(target=own_a_pool)
            child.start()
            living.append(child)
        time.sleep(0.01)


if __name__ == "__main__":
    main(int(sys.argv[2]))
