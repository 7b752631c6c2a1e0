"""Look at a person's code: ``python -m poolscope.workloads.probe RUN_DIRECTORY``, which the guardian starts.

Whatever that code does, to print, to leave, to hang or to crash, happens here and in no other process of ours. What is
known is written down before every step that may not come to its end.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from pathlib import Path
from time import perf_counter_ns
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from ..errors import PoolscopeError
from ..places import GUARD, Place, at, code_of, functions_in, import_place, in_words, line_of_frame, locate
from ..recorder.arguments import short_form
from ..target import Loaded, import_function, load, signature_of, target_from
from ..text import clean
from .answers import (
    ANSWER_NAME,
    HANG_NAME,
    REQUEST_NAME,
    STAGE_NAME,
    Answer,
    Checked,
    FunctionInfo,
    Request,
    Trial,
    request_from,
    to_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_FUNCTIONS = 1_000
_SHOWN = 200
_REMEMBERED = 60
"""Characters of what an import prints."""


class Probe:
    """Works on one request."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._request: Request = request_from((directory / REQUEST_NAME).read_bytes())
        self._hang = open(directory / HANG_NAME, "w", encoding="ascii")  # noqa: PTH123, SIM115 - open to the end
        self._notes: list[str] = []
        self._place: Place | None = None
        faulthandler.enable(self._hang)

    def work(self) -> None:
        """Answer."""
        try:
            answer = self._functions() if self._request.kind == "functions" else self._check()
        except PoolscopeError as error:
            answer = Answer(error=str(error), notes=tuple(self._notes))
        except Exception as error:  # noqa: BLE001 - to look at an object can run code of its class
            where = at(error, self._place) if self._place is not None else ""
            answer = Answer(error=f"{self._shown()} cannot be looked at: {in_words(error)}{where}.")
        self._write(answer._replace(notes=tuple(self._notes)))
        self._begin("done", 60.0)

    def _shown(self) -> str:
        """What is looked at, as a person wrote it."""
        request = self._request
        return clean(request.where or target_from(request.target).function, _SHOWN)

    def _begin(self, stage: str, seconds: float, **more: str) -> None:
        """Say what comes now, and how long it may take: if it is longer, this process ends and says where it was."""
        self._say(stage=stage, **more)
        faulthandler.dump_traceback_later(seconds, exit=True, file=self._hang)

    def _say(self, **words: str) -> None:
        """Write down where we are, for the case that we get no further."""
        (self._directory / STAGE_NAME).write_text(json.dumps(words), encoding="ascii")

    def _import(self, place: Place, work: Callable[[], Any]) -> Any:
        """Import, watched and for a bounded time."""
        self._place = place
        words = {"shown": place.shown, "root": place.root}
        self._begin("importing", self._request.limits.importing, **words)

        def leaving(status: int, where: str) -> None:
            self._say(stage="importing", how=f"os._exit({status})", where=where, **words)

        with _Watched(place, self._notes, leaving):
            return work()

    def _write(self, answer: Answer) -> None:
        new = self._directory / f"{ANSWER_NAME}.new"
        new.write_text(to_json(answer), encoding="ascii")
        new.replace(self._directory / ANSWER_NAME)

    def _functions(self) -> Answer:
        """List what could be run."""
        place = locate(self._request.where, self._request.directory)
        module = self._import(place, lambda: import_place(place))
        found = list(functions_in(module).items())[:_MOST_FUNCTIONS]
        return Answer(functions=tuple(_described(name, function) for name, function in found))

    def _check(self) -> Answer:
        """See whether a target can run."""
        target = target_from(self._request.target)
        where = target.function.rpartition(":")[0]
        place = locate(where, target.directory)
        held, begun = _resident_bytes(), perf_counter_ns()
        place, function = self._import(place, lambda: import_function(target))
        import_ns, grown = perf_counter_ns() - begun, max(0, _resident_bytes() - held)
        self._begin("inputs", self._request.limits.inputs, root=target.directory)
        loaded = load(target, place, function)
        from ..history.origin import code_of as digest_of
        from .pickling import problem_of

        items = loaded.inputs.items
        function_problem = problem_of(loaded.task, "The function")[0]
        begun = perf_counter_ns()
        input_problem, data = problem_of(items[0], "The first input")
        shipped = perf_counter_ns() - begun, len(data)
        if input_problem is not None and loaded.manner != "one":
            input_problem = input_problem._replace(path=input_problem.path.replace("The first input", "The first row"))
        checked = Checked(
            tasks=len(items),
            manner=loaded.manner,
            signature=_signature(function),
            doc=_first_line(function),
            first=clean(short_form((items[0],)), 100),
            origin=loaded.inputs.origin,
            module_bytes=grown,
            import_ns=import_ns,
            function_problem=function_problem,
            input_problem=input_problem,
            result_problem=None,
            trial=None,
            are_made=loaded.inputs.are_made,
            code=digest_of(function.__module__ if isinstance(function, FunctionType) else place.module),
        )
        return self._tried(checked, loaded, shipped)

    def _tried(self, checked: Checked, loaded: Loaded, shipped: tuple[int, int]) -> Answer:
        limits, items = self._request.limits, loaded.inputs.items
        if not self._request.tasks:
            return Answer(checked=checked)
        from .trial import attempt

        def begin(index: int, if_it_hangs: Trial) -> None:
            self._write(Answer(notes=tuple(self._notes), checked=checked._replace(trial=if_it_hangs)))
            self._begin("task", limits.task, task=f"{index + 1:,}")

        outcome = attempt(
            loaded.task, items, self._request.tasks, limits, shipped, begin, lambda error: at(error, loaded.place)
        )
        if outcome.error is not None and outcome.place is not None:
            shown = clean(short_form((items[outcome.place],)), 100)
            self._notes.append(
                f"In a trial, task {outcome.place + 1:,} of {len(items):,} (input {shown}) raised {outcome.error}."
            )
        return Answer(checked=checked._replace(trial=outcome.trial, result_problem=outcome.result_problem))


class _Watched:
    """Notes what an import prints, and where it would end the process without a word."""

    def __init__(self, place: Place, notes: list[str], leaving: Callable[[int, str], None]) -> None:
        self._place = place
        self._notes = notes
        self._leaving = leaving
        self._streams: list[tuple[str, _Witness]] = []
        self._sizes: list[int] = []

    def __enter__(self) -> None:
        self._sizes = [_size_of(number) for number in (1, 2)]
        for name in ("stdout", "stderr"):
            witness = _Witness(getattr(sys, name), self._place)
            setattr(sys, name, witness)
            self._streams.append((name, witness))
        self._leave = os._exit
        os._exit = self._exit

    def __exit__(self, *exception: object) -> None:
        os._exit = self._leave
        for (name, witness), before, number in zip(self._streams, self._sizes, (1, 2), strict=True):
            setattr(sys, name, witness.stream)
            witness.stream.flush()
            if witness.said or _size_of(number) > before:
                where = f" ({witness.where})" if witness.where else ""
                what = f", it begins with {witness.said.strip()[:_REMEMBERED]!r}" if witness.said.strip() else ""
                self._notes.append(
                    f"Importing {self._place.shown} writes to {name}{where}{clean(what, 120)}; every worker that is "
                    f"spawned will do so again, unless that is {GUARD}."
                )

    def _exit(self, status: int) -> NoReturn:
        self._leaving(status, line_of_frame(sys._getframe(1), self._place))
        self._leave(status)


class _Witness:
    """A stream that remembers what was first written to it, and by which line."""

    def __init__(self, stream: TextIO, place: Place) -> None:
        self.stream = stream
        self.said = ""
        self.where = ""
        self._place = place

    def write(self, text: str) -> int:
        """Write, and remember."""
        if len(self.said) < _REMEMBERED:
            self.said += text[:_REMEMBERED]
            self.where = self.where or line_of_frame(sys._getframe(1), self._place)
        return self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _described(name: str, function: Callable[..., Any]) -> FunctionInfo:
    from ..calling import binds

    signature, code = signature_of(function), code_of(function)
    line = code.co_firstlineno if code is not None else None
    return FunctionInfo(
        clean(name, 100), _signature(function), _first_line(function), line, binds(signature, (None,), {})
    )


def _signature(function: Callable[..., Any]) -> str:
    signature = signature_of(function)
    if signature is None:
        return "(...)"
    try:
        return clean(str(signature), _SHOWN)
    except Exception:  # noqa: BLE001 - a default's own `__repr__`
        return clean(f"({', '.join(signature.parameters)})", _SHOWN)


def _first_line(function: Callable[..., Any]) -> str:
    doc = getattr(function, "__doc__", None)
    lines = doc.strip().splitlines() if isinstance(doc, str) else []
    return clean(lines[0].strip(), _SHOWN) if lines else ""


def _size_of(descriptor: int) -> int:
    try:
        return os.fstat(descriptor).st_size
    except OSError:
        return 0


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        from .trial import peak_bytes

        return peak_bytes()


def main(directory: Path) -> NoReturn:
    """Answer the request in DIRECTORY; what a person's code has started ends with us."""
    Probe(directory).work()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads, pools and what waits for the end of the interpreter shall not keep anybody waiting.
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
