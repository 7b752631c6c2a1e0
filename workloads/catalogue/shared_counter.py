"""Many workers add to one shared counter, with and without its lock: updates lost, and what the lock costs."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Every task adds 1 to a counter, over and over. The counter is a multiprocessing.Value: a number in memory that all \
workers share. To add is to read, to add, and to write back; when two workers do that at the same moment, both write \
the same number, and one update is lost. Three ways are tried, each with a counter of its own. "no" means Value(lock \
= False): no lock at all. "partly" is what one writes on a first day, counter.value += 1: the Value takes its lock \
to read, and takes it again to write, but lets go of it in between. "yes" holds it over both: with \
counter.get_lock(): counter.value += 1.

Watch the result below the lanes: what each counter should be, what it is, and how long one addition took. Watch the \
processes while the tasks "yes" run: all are busy, and still only one of them adds at a time.

Expect the serial lane to lose nothing in any way, because nobody else writes. Expect the pool to lose many updates \
with "no", and many with "partly", although that one has a lock: no error, no warning, just a wrong number, and \
another one in each run. That is the lesson, so such a run counts as done; a lost update with "yes" would be a \
failure. Expect the lock to make an addition many times slower, and slower still when workers queue for it: adding \
in parallel is then slower than adding alone.

Try next: lock = partly with two workers, and look how much is lost; threads, which share memory anyway; and think \
of the cure, which is not to share: let each worker count for itself and add up what they return."""

WAYS = ("no", "partly", "yes")
_counters: dict[str, Any] = {}
"""In each worker, by way."""

_TUPLE_BYTES = 250

Task = tuple[int, str, int]
"""Its number, the way, and how often it adds."""
Added = tuple[int, str, int, int, int, int]
"""Number, way, how often it added, how long that took in nanoseconds, when it had done so, and the counter then."""


def take_counters(no: Any, partly: Any, yes: Any) -> None:
    """Keep the shared counters: once in every worker."""
    _counters.update(no=no, partly=partly, yes=yes)


def add(task: Task) -> Added:
    """Add 1 to a counter so many times: one task."""
    number, way, additions = task
    counter = _counters[way]
    begin = perf_counter_ns()
    if way == "yes":
        lock = counter.get_lock()
        for _ in range(additions):
            with lock:
                counter.value += 1
    else:
        for _ in range(additions):
            counter.value += 1
    end = perf_counter_ns()
    # In this order: the task with the latest time has then seen the counter when nobody wrote any more.
    return number, way, additions, end - begin, end, counter.value


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="shared-counter",
        summary="updates lost without a lock",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="lock",
                kind="choice",
                default="all",
                help="Whether the lock is held: no, partly (to read, then to write), yes, or all three in turn.",
                choices=(*WAYS, "all"),
                presets=("all", *WAYS),
            ),
            Parameter(
                name="tasks",
                kind="integer",
                default=16,
                help="How many tasks add to each counter.",
                minimum=1,
                maximum=10_000,
                presets=(2, 16, 256),
            ),
            Parameter(
                name="additions",
                kind="integer",
                default=20_000,
                help="How often each task adds 1.",
                minimum=1,
                maximum=10_000_000,
                presets=(100, 20_000, 100_000),
            ),
        ),
        function=add,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("pool", workers=4)),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: cast("int", parameters["tasks"]) * len(_ways(parameters)),
        show=_show,
        engines=("serial", "process", "pool", "executor", "threads"),
        engines_reason="whose workers share objects of multiprocessing",
        topic="shared memory",
        check=_check,
        shared=_shared,
        initializer=take_counters,
        comparable=lambda result: result[:3],
    )


def _shared(parameters: Parameters, context: Any) -> tuple[Any, ...]:
    del parameters
    return context.Value("q", 0, lock=False), context.Value("q", 0), context.Value("q", 0)


def _ways(parameters: Parameters) -> tuple[str, ...]:
    chosen = cast("str", parameters["lock"])
    return WAYS if chosen == "all" else (chosen,)


def _inputs(parameters: Parameters) -> Sequence[Task]:
    tasks, additions = cast("int", parameters["tasks"]), cast("int", parameters["additions"])
    ways = _ways(parameters)
    return [(tasks * place + number, way, additions) for place, way in enumerate(ways) for number in range(tasks)]


def totals(results: Sequence[Added]) -> dict[str, tuple[int, int, float]]:
    """Additions, the counter at the end, and nanoseconds an addition took on average, by way."""
    found: dict[str, tuple[int, int, float]] = {}
    for way in WAYS:
        own = [result for result in results if result[1] == way]
        if own:
            added = sum(result[2] for result in own)
            last = max(own, key=lambda result: result[4])
            found[way] = added, last[5], sum(result[3] for result in own) / max(1, added)
    return found


def _check(results: Sequence[Added], parameters: Parameters) -> str | None:
    wanted = _inputs(parameters)
    if sorted(result[:3] for result in results) != sorted(wanted):
        return f"The tasks did not add as they were told to: {len(results):,} of {len(wanted):,} gave a result."
    for way, (added, counter, _) in totals(results).items():
        if way == "yes" and counter != added:
            return f"The counter with its lock is {counter:,} after {added:,} additions: a lock must not lose any."
        if not 1 <= counter <= added:
            return f"The counter ({way}) is {counter:,} after {added:,} additions, which no lost update explains."
    return None


def _summarise(results: Sequence[Added], parameters: Parameters) -> str:
    del parameters
    said = []
    for way, (added, counter, _) in totals(results).items():
        lost = added - counter
        with_lock = {"no": "without a lock", "partly": "with it held partly", "yes": "with it"}[way]
        said.append(f"{with_lock} {_lost(lost, added)}")
    return f"updates lost: {', '.join(said)}"


def _lost(lost: int, added: int) -> str:
    return f"{lost:,} of {added:,}" if lost else "none"


def _show(results: Sequence[Added], parameters: Parameters) -> tuple[str, ...]:
    del parameters
    from ..report.columns import aligned
    from ..report.figures import duration

    rows = [["lock", "additions", "counter", "lost", "", "each took"]]
    for way, (added, counter, each) in totals(results).items():
        share = f"{100 * (added - counter) / added:.0f} %"
        rows.append([way, f"{added:,}", f"{counter:,}", f"{added - counter:,}", share, duration(each)])
    return tuple(aligned(rows, right={1, 2, 3, 4, 5}))


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes

    tasks = cast("int", parameters["tasks"]) * len(_ways(parameters))
    return peak_bytes(tasks, lane, argument=_TUPLE_BYTES, result=_TUPLE_BYTES, held=_TUPLE_BYTES)
