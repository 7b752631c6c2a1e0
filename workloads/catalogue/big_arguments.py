"""Tasks with much to read and little to compute: what it costs to send their data, and how not to send it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Adds up rows of numbers, one row a task. There is little to compute and much to look at, and a worker can only look \
at what it has: with sent = data each row is pickled by the parent, written through a pipe, and read and unpickled by \
the worker, which takes longer than adding it up.

Watch the ledger: in the pool most of the time is sending, and the parent, who has to pickle for everybody, is the \
busiest process. Watch the bytes sent in the table of processes, and the memory: chunks of rows are under way several \
times over, as numbers, as pickled bytes, and as numbers again.

Expect the pool to be slower than one process alone, and threads, which look at the very same rows, to be about as \
fast as that, because adding up keeps the interpreter's lock (the GIL).

Try next: sent = index, where the rows are handed to each worker once, when it starts, and a task is only a number: \
with start=fork that costs nothing, as the worker inherits them. Then sent = recipe, where a worker makes the row \
itself, as a real one would read it from a file by its name; and form = bytes, which are pickled by copying them, \
many times faster than as many single numbers."""

SENT = ("data", "index", "recipe")
FORMS = ("numbers", "bytes")
_KIBIBYTE = 1_024
_NUMBER_BYTES = 8
"""Of a number's place in a row; the numbers themselves are shared by all rows that the parent makes."""
_PICKLED_NUMBER_BYTES = 9
_OWN_NUMBER_BYTES = 40
"""Of a number with its place, where it is in one row alone, as after unpickling."""
_TUPLE_BYTES = 250
_CHECKED = 8

Row = list[float] | bytes
Task = tuple[int, int, str, Row | None]
"""Its number, how many numbers its row has, in which form, and the row; None if the worker is to get it elsewhere."""

_rows: Sequence[Row] = ()
"""What a worker was handed when it started."""


def keep_rows(*rows: Row) -> None:
    """Have rows at hand in this process, for tasks that only carry an index."""
    global _rows  # noqa: PLW0603 - a task can find them nowhere else
    _rows = rows


def add_row(task: Task) -> int:
    """Add up one row: one task."""
    number, length, form, row = task
    if row is None:
        row = _rows[number] if _rows else make_row(number, length, form)
    return int(sum(row))


def make_row(number: int, length: int, form: str, numbers: list[float] | None = None) -> Row:
    """Make the row of a task, from NUMBERS that are there already, or from new ones."""
    if form == "bytes":
        pattern = bytes((number + step) % 251 for step in range(251))
        return (pattern * (length // len(pattern) + 1))[:length]
    begin = number % length
    if numbers is None:
        return [float(step) for step in (*range(begin + 1, length), *range(begin))]
    return numbers[begin + 1 :] + numbers[:begin]


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="big-arguments",
        summary="much to send, little to do",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="tasks",
                kind="integer",
                default=100,
                help="How many rows, and so tasks, there are.",
                minimum=1,
                maximum=100_000,
                presets=(10, 100, 400),
            ),
            Parameter(
                name="size",
                kind="integer",
                default=1_024,
                help="Size of a row in KiB.",
                minimum=1,
                maximum=65_536,
                presets=(1, 64, 1_024, 4_096),
            ),
            Parameter(
                name="sent",
                kind="choice",
                default="data",
                help="What a task carries: its row, an index into rows the workers have, or how to make the row.",
                choices=SENT,
                presets=SENT,
            ),
            Parameter(
                name="form",
                kind="choice",
                default="numbers",
                help="A row is a list of numbers, or one object of bytes.",
                choices=FORMS,
                presets=FORMS,
            ),
        ),
        function=add_row,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("pool"), Lane("threads")),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: cast("int", parameters["tasks"]),
        engines=("serial", "process", "pool", "executor", "threads"),
        engines_reason="which hands rows over when a worker starts",
        topic="pitfalls",
        check=_check,
        shared=_shared,
        initializer=keep_rows,
    )


def _length(parameters: Parameters) -> int:
    """How many numbers, or bytes, a row has."""
    size = cast("int", parameters["size"]) * _KIBIBYTE
    return size if parameters["form"] == "bytes" else size // _NUMBER_BYTES


def _make_rows(parameters: Parameters) -> list[Row]:
    length, form = _length(parameters), cast("str", parameters["form"])
    numbers = [float(step) for step in range(length)] if form == "numbers" else None
    return [make_row(number, length, form, numbers) for number in range(cast("int", parameters["tasks"]))]


def _inputs(parameters: Parameters) -> Sequence[Task]:
    tasks, length, form = cast("int", parameters["tasks"]), _length(parameters), cast("str", parameters["form"])
    rows: Sequence[Row | None] = _make_rows(parameters) if parameters["sent"] == "data" else [None] * tasks
    return [(number, length, form, row) for number, row in enumerate(rows)]


def _shared(parameters: Parameters, context: Any) -> tuple[Any, ...]:
    del context  # nothing of multiprocessing is in them
    return tuple(_make_rows(parameters)) if parameters["sent"] == "index" else ()


def _summarise(results: Sequence[int], parameters: Parameters) -> str:
    mebibytes = len(results) * cast("int", parameters["size"]) / _KIBIBYTE
    looked_at = f"{mebibytes:,.0f} MiB" if mebibytes >= 10 else f"{mebibytes:,.1f} MiB"
    return f"{len(results):,} row{'' if len(results) == 1 else 's'} added up, {looked_at} looked at"


def _check(results: Sequence[int], parameters: Parameters) -> str | None:
    """Compare with what the rows add up to without looking at each number."""
    tasks, length = cast("int", parameters["tasks"]), _length(parameters)
    if len(results) != tasks:
        return f"There are {len(results):,} sums instead of {tasks:,}."
    total = length * (length - 1) // 2
    for number, result in enumerate(results):
        wanted = total - number % length
        if parameters["form"] == "bytes":
            if _CHECKED <= number < tasks - _CHECKED:
                continue  # each takes as long as the task itself
            wanted = add_row((number, length, "bytes", make_row(number, length, "bytes")))
        if result != wanted:
            return f"Row {number + 1:,} adds up to {wanted:,}, and task {number + 1:,} gave {result:,}."
    return None


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes, workers_of

    tasks, length = cast("int", parameters["tasks"]), _length(parameters)
    sent = parameters["sent"]
    if parameters["form"] == "bytes":
        base, held, apart, pickled = 0, length, length, length
    else:
        base = apart = length * _OWN_NUMBER_BYTES
        held, pickled = length * _NUMBER_BYTES, length * _PICKLED_NUMBER_BYTES
    workers = min(tasks, workers_of(lane))
    is_apart = lane.engine not in ("serial", "threads")
    if sent == "data":
        # One chunk is being pickled in a buffer that grows by copying; those under way are bytes, then numbers.
        needed = peak_bytes(
            tasks,
            lane,
            argument=apart + _TUPLE_BYTES if is_apart else _TUPLE_BYTES,
            result=40,
            held=held + _TUPLE_BYTES,
            travelling=2 * pickled,
        )
        return needed + base
    needed = peak_bytes(tasks, lane, argument=_TUPLE_BYTES, result=40, held=_TUPLE_BYTES)
    if sent == "recipe":
        return needed + workers * 2 * apart
    # Inherited rows are shared, and yet their pages are copied where numbers are counted by who looks at them.
    copies = workers_of(lane) * (apart if lane.start_method != "fork" else base)
    return needed + base + tasks * held + (tasks * copies + 2 * tasks * pickled if is_apart else 0)
