"""Execute one run: ``python -m poolscope.workloads.runner RUN_DIRECTORY``, which the guardian starts.

Everything that is not the work itself, such as building the inputs, comparing and printing, stays outside the timed
region, which goes from before the pool exists until the results are there and the pool is gone.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines import Work, chunks_planned, engine
from ..engines.blocks import recorder
from ..model import Plan, RunResult
from ..plans import read_plan, write_result
from ..recorder import layout

if TYPE_CHECKING:
    from ..model import Workload

_LONGEST_PATH = 60
"""Characters of a directory in which sockets can be made whatever multiprocessing calls them."""


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
    api = recorder()
    tasks = 0
    try:
        workload = _find(plan.workload)
        inputs = workload.inputs(plan.parameters)
        tasks = len(inputs)
        api.plan(tasks, chunks_planned(plan.lane, tasks))
        execute = engine(plan.lane.engine)
        _keep_temporary_files_in(directory)
        gc.collect()
        api.mark(layout.RUN_BEGUN)  # the first mark takes longer than all others, so it is made twice
        begin = api.mark(layout.RUN_BEGUN)
        results = execute(Work(workload.function, inputs), plan.lane, lambda: api.mark(layout.RESULTS_THERE))
        end = api.mark(layout.RUN_ENDED)
        return _success(workload, plan, results, end - begin)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the answer
        from .failures import failure

        return failure(error, tasks)


def _success(workload: Workload, plan: Plan, results: list[Any], elapsed: int) -> RunResult:
    from .digest import digest

    return RunResult(
        ok=True,
        error=None,
        traceback=None,
        elapsed_ns=elapsed,
        tasks=len(results),
        digest=digest(results),
        summary=workload.summarise(results, plan.parameters),
        lines=workload.show(results, plan.parameters) if workload.show is not None else (),
    )


def _find(reference: str) -> Workload:
    """Find a workload by its name in the catalogue, or as ``module:ATTRIBUTE``."""
    module, colon, attribute = reference.partition(":")
    if not colon:
        from ..catalogue import find

        return find(reference)
    from importlib import import_module

    found: Workload = getattr(import_module(module), attribute)
    return found


def _keep_temporary_files_in(directory: Path) -> None:
    """Have multiprocessing put its sockets into the run directory, which is removed whatever happens."""
    process = sys.modules.get("multiprocessing.process")
    place = directory / "mp"
    if process is not None and len(str(place)) <= _LONGEST_PATH:
        place.mkdir(mode=0o700)
        process.current_process()._config["tempdir"] = str(place)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
