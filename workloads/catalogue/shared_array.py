"""The same data worked on by several processes: as pickled copies, in an Array, and in a SharedMemory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Some workers add 1 to every byte of the same data, each to a part of its own. "copies" sends each worker its part, \
pickled, through a pipe, and gets it back in the same way: message passing. "Array" is a multiprocessing.Array, and \
"SharedMemory" a block of memory that has a name: both are seen by all workers at once, so the parent only says "go" \
and hears "done". Each way is measured with data of several sizes; each measurement is one task, with workers of its \
own, and what is counted is one round from the parent's first word to the last answer.

Watch the table of results: how long a round takes, by size. Watch the memory of the processes: copies are held by \
the parent and by the workers, shared memory is there once, which shows as a large RSS and a small PSS.

Expect no difference with small data, where each round costs what its messages cost. From some ten thousand bytes on \
expect copies to fall behind, and with a hundred million bytes to take many times longer. Array and SharedMemory are \
alike, since they are the same thing in the end. What differs is how one gets at them: an Array has to be inherited \
by a worker at its start, and a SharedMemory can be opened by name at any time.

Try next: more sizes, to find the one from which sharing pays; and workers = 1, where nothing is done in parallel \
and what remains is the cost of the way. Nobody locks here, because no two workers touch the same byte; see \
shared-counter for what happens when they do."""

WAYS = ("copies", "Array", "SharedMemory")
_STEP = bytes((value + 1) % 256 for value in range(256))
"""Adds 1 to every byte."""
_ROUNDS = 200
"""That are made at most."""
_BLOCK = 1 << 20
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - it is only asked how much room there is
_COPIES_THERE = 2
"""An Array may still be there when a SharedMemory is made."""

Task = tuple[str, int, int, int, str]
"""The way, how many bytes the data has, workers, how long to go on in milliseconds, and how workers are started."""
Worked = tuple[str, int, int, int, int]
"""The way, size of the data, rounds, nanoseconds of the median round, and bytes that are wrong at the end."""


def work_on(task: Task) -> Worked:
    """Have workers change the data, round after round: one task."""
    way, size, workers, milliseconds, start = task
    times: list[int] = []
    with _DATA[way](size, workers, start) as data:
        data.round()  # the first one waits for the workers, and brings the memory into being
        deadline = perf_counter_ns() + milliseconds * 1_000_000
        while not times or (perf_counter_ns() < deadline and len(times) < _ROUNDS):
            begin = perf_counter_ns()
            data.round()
            times.append(perf_counter_ns() - begin)
        wrong = size - bytes(data.view).count((len(times) + 1) % 256)
    return way, size, len(times), sorted(times)[len(times) // 2], wrong


class _Data:
    """Data and the workers that change it."""

    def __init__(self, size: int, workers: int, start: str) -> None:
        from .children import Children

        self.children = Children(start)
        self.parts = [(size * number // workers, size * (number + 1) // workers) for number in range(workers)]
        self.connections: list[Any] = []
        self.view = memoryview(b"")
        self.make(size)

    def make(self, size: int) -> None:
        """Make the data."""
        self.view = memoryview(bytearray(size))

    def start(self, number: int, connection: Any) -> None:
        """Start a worker for one part."""
        self.children.start(f"worker-{number + 1}", _change_copies, connection)

    def round(self) -> None:
        """Have every byte changed."""
        for (begin, end), connection in zip(self.parts, self.connections, strict=True):
            connection.send(bytes(self.view[begin:end]))
        for (begin, end), connection in zip(self.parts, self.connections, strict=True):
            self.view[begin:end] = self.children.answer(connection)

    def remove(self) -> None:
        """Let go of the data."""
        self.view.release()

    def __enter__(self) -> _Data:
        self.children.__enter__()
        for number in range(len(self.parts)):
            own, other = self.children.context.Pipe()
            with other:
                self.start(number, other)
            self.connections.append(own)
        return self

    def __exit__(self, *error: Any) -> None:
        # The end of its pipe is what a worker ends at, unless another one inherited that as well.
        for connection in self.connections:
            if error[0] is None:
                connection.send(None)
            connection.close()
        try:
            self.children.__exit__(*error)
        finally:
            self.remove()


class _Array(_Data):
    """The data is a `multiprocessing.Array`, whose lock nobody needs here."""

    def make(self, size: int) -> None:
        self._array = self.children.context.Array("B", size, lock=False)
        self.view = memoryview(self._array).cast("B")

    def start(self, number: int, connection: Any) -> None:
        part = self.parts[number]
        self.children.start(f"worker-{number + 1}", _change_array, connection, self._array, *part)

    def round(self) -> None:
        for connection in self.connections:
            connection.send(True)
        for connection in self.connections:
            self.children.answer(connection)


class _Block(_Array):
    """The data is in a `SharedMemory`."""

    def make(self, size: int) -> None:
        from multiprocessing.shared_memory import SharedMemory

        self._memory = SharedMemory(create=True, size=size)
        self.view = cast("memoryview", self._memory.buf)[:size]

    def start(self, number: int, connection: Any) -> None:
        part = self.parts[number]
        self.children.start(f"worker-{number + 1}", _change_memory, connection, self._memory.name, *part)

    def remove(self) -> None:
        self.view.release()
        self._memory.close()
        self._memory.unlink()


_DATA: dict[str, type[_Data]] = {"copies": _Data, "Array": _Array, "SharedMemory": _Block}


def _change_copies(connection: Any) -> None:
    """Be a worker that gets its part, and returns it."""
    while (data := connection.recv()) is not None:
        connection.send(data.translate(_STEP))


def _change_array(connection: Any, array: Any, begin: int, end: int) -> None:
    _change_view(connection, memoryview(array).cast("B"), begin, end)


def _change_memory(connection: Any, name: str, begin: int, end: int) -> None:
    from multiprocessing.shared_memory import SharedMemory

    memory = SharedMemory(name)
    try:
        with cast("memoryview", memory.buf)[:end] as view:
            _change_view(connection, view, begin, end)
    finally:
        memory.close()


def _change_view(connection: Any, view: memoryview, begin: int, end: int) -> None:
    """Be a worker that changes its part where it is."""
    while connection.recv() is not None:
        for place in range(begin, end, _BLOCK):
            stop = min(place + _BLOCK, end)
            view[place:stop] = bytes(view[place:stop]).translate(_STEP)
        connection.send(True)


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload
    from .children import start_parameter

    return Workload(
        name="shared-array",
        summary="shared memory against copies",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="sizes",
                kind="numbers",
                default=(1_000, 100_000, 10_000_000, 50_000_000),
                help="How many bytes the data has, one measurement for each way.",
                minimum=1,
                maximum=2_000_000_000,
                presets=((1_000, 100_000, 10_000_000, 50_000_000), (1_000, 10_000, 100_000, 1_000_000)),
                most=16,
            ),
            Parameter(
                name="workers",
                kind="integer",
                default=2,
                help="How many workers share the data.",
                minimum=1,
                maximum=64,
                presets=(1, 2, 4),
            ),
            Parameter(
                name="time",
                kind="integer",
                default=200,
                help="How long rounds are made for each measurement, in milliseconds; at least one is.",
                minimum=1,
                maximum=60_000,
                presets=(50, 200, 1_000),
            ),
            start_parameter(),
        ),
        function=work_on,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"),),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: len(_inputs(parameters)),
        show=_show,
        engines=("serial",),
        engines_reason="which starts its processes itself",
        topic="shared memory",
        check=_check,
        unsuitable=_unsuitable,
        comparable=lambda result: (*result[:2], result[4]),
    )


def _inputs(parameters: Parameters) -> Sequence[Task]:
    workers, time = cast("int", parameters["workers"]), cast("int", parameters["time"])
    sizes = dict.fromkeys(cast("tuple[int, ...]", parameters["sizes"]))  # each once
    return [(way, size, workers, time, cast("str", parameters["start"])) for size in sizes for way in WAYS]


def _check(results: Sequence[Worked], parameters: Parameters) -> str | None:
    wanted = [task[:2] for task in _inputs(parameters)]
    if sorted(result[:2] for result in results) != sorted(wanted):
        return f"There are {len(results):,} measurements instead of {len(wanted):,}."
    for way, size, rounds, _, wrong in results:
        if wrong:
            return f"{wrong:,} of {size:,} bytes are wrong after {rounds:,} rounds with {way}."
    return None


def _by_size(results: Sequence[Worked]) -> dict[int, dict[str, int]]:
    """Nanoseconds of a round, by size and way."""
    found: dict[int, dict[str, int]] = {}
    for way, size, _, median, _ in results:
        found.setdefault(size, {})[way] = median
    return found


def _summarise(results: Sequence[Worked], parameters: Parameters) -> str:
    del parameters
    from ..report.figures import ratio_in_words, size

    octets, times = max(_by_size(results).items())
    words = ratio_in_words(times["copies"] / times["SharedMemory"])
    return f"with {size(octets)}, SharedMemory is {words} {'as' if words == 'as fast' else 'than'} copies"


def _show(results: Sequence[Worked], parameters: Parameters) -> tuple[str, ...]:
    del parameters
    from ..report.columns import aligned
    from ..report.figures import duration, size

    rows = [["a round with", *WAYS]]
    for octets, times in _by_size(results).items():
        rows.append([size(octets), *(duration(times[way]) for way in WAYS)])
    return tuple(aligned(rows, right={0, 1, 2, 3}))


def _unsuitable(lane: Lane, parameters: Parameters) -> str | None:
    """Shared memory is a file system of its own, and containers often have little of it."""
    del lane
    from ..report.figures import size

    try:
        room = os.statvfs(_SHARED_MEMORY)
    except OSError:  # macOS has it elsewhere
        return None
    free, largest = room.f_bavail * room.f_frsize, max(cast("tuple[int, ...]", parameters["sizes"]))
    if _COPIES_THERE * largest <= free:
        return None
    return (
        f"Shared memory of {size(largest)} does not fit into {_SHARED_MEMORY}, which has {size(free)} free: "
        f"choose sizes up to {free // _COPIES_THERE:,}."
    )


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    del lane
    from .children import children_bytes

    # The data; all parts on their way there, in the workers before and after, and back; and a copy to be looked at.
    return children_bytes(cast("int", parameters["workers"])) + 6 * max(cast("tuple[int, ...]", parameters["sizes"]))
