"""Matrix products by NumPy, whose own threads fight with the workers for the cores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Multiplies matrices with NumPy. NumPy hands that to a library called BLAS, which starts threads of its own, one for \
each core, in every process that uses it. With as many workers as there are cores, that is cores times cores threads.

Watch the cores in the serial lane: all of them are busy, although there is one process. There is nothing left that a \
pool could win. Watch the pool without limits: the threads of one worker interrupt those of the others, and many \
context switches get less done. In the lane with blas=1 each process has one thread, and each core one process. The \
result says how many threads the processes had.

Expect the pool without limits to be no faster than the serial lane, and often slower; the more cores, the worse. \
Expect the pool with blas=1 to be about as fast as the serial lane, or faster with many small matrices. The start \
counts, too: every worker has to import NumPy.

Try next: size = 100 with products = 2,000, where BLAS has too little to do for its threads; serial:blas=1, to see \
what one core can do alone; threads:blas=1, as NumPy lets go of the interpreter's lock (the GIL) while it multiplies. \
In a program of your own, set OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=1 and MKL_NUM_THREADS=1 before it starts."""

MOST_SIZE = 4_000
_ELEMENT_BYTES = 8
_NUMPY_BYTES = 35_000_000
"""What a process holds more with NumPy imported, and BLAS's buffers."""
_TUPLE_BYTES = 150
_DIGITS = 10

Task = tuple[int, int, int]
"""Its number, rows and columns of the matrices, and how many products are taken."""
Product = tuple[int, int, int, int]
"""The task's number, the sum over all elements of its products, threads of its process, and its process."""


def import_numpy() -> None:
    """Have NumPy at hand before the first task comes."""
    import numpy as np

    np.ones((2, 2)) @ np.ones((2, 2))


def multiply(task: Task) -> Product:
    """Take the product of two matrices a few times: one task."""
    number, size, products = task
    left, right = matrices(number, size)
    total = 0
    for _ in range(products):
        # All numbers are whole and small enough to be exact, in whichever order they are added up.
        total += int((left @ right).sum())
    return number, total, threads_of_process(), os.getpid()


def matrices(number: int, size: int) -> tuple[Any, Any]:
    """The two matrices of a task: floats, and yet whole numbers from 0 to 9."""
    import numpy as np

    steps = np.arange(size * size, dtype=np.int64)
    left = (steps * 7 + number) % 11 % _DIGITS
    right = (steps * 3 + number * 5) % 13 % _DIGITS
    return left.astype(np.float64).reshape(size, size), right.astype(np.float64).reshape(size, size)


def threads_of_process() -> int:
    """How many threads this process has; 0 where the system does not say."""
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208
    except OSError:
        return 0


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="blas",
        summary="NumPy threads fight for cores",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="tasks",
                kind="integer",
                default=64,
                help="How many tasks there are.",
                minimum=1,
                maximum=10_000,
                presets=(16, 64, 256),
            ),
            Parameter(
                name="size",
                kind="integer",
                default=500,
                help="Rows and columns of the matrices.",
                minimum=1,
                maximum=MOST_SIZE,
                presets=(100, 500, 1_000),
            ),
            Parameter(
                name="products",
                kind="integer",
                default=1,
                help="How often each task multiplies its two matrices.",
                minimum=1,
                maximum=100_000,
                presets=(1, 10, 100, 2_000),
            ),
        ),
        function=multiply,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("pool"), Lane("pool", blas=1)),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: cast("int", parameters["tasks"]),
        show=_show,
        engines=("serial", "process", "pool", "executor", "threads", "joblib"),
        engines_reason="since NumPy cannot be imported into a second interpreter",
        topic="pitfalls",
        check=_check,
        unsuitable=_unsuitable,
        initializer=import_numpy,
        comparable=_comparable,
    )


def _inputs(parameters: Parameters) -> Sequence[Task]:
    size, products = cast("int", parameters["size"]), cast("int", parameters["products"])
    return [(number, size, products) for number in range(cast("int", parameters["tasks"]))]


def _comparable(result: Product) -> tuple[int, int]:
    return result[:2]


def _threads(results: Sequence[Product]) -> dict[int, int]:
    """Most threads that each process had, by its pid."""
    most: dict[int, int] = {}
    for _, _, threads, pid in results:
        most[pid] = max(threads, most.get(pid, 0))
    return most


def _summarise(results: Sequence[Product], parameters: Parameters) -> str:
    count = len(results) * cast("int", parameters["products"])
    threads = _threads(results)
    said = f"{count:,} product{'' if count == 1 else 's'}"
    if not any(threads.values()):
        return said
    least, most = min(threads.values()), max(threads.values())
    each = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    processes = f"{len(threads):,} process{'' if len(threads) == 1 else 'es'}"
    return f"{said} by {processes} of {each} thread{'' if most == 1 else 's'}"


def _show(results: Sequence[Product], parameters: Parameters) -> tuple[str, ...]:
    del parameters  # threads are the same whatever was asked for
    threads = _threads(results)
    if not any(threads.values()):
        return ("This system does not say how many threads a process has.",)
    total = sum(threads.values())
    lines = [f"{_blas_name()}; {total:,} threads in all, {_cores():,} cores"]
    if max(threads.values()) == 1:
        lines.append("Each process had one thread: there was nothing to fight over.")
        if _cores() > 1 and not any(os.environ.get(name) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")):
            lines.append("Nobody limited it, so this NumPy's BLAS has a single thread, and blas=1 changes nothing.")
    return tuple(lines)


def _blas_name() -> str:
    """Which BLAS this NumPy was built with."""
    import numpy as np

    try:
        found: Any = np.show_config(mode="dicts")
        blas = found["Build Dependencies"]["blas"]
        return f"NumPy {np.__version__} with {blas['name']} {blas['version']}"
    except Exception:  # noqa: BLE001 - older ones print it only
        return f"NumPy {np.__version__}"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check(results: Sequence[Product], parameters: Parameters) -> str | None:
    """Compare with the sums that follow from those of columns and rows, without any product of matrices."""
    tasks, size, products = (cast("int", parameters[name]) for name in ("tasks", "size", "products"))
    if [number for number, *_ in results] != list(range(tasks)):
        return f"There are products of {len({each[0] for each in results}):,} tasks instead of {tasks:,}."
    period = 11 * 13
    wanted: dict[int, int] = {}
    for number, total, *_ in results:
        if number % period not in wanted:  # the matrices repeat themselves
            left, right = matrices(number, size)
            wanted[number % period] = int((left.sum(axis=0) * right.sum(axis=1)).sum()) * products
        if total != wanted[number % period]:
            return f"The products of task {number + 1:,} add up to {total:,} instead of {wanted[number % period]:,}."
    return None


def _unsuitable(lane: Lane, parameters: Parameters) -> str | None:
    del lane, parameters  # it is the same for all
    from importlib.util import find_spec

    return None if find_spec("numpy") is not None else "NumPy is not installed here: pip install numpy."


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes, workers_of

    tasks, size = cast("int", parameters["tasks"]), cast("int", parameters["size"])
    workers = min(tasks, workers_of(lane))
    # Both matrices and their product; whole numbers while a matrix is made.
    each = 6 * size * size * _ELEMENT_BYTES
    interpreters = 1 if lane.engine in ("serial", "threads") else workers_of(lane) + 1
    needed = peak_bytes(tasks, lane, argument=_TUPLE_BYTES, result=_TUPLE_BYTES, held=_TUPLE_BYTES)
    return needed + workers * each + interpreters * _NUMPY_BYTES
