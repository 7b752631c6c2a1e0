"""Runs that a cgroup's CPU limit held back."""

from __future__ import annotations

from ...report import figures
from .base import Case, Finding, Page, counted

_NOTABLE = 0.05
"""Share of the time: what two single runs differ by anyway (see `verdict`)."""

PAGE = Page(
    kind="throttled",
    title="A cgroup limit stops the processes",
    meaning=(
        "Containers and services often have a CPU limit (docker --cpus, Kubernetes limits, CPUQuota of systemd). Once "
        "the processes of the group have used up their share of a period, usually of 100 ms, the kernel stops all of "
        "them until the next one. The machine looks idle, and the work takes longer."
    ),
    found_by=(
        "The counters of the cgroups above (cpu.stat: throttled_usec, nr_throttled) grew during the run, by at least "
        "5 % of its time on each CPU that its workers could use at once."
    ),
    remedy=(
        "Start no more workers than the limit allows (poolscope doctor names it), or have the limit raised. With a "
        "fraction such as 1.5 CPUs, a second worker still pays, but not fully."
    ),
)


def detect(case: Case) -> Finding | None:
    """Weigh the time that processes were stopped."""
    stopped, share = case.facts.throttled_ns, case.share_lost(case.facts.throttled_ns or 0)
    if stopped is None or share < _NOTABLE:
        return None
    times = f" in {counted(case.facts.throttled, 'period')}" if case.facts.throttled else ""
    fits = "Have the limit raised: it leaves less than a CPU to a single worker."
    if case.workers > 1:
        fits = "Start no more workers than the limit allows, or have the limit raised."
    return case.finding(
        PAGE,
        f"A CPU limit stopped the processes of {case.of} again and again.",
        (
            (
                f"From its start to its end it was stopped{times}, for {figures.duration(stopped)} in sum over the "
                f"CPUs: {figures.percent(share)} of the time."
            ),
            f"The limit leaves {case.cpus_in_words} to {counted(case.workers, 'worker')}.",
        ),
        fits,
        share * case.wall_ns,
    )
