"""A trial of a few tasks, from which the time and the memory of lanes are estimated."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter_ns, process_time_ns
from typing import Any, NamedTuple

from ..text import clean
from .answers import Limits, PickleProblem, Trial
from .pickling import problem_of

_MOST_PARTS = 20_000
"""Parts of an object that are weighed."""


class Outcome(NamedTuple):
    """What a trial came to."""

    trial: Trial | None
    """None if the first task raised."""
    result_problem: PickleProblem | None
    error: str | None
    """Of the task that raised, in a few words; None if none did."""
    place: int | None
    """Of that task."""


def places(total: int, most: int) -> list[int]:
    """Choose tasks for a trial: the first, the last, and between them, evenly."""
    chosen = [0, total - 1]
    step = 1.0
    while len(chosen) < most + 2 and step * total > 0.5:
        step /= 2
        chosen += [int(total * share) for share in _odd_multiples(step)]
    unique = dict.fromkeys(place for place in chosen if 0 <= place < total)
    return list(unique)[:most]


def _odd_multiples(step: float) -> Iterator[float]:
    share = step
    while share < 1:
        yield share
        share += 2 * step


def attempt(
    task: Callable[[Any], Any],
    items: Sequence[Any],
    most: int,
    limits: Limits,
    shipped: tuple[int, int],
    begin: Callable[[int, Trial], None],
    place: Callable[[BaseException], str],
) -> Outcome:
    """Do a few tasks.

    Args:
        task: What is called with one input.
        items: The inputs.
        most: Tasks at most.
        limits: When it is enough.
        shipped: Nanoseconds that the first input took to be pickled and unpickled, and its bytes then.
        begin: Called before each task, with its index and what is known if it does not end.
        place: Says where an exception was raised: `` (work.py, line 3)``.
    """
    times: list[int] = []
    cpu = growth = result_bytes = 0
    ship_ns, pickled = shipped
    problem: PickleProblem | None = None
    input_bytes = weight(items[0])
    limit_ns = int(limits.task * 1e9)

    def so_far(exceeded: int | None = None) -> Trial:
        all_times = times if exceeded is None else [*times, exceeded]
        # The first one makes caches and imports what it needs; where others follow it tells little.
        telling = all_times[1:] if len(all_times) > 2 else all_times
        return Trial(
            tasks=len(times),
            mean_ns=sum(telling) // len(telling),
            longest_ns=max(all_times),
            cpu_share=min(1.0, cpu / sum(times)) if times and sum(times) else 1.0,
            shipping_ns=ship_ns,
            input_bytes=input_bytes,
            result_bytes=result_bytes,
            pickled_bytes=pickled,
            growth_bytes=growth,
            exceeded_ns=exceeded,
        )

    spent, peak = 0, peak_bytes()
    for index in places(len(items), most):
        begin(index, so_far(limit_ns))
        cpu_begun, begun = process_time_ns(), perf_counter_ns()
        try:
            result = task(items[index])
        except BaseException as error:  # noqa: BLE001 - it is the person's function, and leaves it to the run to tell
            said = f"{type(error).__name__}: {_text_of(error)}".rstrip(":. ") + place(error)
            return Outcome(so_far() if times else None, problem, said, index)
        times.append(perf_counter_ns() - begun)
        cpu += process_time_ns() - cpu_begun
        if index == 0:
            growth = max(0, peak_bytes() - peak)
            begun = perf_counter_ns()
            problem, data = problem_of(result, "The first result")
            ship_ns += perf_counter_ns() - begun
            pickled += len(data)
            result_bytes = max(weight(result), len(data))
        del result
        spent += times[-1]
        if spent > limits.trial * 1e9:
            break
    return Outcome(so_far(), problem, None, None)


def _text_of(error: BaseException) -> str:
    try:
        return clean(str(error), 200)
    except Exception:  # noqa: BLE001 - somebody else's class
        return ""


def weight(value: object) -> int:
    """Bytes that an object takes with all that it holds, as far as Python knows."""
    total, looks = 0, 0
    pending = [value]
    seen: set[int] = set()
    while pending and looks < _MOST_PARTS:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        looks += 1
        total += _own_size(part)
        if isinstance(part, list | tuple | set | frozenset):
            pending.extend(part)
        elif isinstance(part, dict):
            pending.extend(part)
            pending.extend(part.values())
        elif hasattr(part, "__dict__") and not isinstance(part, type) and not callable(part):
            pending.append(vars(part))
    # What was not looked at weighs as much as what was.
    return total if not pending else total * (looks + len(pending)) // looks


def _own_size(part: object) -> int:
    try:
        return sys.getsizeof(part)
    except Exception:  # noqa: BLE001 - somebody else's class
        return 64


def peak_bytes() -> int:
    """Most memory that this process ever had."""
    from resource import RUSAGE_SELF, getrusage

    peak = getrusage(RUSAGE_SELF).ru_maxrss
    return peak * 1024 if sys.platform == "linux" else peak
