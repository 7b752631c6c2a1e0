"""A workload whose tasks wait, so that workers help on any machine, whatever else it does."""

from __future__ import annotations

import time
from typing import cast

from poolscope.workloads.model import Lane, Parameter, Parameters, Workload

WAITING_REFERENCE = "support.waiting_tasks:WAITING"


def wait(number: int) -> int:
    """Wait for two thousandths of a second: one task."""
    time.sleep(0.002)
    return number


def _count(parameters: Parameters) -> int:
    return cast("int", parameters["N"])


WAITING = Workload(
    name="waiting",
    summary="for tests",
    explanation="",
    parameters=(
        Parameter("words", "choice", "few", "Many of them need more memory than there is.", choices=("few", "many")),
        Parameter("other", "integer", 3, "Has no say in how many tasks there are.", minimum=1, maximum=9),
        Parameter("N", "integer", 100, "How many tasks there are.", minimum=0, maximum=5_000),
    ),
    function=wait,
    inputs=lambda parameters: range(_count(parameters)),
    summarise=lambda results, _: f"{len(results)} waited",
    default_lanes=lambda _: (Lane("serial"), Lane("threads", 4)),
    memory_needed=lambda parameters, _: 10**15 if parameters["words"] == "many" and _count(parameters) > 20 else 1_000,
    count_tasks=_count,
)
