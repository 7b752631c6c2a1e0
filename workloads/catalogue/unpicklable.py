"""What cannot travel between processes: which part of it is the culprit, and what can be sent in its place."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Whatever goes to another process, or comes back from it, is pickled: turned into bytes, and made again on the other \
side. Functions and classes travel by their names, so they must be found by these in a module. What belongs to one \
process, such as an open file or a lock, cannot travel at all. With way = explained each task makes such an object, \
tries to pickle it as multiprocessing does, and says which part of it is the culprit, and what to do; then it tries \
what can be sent in its place.

Watch the result: a line for each object, with the path to the part that cannot be pickled, which may be deep within \
something harmless. Watch the log with the other two ways.

Expect way = explained to run in every lane. With way = argument the objects really are sent: serial and threads do \
not care, and the pool fails, as it would in a program of your own. With way = result the pool fails at the end, with \
MaybeEncodingError, after all the work was done.

Try next: way = argument with process:start=fork, where a child inherits its arguments and nothing is pickled, and \
with process:start=spawn; with joblib, which can pickle lambdas and local functions, but no open file; and what = \
lock with way = result."""

NAMES = {
    "lambda": "options",
    "local function": "cube",
    "local class": "place",
    "open file": "report",
    "lock": "bank",
    "generator": "squares",
}
"""What a program might call them."""
KINDS = tuple(NAMES)
WAYS = ("explained", "argument", "result")
_TUPLE_BYTES = 4_000

Task = tuple[str, str, Any]
"""What is tried and in which way, and the object itself; None where the task makes it."""
Tried = tuple[str, str, str, str, bool]
"""What was tried; path to the culprit, what that is and the whole sentence on it, all "" if there is none; and whether
what can be sent in its place was pickled."""
Sent = tuple[str, Any]
"""What was sent, and the object if it is sent back; else what could be learned of it."""


class Account:
    """Something harmless, with a lock in it."""

    def __init__(self) -> None:
        self.balance = 100
        self.lock = threading.Lock()


class PicklableAccount(Account):
    """The same, which leaves its lock behind and makes a new one on arrival."""

    def __getstate__(self) -> dict[str, int]:
        return {"balance": self.balance}

    def __setstate__(self, state: dict[str, int]) -> None:
        self.__init__()  # type: ignore[misc]
        self.balance = state["balance"]


class Point:
    """A class that is found by its name."""

    x = 1


def power(exponent: int, number: int) -> int:
    """A function that is found by its name."""
    return int(number**exponent)


def make(kind: str) -> Any:
    """Make an object that cannot be pickled."""
    makers: dict[str, Callable[[], Any]] = {
        "lambda": _options,
        "local function": _cube,
        "local class": _place,
        "open file": _report,
        "lock": _bank,
        "generator": _squares,
    }
    return makers[kind]()


def cure(kind: str) -> Any:
    """Make what can be sent in its place."""
    return {
        "lambda": {"title": "squares", "key": partial(power, 2)},
        "local function": partial(power, 3),
        "local class": Point(),
        "open file": [os.devnull],
        "lock": {"accounts": [PicklableAccount()]},
        "generator": [number * number for number in range(3)],
    }[kind]


def _options() -> dict[str, Any]:
    return {"title": "squares", "key": lambda number: number * number}


def _cube() -> Callable[[int], int]:
    exponent = 3

    def cube(number: int) -> int:
        return power(exponent, number)

    return cube


def _place() -> object:
    class Place:
        x = 1

    return Place()


def _report() -> list[Any]:
    return [os.devnull, open(os.devnull, encoding="ascii")]  # noqa: PTH123 - it is closed by whoever got it


def _bank() -> dict[str, list[Account]]:
    return {"accounts": [Account()]}


def _squares() -> Iterator[int]:
    return (number * number for number in range(3))


def send(task: Task) -> Tried | Sent:
    """Try to pickle an object, or take and return one: one task."""
    kind, way, thing = task
    if way == "explained":
        return explain(kind)
    return kind, use(kind, thing) if way == "argument" else make(kind)


def explain(kind: str) -> Tried:
    """Say why an object cannot be pickled, and try what can be sent in its place."""
    from ..probe.pickling import problem_of

    thing = make(kind)
    problem, _ = problem_of(thing, NAMES[kind])
    _let_go(thing)
    is_cured = problem_of(cure(kind), "It")[0] is None
    if problem is None:
        return kind, "", "", "", is_cured
    return kind, problem.path, problem.kind, problem.sentence, is_cured


def use(kind: str, thing: Any) -> str:
    """Do something with an object that arrived."""
    if kind == "lambda":
        return str(thing["key"](7))
    if kind == "local function":
        return str(thing(7))
    if kind == "local class":
        return str(thing.x)
    if kind == "open file":
        return str(thing[1].read())
    if kind == "lock":
        with thing["accounts"][0].lock:
            return str(thing["accounts"][0].balance)
    return str(sum(thing))


_USED = {"lambda": "49", "local function": "343", "local class": "1", "open file": "", "lock": "100", "generator": "5"}
"""What `use` has to find."""


def _let_go(thing: Any) -> None:
    for part in thing if isinstance(thing, list) else ():
        if hasattr(part, "close"):
            part.close()


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="unpicklable",
        summary="what cannot be sent, and why",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="what",
                kind="choice",
                default="all",
                help="Which object is tried.",
                choices=("all", *KINDS),
                presets=("all", "lambda", "open file", "lock"),
            ),
            Parameter(
                name="way",
                kind="choice",
                default="explained",
                help="Only explained, or really sent: as the argument of a task, or as its result.",
                choices=WAYS,
                presets=WAYS,
            ),
        ),
        function=send,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("threads", workers=2), Lane("pool", workers=2)),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: len(_kinds(parameters)),
        show=_show,
        topic="pitfalls",
        check=_check,
        comparable=_comparable,
    )


def _kinds(parameters: Parameters) -> tuple[str, ...]:
    return KINDS if parameters["what"] == "all" else (cast("str", parameters["what"]),)


def _inputs(parameters: Parameters) -> Sequence[Task]:
    way = cast("str", parameters["way"])
    return [(kind, way, make(kind) if way == "argument" else None) for kind in _kinds(parameters)]


def _comparable(result: Tried | Sent) -> tuple[Any, ...]:
    """Leave out objects, of which no two are the same, and sentences, which may hold their addresses."""
    return result[:3] if isinstance(result[1], str) else result[:1]


def _summarise(results: Sequence[Tried | Sent], parameters: Parameters) -> str:
    count = f"{len(results):,} object{'' if len(results) == 1 else 's'}"
    if parameters["way"] != "explained":
        return f"{count} handed over as they are: nothing was pickled, or all of it could be"
    found = sum(len(each) > 2 and bool(each[1]) for each in results)
    return f"{count} tried, {found:,} cannot be pickled; what is sent in their place can"


def _show(results: Sequence[Tried | Sent], parameters: Parameters) -> tuple[str, ...]:
    if parameters["way"] != "explained":
        return ()
    return tuple(cast("Tried", each)[3] or f"The {each[0]} can be pickled here." for each in results)


def _check(results: Sequence[Tried | Sent], parameters: Parameters) -> str | None:
    kinds = _kinds(parameters)
    if tuple(each[0] for each in results) != kinds:
        return f"There are results for {len(results):,} objects, and not for each of the {len(kinds):,} in order."
    for each in results:
        if parameters["way"] == "argument" and each[1] != _USED[each[0]]:
            return f"The {each[0]} that was sent gave {str(each[1])[:40]!r} instead of {_USED[each[0]]!r}."
        if parameters["way"] == "explained":
            _, path, _, _, is_cured = cast("Tried", each)
            if not path:
                return f"The {each[0]} was pickled, which should not be possible."
            if not is_cured:
                return f"What is sent in place of the {each[0]} cannot be pickled, either."
    return None


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes, workers_of

    explaining = workers_of(lane) * 4_000_000  # what looks for the culprit
    tasks = len(_kinds(parameters))
    return explaining + peak_bytes(tasks, lane, argument=_TUPLE_BYTES, result=_TUPLE_BYTES, held=_TUPLE_BYTES)
