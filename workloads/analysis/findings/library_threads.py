"""Numerical libraries whose own threads fight with the workers for the CPUs."""

from __future__ import annotations

from ...report import figures
from .base import Case, Finding, Page, counted

_MORE = 0.2
"""CPU time that the other threads of the workers used, as a share of what the tasks' own threads did."""
_WORTH = 0.1
"""Share of the time that it explains; less is not what makes a run slow."""

PAGE = Page(
    kind="library-threads",
    title="Threads of BLAS or OpenMP fight with the workers",
    meaning=(
        "NumPy, SciPy, PyTorch and others hand work to libraries (OpenBLAS, MKL, OpenMP) that start a thread for each "
        "core, in every process that uses them. As many workers as cores make cores times cores threads, which "
        "interrupt each other and spin while they wait."
    ),
    found_by=(
        "Workers have several threads each and together more than the budget has CPUs, and the threads that do not "
        "call the function use at least 20 % as much CPU time as those that do."
    ),
    remedy=(
        "Give each worker one thread: blas=1 in a lane; OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=1 and "
        "MKL_NUM_THREADS=1 in the environment before the program starts, or threadpoolctl in the worker. Or leave the "
        "CPUs to the library, and use no workers."
    ),
)


def detect(case: Case) -> Finding | None:
    """Compare the CPU time of whole workers with that of the threads that called the function."""
    facts = case.facts
    others, own = facts.others_cpu_ns, facts.computing_cpu_ns
    if not case.has_processes or others is None or own is None or facts.threads is None or facts.delayed_ns is None:
        return None
    workers = min(case.workers, facts.used)
    if facts.threads < 2 or workers < 2 or facts.threads * workers <= case.cpus or others < _MORE * own:
        return None
    # Who waits for a CPU keeps the others waiting, which meet after each product: it is far more than they compute.
    spent = facts.delayed_ns / workers
    if case.share(spent) < _WORTH:
        return None
    return case.finding(
        PAGE,
        f"{figures.count(facts.threads)} threads in each of {case.of}'s workers fought for {case.cpus_in_words}.",
        (
            f"The workers had {counted(facts.threads * workers, 'thread')} together.",
            (
                f"Threads that do not call the function used {figures.duration(others)} of CPU time, those that do "
                f"{figures.duration(own)}."
            ),
            f"Workers waited for a CPU for {figures.duration(facts.delayed_ns)} in all.",
        ),
        "Give each worker one thread (blas=1 or OMP_NUM_THREADS=1), or use the library's threads and no workers.",
        spent,
    )
