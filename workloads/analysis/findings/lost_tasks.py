"""Tasks that were lost with the worker that held them."""

from __future__ import annotations

from .base import Case, Finding, Page, counted

PAGE = Page(
    kind="lost-tasks",
    title="A worker died and took its tasks with it",
    meaning=(
        "A worker was killed, or left by os._exit, while it had tasks in hand. A multiprocessing.Pool starts a new "
        "worker and forgets those tasks: whoever waits for their results waits for ever (cpython issue 96062). A "
        "ProcessPoolExecutor notices it, raises BrokenProcessPool, and gives up all that is left."
    ),
    found_by="The counters of the dead worker say that it had begun a chunk and not ended it.",
    remedy=(
        "Find out what ended the worker: SIGKILL is most often the kernel, short of memory (dmesg says so), SIGSEGV "
        "a fault in compiled code. Use an executor, which tells of it, or get(timeout=...); make chunks smaller, so "
        "that less is lost; hold less memory in each worker."
    ),
)


def detect(case: Case) -> Finding | None:
    """See whether a worker took tasks with it."""
    lost = max(facts.lost for facts in case.runs)
    if not lost:
        return None
    error = case.state.error if case.state is not None else None
    whose = "its result" if lost == 1 else "their results"
    return case.finding(
        PAGE,
        f"A worker of {case.of} died with {counted(lost, 'task')} in its hands, and {whose} can never come.",
        (error,) if error else (),
        "See what ended it (SIGKILL is most often lack of memory), and use an executor, which notices such a death.",
        case.wall_ns,
    )
