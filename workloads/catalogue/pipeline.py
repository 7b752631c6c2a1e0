"""A producer, some workers and a collector, with queues of bounded depth between them, and how full those are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter_ns, sleep
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
A producer makes items, some workers do something with each, and a collector gathers what comes out: an assembly \
line of processes. Between them are two queues, "todo" and "done", which hold as many items as their depth says. \
Whoever puts something into a full queue has to wait, and so the fast are held back by the slow, and memory stays \
bounded. Each depth is one task, with processes and queues of its own. The stages pause instead of computing, so \
that it works alike on a machine with few cores.

Watch how full the queues are while it runs. The queue before the slowest stage is full, and the one behind it is \
empty: that is how one finds the slowest stage of any assembly line. Watch the processes: the producer waits most of \
its time, because nobody takes its items faster.

Expect the workers to be the slowest stage here: an item takes them 10 milliseconds, which four of them share, \
against 1 for the others. So it goes at about 400 items a second, at any depth: a deep queue makes no stage faster, \
it only evens out what is uneven, and keeps more items waiting.

Try next: workers = 16, with which the slowest stage is another one; collect = 5, and look which queue is full then; \
and jitter = 100 with depth = 1 against 16, where a deeper queue helps at last."""

_LIMIT = 60.0
"""Seconds that it may take longer than all pauses together."""
_ITEM_BYTES = 2_000
"""Of one item in a queue, in memory and pickled, and what was made of it."""

Task = tuple[int, int, int, tuple[float, float, float], int, str]
"""Depth, items, workers, seconds that each stage pauses an item, percent by which they vary, and the start method."""
Piped = tuple[int, int, int, int, float, float, tuple[int, ...]]
"""Depth, items that came out, checksum over them, nanoseconds from the first one to the last, average of what was in
the two queues (-1 where that cannot be had), and how many items each worker had."""


def pipe(task: Task) -> Piped:
    """Have an assembly line do all its items: one task."""
    from .children import Children

    depth, items, workers, pauses, jitter, start = task
    produce, work, collect = pauses
    with Children(start) as children:
        todo, done = (children.context.Queue(depth) for _ in range(2))
        with children.start_reporter("collector", _collect, done, workers, collect, jitter) as reader:
            for number in range(workers):
                children.start(f"worker-{number + 1}", _work, todo, done, number, work, jitter)
            children.start("producer", _produce, todo, items, workers, produce, jitter)
            limit = _LIMIT + 2 * items * sum(pauses)
            with _Levels({"todo": todo, "done": done}) as levels:
                count, checksum, elapsed, shares = children.answer(reader, limit, levels.look)
        for queue in (todo, done):
            queue.close()
    return depth, count, checksum, elapsed, levels.average("todo"), levels.average("done"), shares


class _Levels:
    """Looks how full queues are, again and again, and tells the screen."""

    def __init__(self, queues: dict[str, Any]) -> None:
        from .gauges import GaugeWriter

        self._queues = queues
        self._sums = dict.fromkeys(queues, 0)
        self._looks = 0
        self._is_possible = True
        self._gauges = GaugeWriter()

    def __enter__(self) -> _Levels:
        return self

    def __exit__(self, *error: object) -> None:
        for name in self._queues:
            self._gauges.put(name, 0)
        self._gauges.close()

    def look(self) -> None:
        """Look once."""
        if not self._is_possible:
            return
        try:
            sizes = {name: queue.qsize() for name, queue in self._queues.items()}
        except NotImplementedError:  # macOS cannot tell
            self._is_possible = False
            return
        if not self._looks and not any(sizes.values()):
            return  # nobody is there yet
        self._looks += 1
        for name, size in sizes.items():
            self._sums[name] += size
            self._gauges.put(name, size)

    def average(self, name: str) -> float:
        """What was in that queue on average; -1 where nobody could look."""
        return self._sums[name] / self._looks if self._looks and self._is_possible else -1.0


def process_item(item: int) -> int:
    """What a worker makes of an item."""
    return item * item + 1


def _pauser(seconds: float, jitter: int, seed: int) -> Callable[[], None]:
    """Make what a stage does for each item: it pauses, some percent longer or shorter, the same in every run."""
    from random import Random

    generator, share = Random(seed), jitter / 100  # noqa: S311 - not for secrets
    return lambda: sleep(seconds * (1 + share * generator.uniform(-1, 1))) if seconds else None


def _produce(todo: Any, items: int, workers: int, seconds: float, jitter: int) -> None:
    pause = _pauser(seconds, jitter, 1)
    for item in range(items):
        pause()
        todo.put(item)
    for _ in range(workers):
        todo.put(None)


def _work(todo: Any, done: Any, number: int, seconds: float, jitter: int) -> None:
    pause = _pauser(seconds, jitter, 3 + number)
    while (item := todo.get()) is not None:
        pause()
        done.put((number, process_item(item)))
    done.put(None)


def _collect(done: Any, workers: int, seconds: float, jitter: int, report: Any) -> None:
    pause = _pauser(seconds, jitter, 2)
    counts, checksum = [0] * workers, 0
    begin, left = 0, workers
    while left:
        if (result := done.get()) is None:
            left -= 1
            continue
        begin = begin or perf_counter_ns()  # by then all are there
        pause()
        number, value = result
        counts[number] += 1
        checksum += value
    report.send((sum(counts), checksum, max(1, perf_counter_ns() - begin), tuple(counts)))


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload
    from .children import start_parameter

    def pause(name: str, default: int, who: str) -> Parameter:
        return Parameter(
            name=name,
            kind="integer",
            default=default,
            help=f"How long {who}, in milliseconds.",
            minimum=0,
            maximum=10_000,
            presets=(0, 1, 5, 10),
        )

    return Workload(
        name="pipeline",
        summary="an assembly line of processes",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="items",
                kind="integer",
                default=400,
                help="How many items go through it.",
                minimum=1,
                maximum=1_000_000,
                presets=(100, 400, 4_000),
            ),
            Parameter(
                name="depth",
                kind="numbers",
                default=(1, 16),
                help="How many items each queue holds at most, one measurement for each number.",
                minimum=1,
                maximum=32_767,
                presets=((1, 16), (1, 2, 4, 8, 16, 32)),
                most=16,
            ),
            Parameter(
                name="workers",
                kind="integer",
                default=4,
                help="How many workers there are between the two queues.",
                minimum=1,
                maximum=64,
                presets=(1, 2, 4, 16),
            ),
            pause("produce", 1, "the producer takes to make an item"),
            pause("work", 10, "a worker takes for an item"),
            pause("collect", 1, "the collector takes for an item"),
            Parameter(
                name="jitter",
                kind="integer",
                default=20,
                help="By how many percent each of these times varies.",
                minimum=0,
                maximum=100,
                presets=(0, 20, 100),
            ),
            start_parameter(),
        ),
        function=pipe,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"),),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: len(_depths(parameters)),
        show=_show,
        engines=("serial",),
        engines_reason="which starts its processes itself",
        topic="message passing",
        check=_check,
        comparable=lambda result: result[:3],
    )


def _depths(parameters: Parameters) -> tuple[int, ...]:
    return tuple(dict.fromkeys(cast("tuple[int, ...]", parameters["depth"])))  # each once


def _inputs(parameters: Parameters) -> Sequence[Task]:
    items, workers, jitter = (cast("int", parameters[name]) for name in ("items", "workers", "jitter"))
    produce, work, collect = (cast("int", parameters[name]) / 1000 for name in ("produce", "work", "collect"))
    start = cast("str", parameters["start"])
    return [(depth, items, workers, (produce, work, collect), jitter, start) for depth in _depths(parameters)]


def _check(results: Sequence[Piped], parameters: Parameters) -> str | None:
    depths, items = _depths(parameters), cast("int", parameters["items"])
    if [result[0] for result in results] != list(depths):
        return f"There are {len(results):,} measurements instead of {len(depths):,}."
    wanted = sum(map(process_item, range(items)))
    for depth, count, checksum, _, todo, done, _ in results:
        if count != items:
            return f"{count:,} items instead of {items:,} came out of the queues of depth {depth:,}."
        if checksum != wanted:
            return f"The items that came out of the queues of depth {depth:,} are not those that went in."
        if max(todo, done) > depth:
            return f"A queue of depth {depth:,} held more items than that."
    return None


def _summarise(results: Sequence[Piped], parameters: Parameters) -> str:
    from ..report.figures import rate

    best = max(results, key=lambda result: result[1] / result[3])
    said = f"up to {rate(best[1] / best[3] * 1e9, 'items')} (depth {best[0]:,})"
    return f"{said}; the slowest stage is {slowest_stage(parameters)}"


def slowest_stage(parameters: Parameters) -> str:
    """Name the stage that can do the fewest items a second, as far as its pauses tell."""
    workers = cast("int", parameters["workers"])
    pauses = {
        "the producer": cast("int", parameters["produce"]),
        "the work": cast("int", parameters["work"]) / workers,
        "the collector": cast("int", parameters["collect"]),
    }
    return max(pauses, key=lambda stage: pauses[stage])


def _show(results: Sequence[Piped], parameters: Parameters) -> tuple[str, ...]:
    del parameters
    from ..report.columns import aligned
    from ..report.figures import duration, short_count, three_digits

    def level(value: float, depth: int) -> str:
        return f"{three_digits(value)} ({100 * value / depth:.0f} %)" if value >= 0 else "unknown"

    rows = [["depth", "time", "items/s", "in todo", "in done", "items a worker"]]
    for depth, count, _, elapsed, todo, done, shares in results:
        each = f"{min(shares):,} to {max(shares):,}"
        speed = short_count(count / elapsed * 1e9)
        rows.append([f"{depth:,}", duration(elapsed), speed, level(todo, depth), level(done, depth), each])
    return tuple(aligned(rows, right={0, 1, 2, 3, 4, 5}))


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    del lane
    from .children import children_bytes

    held = 2 * max(_depths(parameters)) * _ITEM_BYTES
    return children_bytes(cast("int", parameters["workers"]) + 2) + held
