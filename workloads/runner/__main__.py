"""Execute one run: ``python -m poolscope.workloads.runner RUN_DIRECTORY``, which the guardian starts.

Everything that is not the work itself, such as building the inputs, comparing and printing, stays outside the timed
region, which goes from before the pool exists until the results are there and the pool is gone.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines import Execute, Work, chunks_planned, engine
from ..engines.blocks import recorder
from ..model import Plan, RunResult
from ..plans import RESULT_NAME, read_plan, write_result
from ..recorder import layout

if TYPE_CHECKING:
    from ..model import Workload

_LONGEST_PATH = 60
"""Characters of a directory in which sockets can be made whatever multiprocessing calls them."""
_LOSE_TASKS = ("pool", "executor", "joblib")
"""Engines that do not say which task raised."""


def main(directory: Path) -> int:
    """Execute the plan in DIRECTORY and leave the result there.

    Returns:
        The exit status: 0 if the run came to its end, 1 if it failed.
    """
    recorder().become(layout.ROLE_RUNNER, "runner")
    plan = read_plan(directory)
    result = _execute(plan, directory)
    write_result(result, directory)
    if not result.ok:
        # A pool that lost its way might not let us go: the guardian ends what we leave.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)
    return 0


def _execute(plan: Plan, directory: Path) -> RunResult:
    inputs: Sequence[Any] = ()
    try:
        workload = _find(plan.workload)
        execute = engine(plan.lane.engine)
        _keep_temporary_files_in(directory)
        surrounding = workload.surround(plan.parameters) if workload.surround is not None else _Nothing()
        with surrounding:
            inputs = workload.inputs(plan.parameters)
            order = recorder().keep_order() if not plan.lane.is_ordered else ()
            results, elapsed = _measure(execute, workload, plan, inputs, directory)
            is_arranged = plan.lane.is_ordered
            if not is_arranged:
                from .arrivals import in_order_of_inputs

                arranged = in_order_of_inputs(results, order, plan.lane.chunksize or 1)
                results, is_arranged = arranged or results, arranged is not None
            return _success(workload, plan, directory, inputs, results, elapsed, is_arranged=is_arranged)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the answer
        from .failures import failure

        return failure(error, inputs)


def _measure(
    execute: Execute, workload: Workload, plan: Plan, inputs: Sequence[Any], directory: Path
) -> tuple[list[Any], int]:
    """Execute it, and say how long that took."""
    api, tasks = recorder(), len(inputs)
    api.plan(tasks, chunks_planned(plan.lane, tasks))
    shared: tuple[Any, ...] = ()
    if workload.shared is not None:
        import multiprocessing

        shared = workload.shared(plan.parameters, multiprocessing.get_context(plan.lane.start_method))
    work = Work(_function(workload, plan), inputs, workload.initializer, shared, plan.keep_going)
    gc.collect()
    if plan.lane.warm:
        return _measure_warm(execute, work, plan, directory)
    usage = api.usage()
    api.mark(layout.RUN_BEGUN)  # the first mark takes longer than all others, so it is made twice
    begin = api.mark(layout.RUN_BEGUN)
    results = execute(work, plan.lane, lambda: api.mark(layout.RESULTS_THERE))
    end = api.mark(layout.RUN_ENDED)
    api.used(usage)
    return results, end - begin


def _measure_warm(execute: Execute, work: Work, plan: Plan, directory: Path) -> tuple[list[Any], int]:
    """Do the work twice with the same pool, and say how long the second time took: nothing is started or stopped."""
    from .warming import await_workers

    api, region, usage = recorder(), {"begin": 0, "end": 0}, (0, 0)

    def begin() -> None:
        nonlocal usage
        await_workers(directory)
        gc.collect()
        api.forget()
        usage = api.usage()
        api.mark(layout.RUN_BEGUN)
        region["begin"] = api.mark(layout.RUN_BEGUN)

    def end() -> None:
        api.mark(layout.RESULTS_THERE)
        region["end"] = api.mark(layout.RUN_ENDED)
        api.used(usage)

    results = execute(work._replace(begin=begin), plan.lane, end)
    return results, region["end"] - region["begin"]


def _function(workload: Workload, plan: Plan) -> Callable[[Any], Any]:
    """The function as it is called, which costs the built-in ones nothing more than it must."""
    if plan.keep_going:
        from ..engines.failed_tasks import Keeping

        return Keeping(workload.function)
    if ":" in plan.workload and plan.lane.engine in _LOSE_TASKS:
        from ..engines.failed_tasks import Locating

        return Locating(workload.function)
    return workload.function


def _success(
    workload: Workload,
    plan: Plan,
    directory: Path,
    inputs: Sequence[Any],
    results: list[Any],
    elapsed: int,
    *,
    is_arranged: bool,
) -> RunResult:
    failed, failures = 0, tuple[str, ...]()
    if plan.keep_going:
        from .failures import without_failures

        results, failed, failures = without_failures(results, inputs if is_arranged else ())
    comparable = results
    if workload.comparable is not None and not failed:
        comparable = [workload.comparable(each) for each in results]
    digest, same, difference, reference = _compared(plan, directory, comparable)
    from .repeats import repeated

    result = RunResult(
        ok=True,
        error=None,
        traceback=None,
        elapsed_ns=elapsed,
        tasks=len(results),
        digest=digest,
        summary=f"{len(results):,} results in the order of their arrival",
        failed=failed,
        failures=failures,
        same_result=same,
        difference=difference,
        repeated=None if failed else repeated(comparable),
    )
    if failed:
        return result._replace(summary=f"{len(results) - failed:,} of {len(results):,} tasks came to a result")
    if not is_arranged:
        # What a workload says of its results, it says of those in the order of the inputs.
        is_known = same and reference is not None
        return result._replace(summary=reference.summary, lines=reference.lines) if is_known and reference else result
    wrong = workload.check(results, plan.parameters) if workload.check is not None else None
    if wrong is not None:
        result = result._replace(ok=False, error=wrong)
    lines = workload.show(results, plan.parameters) if workload.show is not None else ()
    return result._replace(summary=workload.summarise(results, plan.parameters), lines=lines)


def _compared(
    plan: Plan, directory: Path, results: list[Any]
) -> tuple[str | None, bool | None, str | None, RunResult | None]:
    """Digest the results, and compare them with the reference's, or keep them where these are that.

    Returns:
        The digest, whether the results are the same, the first difference, and the reference's own result.
    """
    from .digest import digest

    if plan.reference is None:
        from .answers import Kept

        kept = Kept(directory)
        own = digest(results, kept.add)
        if own is None:
            kept.give_up()  # a part of them would be taken for all
        else:
            kept.close()
        return own, None, None, None
    from ..recording.results import read_result

    place = Path(plan.reference)
    reference, _ = read_result(place / RESULT_NAME)
    own = digest(results)
    if reference is None:
        return own, None, None, None
    if own is not None and own == reference.digest:
        return own, True, None, reference
    from .answers import compare

    is_ordered = plan.lane.is_ordered and read_plan(place).lane.is_ordered
    return own, *compare(results, place, plan.tolerance, is_ordered=is_ordered), reference


class _Nothing:
    """What surrounds most workloads; `contextlib` would take milliseconds to import."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exception: object) -> None:
        return None


def _find(reference: str) -> Workload:
    """Find a workload by its name in the catalogue, or as ``module:ATTRIBUTE``."""
    module, colon, attribute = reference.partition(":")
    if not colon:
        from ..catalogue import find

        return find(reference)
    if module == "target":
        from ..target import workload_from

        return workload_from(reference)
    from importlib import import_module

    found: Workload = getattr(import_module(module), attribute)
    return found


def _keep_temporary_files_in(directory: Path) -> None:
    """Have temporary files made in the run directory, which is removed whatever happens.

    These are sockets of multiprocessing, what `tempfile` makes, here and in the workers, and arrays that joblib hands
    over as files.
    """
    place = directory / "tmp"
    place.mkdir(mode=0o700)
    os.environ["JOBLIB_TEMP_FOLDER"] = str(place)
    if len(str(place)) > _LONGEST_PATH:
        return  # multiprocessing makes its sockets where the other temporary files are
    os.environ["TMPDIR"] = str(place)
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None:
        vars(tempfile)["tempdir"] = str(place)
    process = sys.modules.get("multiprocessing.process")
    sockets = directory / "mp"
    if process is not None:
        sockets.mkdir(mode=0o700)
        process.current_process()._config["tempdir"] = str(sockets)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
