"""The code to paste: a complete program that runs a person's function as a lane did, with nothing of ours in it.

It keeps to what a guide would say: a guard for processes that are started anew, workers that are ended by a context
manager and joined, a task's failure told with its traceback. What an engine of ours does, it does: the same chunks,
workers and start method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import UsageError
from .snippet_subject import Subject, subject_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Lane, LaneState, Parameters, Workload
    from ..probe.answers import Checked

__all__ = ["Subject", "code_for", "snippet", "subject_of"]

_PARTS_A_WORKER = 4
"""The rule of `Pool.map`."""
_FEW_TASKS = 1_000
"""So many futures are made within a few hundredths of a second."""
_GUARD = """\
if __name__ == "__main__":
    try:
        results = main()
    except Exception:
        traceback.print_exc()
        sys.exit("A task failed, so there are no results.")
    print(f"{len(results):,} results")"""


class _Parts(NamedTuple):
    """What an engine adds to a program."""

    body: tuple[str, ...]
    """Lines that make ``results`` of ``inputs``."""
    standard: tuple[str, ...] = ()
    """Modules of the standard library that they use."""
    imports: tuple[str, ...] = ()
    """Other imports."""
    helpers: tuple[str, ...] = ()
    """Functions that workers call, a block of lines each."""
    needs_context: bool = False
    """Whether ``context``, that of multiprocessing, has to be there."""


def code_for(
    lane: LaneState,
    workload: Workload,
    parameters: Parameters,
    reference: str | None = None,
    checked: Checked | None = None,
    note: str = "",
) -> str | None:
    """Write the program for a lane of a comparison; see `subject_of` and `snippet`.

    Returns:
        None where the workload is neither of the catalogue nor a person's function, or is not what it was any more.
    """
    try:
        subject = subject_of(workload, parameters, reference, checked)
    except UsageError:  # its file is gone
        return None
    return snippet(subject, lane.lane, lane.tasks, note) if subject is not None else None


def snippet(subject: Subject, lane: Lane, tasks: int, note: str = "") -> str:
    """Write the program.

    Args:
        subject: What is called, and with what.
        lane: Resolved: no default is left open.
        tasks: How many there are, by which it is known whether a chunk size has to be written.
        note: A sentence for its head, such as what it gained where it was measured; "" for none.

    Returns:
        Lines, the last one with its newline. All of it can be printed: nothing in it drives a terminal.
    """
    parts = _ENGINES[lane.engine](subject, lane, tasks)
    standard = {"sys", "traceback", *parts.standard, *subject.standard}
    own = list(subject.imports)
    body = list(subject.inputs)
    if parts.needs_context or subject.has_shared:
        standard.add("multiprocessing")
        method = f'"{lane.start_method}"' if lane.start_method else ""
        body.append(f"context = multiprocessing.get_context({method})")
    if subject.has_shared:
        body.append("shared = workload.shared(parameters, context)")
    body += parts.body
    body.append("return results")
    if subject.has_surround:
        cut = next(number for number, line in enumerate(body) if line.startswith("inputs = "))
        body[cut:] = ["with workload.surround(parameters):", *_indented(body[cut:])]
    head = [f'"""{_docstring(subject, lane, note)}"""', ""]
    plain = sorted(name for name in standard if " " not in name)
    froms = sorted(name for name in standard if " " in name)
    head += [f"import {name}" for name in plain] + froms
    settings = _settings(subject, lane)
    if settings and "import os" not in head:
        head.insert(head.index("import sys"), "import os")
    head += settings
    head += ["", *sorted(parts.imports), *own] if parts.imports or own else []
    blocks = ["\n".join(head), *subject.helpers, *parts.helpers]
    blocks.append("\n".join(["def main():", '    """Do all tasks."""', *_indented(body)]))
    blocks.append(_GUARD)
    return "\n\n\n".join(blocks) + "\n"


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _settings(subject: Subject, lane: Lane) -> list[str]:
    """What has to be said before anything is imported that reads it."""
    lines: list[str] = []
    if lane.blas is not None:
        from ..plans import BLAS_VARIABLES

        lines += ["", "# Numerical libraries read these when they are imported."]
        lines += [f'os.environ["{name}"] = "{lane.blas}"' for name in BLAS_VARIABLES]
    if subject.path:
        lines += ["", f"sys.path.insert(0, {subject.path!r})"]
    return lines


def _docstring(subject: Subject, lane: Lane, note: str) -> str:
    said = [f"{subject.title} {_how(lane)} ({lane.label})."]
    said += [note] if note else []
    said += ["The workers are kept for all calls: what was timed is one that found them there."] if lane.warm else []
    said += [f"Keep this file beside {subject.beside}."] if subject.beside else []
    first, *others = [each.replace("\\", "/").replace('"', "'") for each in said]
    return "\n\n".join([first, "\n".join(others) + "\n"]) if others else first


def _how(lane: Lane) -> str:
    workers = lane.workers or 1
    number = f"{workers:,}"
    many = "" if workers == 1 else "s"
    process = "process" if workers == 1 else "processes"
    return {
        "serial": "one task after the other",
        "process": f"in {number} {process}, a slice of the tasks each",
        "pool": f"in a pool of {number} {process}",
        "executor": f"in an executor with {number} {process}",
        "threads": f"in {number} thread{many}",
        "joblib": f"by joblib in {number} {process}",
        "interpreters": f"in {number} interpreter{many}",
    }[lane.engine]


# How the function is called


def _call(subject: Subject, given: str = "item") -> str:
    """Call it with an input."""
    stars = {"one": "", "spread": "*", "keywords": "**"}[subject.manner]
    if subject.manner == "keywords" and not any("csv.reader" in line for line in subject.inputs):
        # Records of a file may be of both kinds.
        return f"{subject.function}(**{given}) if isinstance({given}, dict) else {subject.function}(*{given})"
    return f"{subject.function}({stars}{given})"


def _mapped(subject: Subject) -> tuple[str, tuple[str, ...]]:
    """What a method maps over the inputs, and the helper that it may be."""
    if subject.manner == "one":
        return subject.function, ()
    helper = f'def call(item):\n    """Do one task."""\n    return {_call(subject)}'
    return "call", (helper,)


def _chunked(subject: Subject, lane: Lane, tasks: int) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    """For executors that ship task by task: what is mapped, over what, lines before, and the helper."""
    size = lane.chunksize or 1
    if size == 1 or tasks <= _FEW_TASKS:
        function, helpers = _mapped(subject)
        return function, "inputs", (), helpers
    helper = (
        "def call_all(items):\n"
        '    """Do some tasks: to hand out each alone would cost more than short ones do."""\n'
        f"    return [{_call(subject)} for item in items]"
    )
    lines = (f"chunks = [inputs[start : start + {size}] for start in range(0, len(inputs), {size})]",)
    return "call_all", "chunks", lines, (helper,)


def _starting(subject: Subject) -> str:
    """Arguments by which each process is prepared, where it has to be."""
    if not subject.initializer:
        return ""
    return f", initializer={subject.initializer}" + (", initargs=shared" if subject.has_shared else "")


def _prepare(subject: Subject) -> tuple[str, ...]:
    """The line that prepares this very process, where it has to be."""
    if not subject.initializer:
        return ()
    return (f"{subject.initializer}({'*shared' if subject.has_shared else ''})",)


# The engines


def _within(opening: str, lane: Lane, lines: tuple[str, ...]) -> tuple[str, ...]:
    """Lines that make ``results`` of ``inputs``, below the one that opens a pool: of a warm one as often as wanted."""
    if not lane.warm:
        return (opening, *_indented(list(lines)))
    added = [
        f"results += {line.removeprefix('results = ')}" if line.startswith("results = ") else line for line in lines
    ]
    return (
        "batches = [inputs]  # whatever comes later finds the workers there",
        "results = []",
        opening,
        "    for inputs in batches:",
        *(f"        {line}" for line in added),
    )


def _serial(subject: Subject, lane: Lane, tasks: int) -> _Parts:
    del lane, tasks
    return _Parts((*_prepare(subject), f"results = [{_call(subject)} for item in inputs]"))


def _process(subject: Subject, lane: Lane, tasks: int) -> _Parts:
    del tasks
    workers = lane.workers or 1
    shared = ", *shared" if subject.has_shared else ""
    helper = [
        f"def work(writer, items{shared}):",
        '    """Be a child: do some tasks, and send what came of them."""',
        *(f"    {line}" for line in _prepare(subject)),
        "    try:",
        f"        writer.send(([{_call(subject)} for item in items], None))",
        "    except Exception:",
        "        writer.send((None, traceback.format_exc()))",
    ]
    body = (
        "children = []",
        f"for number in range({workers}):",
        f"    part = inputs[len(inputs) * number // {workers} : len(inputs) * (number + 1) // {workers}]",
        "    reader, writer = context.Pipe(duplex=False)",
        f"    child = context.Process(target=work, args=(writer, part{shared}))",
        "    child.start()",
        "    writer.close()  # so that the reader sees the end when the child is gone",
        "    children.append((child, reader))",
        "results = []",
        "try:",
        "    for child, reader in children:",
        "        try:",
        "            part, problem = reader.recv()",
        "        except EOFError:",
        "            child.join()",
        '            raise RuntimeError(f"{child.name} ended with exit code {child.exitcode}.") from None',
        "        if problem is not None:",
        "            raise RuntimeError(problem)",
        "        child.join()",
        "        results += part",
        "finally:",
        "    for child, _ in children:",
        "        child.terminate()  # where something failed; the others have ended",
        "        child.join()",
    )
    return _Parts(body, helpers=("\n".join(helper),), needs_context=True)


def _pool(subject: Subject, lane: Lane, tasks: int) -> _Parts:
    workers = lane.workers or 1
    flavour = lane.flavour or "map"
    replaced = f", maxtasksperchild={lane.maxtasks}" if lane.maxtasks else ""
    is_default = flavour in ("map", "starmap") and lane.chunksize == max(1, -(-tasks // (workers * _PARTS_A_WORKER)))
    size = f", chunksize={lane.chunksize}" if lane.chunksize and not is_default else ""
    helpers: tuple[str, ...] = ()
    if subject.manner == "spread" and flavour in ("map", "starmap"):
        lines: tuple[str, ...] = (f"results = pool.starmap({subject.function}, inputs{size})",)
    else:
        function, helpers = _mapped(subject)
        lines = _METHODS[flavour](function, size)
    opening = f"with context.Pool(processes={workers}{_starting(subject)}{replaced}) as pool:"
    body = (*_within(opening, lane, lines), "    pool.close()", "    pool.join()")
    return _Parts(body, helpers=helpers, needs_context=True)


_METHODS: dict[str, Callable[[str, str], tuple[str, ...]]] = {
    "map": lambda function, size: (f"results = pool.map({function}, inputs{size})",),
    "imap": lambda function, size: (f"results = list(pool.imap({function}, inputs{size}))",),
    "imap_unordered": lambda function, size: (
        f"results = list(pool.imap_unordered({function}, inputs{size}))  # as they come",
    ),
    "starmap": lambda function, size: (f"results = pool.starmap({function}, [(item,) for item in inputs]{size})",),
    "apply_async": lambda function, _: (
        f"calls = [pool.apply_async({function}, (item,)) for item in inputs]",
        "results = [call.get() for call in calls]",
    ),
}
"""The lines by which a method of a pool calls a function over the inputs."""


def _executor(subject: Subject, lane: Lane, tasks: int) -> _Parts:
    del tasks
    function, helpers = _mapped(subject)
    size = f", chunksize={lane.chunksize}" if (lane.chunksize or 1) > 1 else ""
    opening = (
        f"with ProcessPoolExecutor(max_workers={lane.workers}, mp_context=context{_starting(subject)}) as executor:"
    )
    body = _within(opening, lane, (f"results = list(executor.map({function}, inputs{size}))",))
    standard = ("from concurrent.futures import ProcessPoolExecutor",)
    return _Parts(body, standard, helpers=helpers, needs_context=True)


def _threads(subject: Subject, lane: Lane, tasks: int) -> _Parts:
    function, over, before, helpers = _chunked(subject, lane, tasks)
    body = (*_prepare(subject), *_executing("ThreadPoolExecutor", "", lane, before, function, over))
    return _Parts(body, ("from concurrent.futures import ThreadPoolExecutor",), helpers=helpers)


def _interpreters(subject: Subject, lane: Lane, tasks: int) -> _Parts:
    function, over, before, helpers = _chunked(subject, lane, tasks)
    body = _executing("InterpreterPoolExecutor", _starting(subject), lane, before, function, over)
    return _Parts(body, ("from concurrent.futures import InterpreterPoolExecutor",), helpers=helpers)


def _executing(
    kind: str, starting: str, lane: Lane, before: tuple[str, ...], function: str, over: str
) -> tuple[str, ...]:
    mapped = f"executor.map({function}, {over})"
    results = f"list({mapped})" if over == "inputs" else f"[result for part in {mapped} for result in part]"
    lines = f"results = {results}"
    return _within(f"with {kind}(max_workers={lane.workers}{starting}) as executor:", lane, (*before, lines))


def _joblib(subject: Subject, lane: Lane, tasks: int) -> _Parts:
    del tasks
    workers, size = lane.workers or 1, lane.chunksize or 1
    settings = f"n_jobs={workers}, batch_size={size}"
    if size > 1:
        settings += f", pre_dispatch={2 * workers * size}"
    stars = {"one": "item", "spread": "*item", "keywords": ""}[subject.manner]
    function, helpers = (subject.function, ()) if stars else _mapped(subject)
    call = f"delayed({function})({stars or 'item'})"
    parallel = f"Parallel({settings}{_starting(subject)})"
    body: tuple[str, ...] = (f"results = {parallel}({call} for item in inputs)",)
    if lane.warm:
        body = _within(f"with {parallel} as parallel:", lane, (f"results = parallel({call} for item in inputs)",))
    return _Parts(body, imports=("from joblib import Parallel, delayed",), helpers=helpers)


_ENGINES: dict[str, Callable[[Subject, Lane, int], _Parts]] = {
    "serial": _serial,
    "process": _process,
    "pool": _pool,
    "executor": _executor,
    "threads": _threads,
    "joblib": _joblib,
    "interpreters": _interpreters,
}
