"""A person's own functions in the app: asked about before much is run, registered by a project, and when they raise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.choices import comparison_of, work_out
from poolscope.tui.panels.workloads import WorkloadList
from poolscope.tui.registered import described
from poolscope.tui.screens.ask import AskScreen
from poolscope.tui.screens.choose_function import ChooseFunctionScreen, form_of, target_of
from poolscope.tui.screens.outcome import OutcomeScreen, has_outcome
from poolscope.tui.widgets.chooser import Chooser
from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import Lane, RunResult
from poolscope.workloads.probe.answers import Checked, Trial
from poolscope.workloads.registry import Entry
from poolscope.workloads.target import Own, Target, workload_of

from .conftest import MACHINE

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from poolscope.workloads.launcher import Guardian

FULL = (120, 40)
HOUR_NS = 3_600_000_000_000
TRIAL = Trial(
    tasks=8, mean_ns=10_000_000, longest_ns=12_000_000, cpu_share=1.0, shipping_ns=10_000, input_bytes=1_000,
    result_bytes=2_000, pickled_bytes=3_000, growth_bytes=5_000,
)  # fmt: skip
CHECKED = Checked(
    tasks=1_000, manner="one", signature="(n)", doc="", first="1", origin="", module_bytes=0, import_ns=0,
    function_problem=None, input_problem=None, result_problem=None, trial=TRIAL,
)  # fmt: skip
TARGET = Target("work.py:slow", "range(1000)", "/somewhere")
LANES = (Lane("serial"), Lane("pool", workers=2))


def own(trial: Trial | None = TRIAL, *, keep_going: bool = False) -> Own:
    checked = CHECKED._replace(trial=trial)
    return Own(workload_of(TARGET, checked), TARGET, checked, keep_going)


def worked_out(known: Own) -> Any:
    return work_out(known.workload, {}, LANES, MACHINE, known)


def test_what_the_lanes_will_take_is_said() -> None:
    choice = worked_out(own())
    assert choice.expectation.startswith(
        "work.py:slow has 1,000 tasks of about 10.0 ms, so expect: serial about 10.0 s"
    )
    assert (choice.question, choice.problem) == (None, None)
    assert worked_out(own(None)).expectation is None
    assert work_out(own().workload, {}, LANES, MACHINE).expectation is None


@pytest.mark.parametrize(
    ("trial", "question"),
    [
        (TRIAL._replace(mean_ns=HOUR_NS), "This will take about"),
        (TRIAL._replace(mean_ns=HOUR_NS, exceeded_ns=HOUR_NS), "This will take at least"),
        (TRIAL._replace(growth_bytes=10**15), "The lane pool:workers=2 will need about 2"),
    ],
)
def test_hours_and_too_much_memory_are_asked_about_and_then_not_refused(trial: Trial, question: str) -> None:
    choice = worked_out(own(trial))
    assert choice.question.startswith(question)
    assert choice.problem is None
    assert choice.reasons == (None, None)


def test_who_agreed_is_not_refused_again(guardian: Guardian) -> None:
    known = own(TRIAL._replace(growth_bytes=10**15), keep_going=True)
    assert comparison_of(worked_out(known), guardian, known, (1, 0), 0).advance().lanes[0].state != "skipped"
    with pytest.raises(UsageError, match="memory"):
        comparison_of(worked_out(known)._replace(question=None), guardian, known, (1, 0), 0)


async def started(pilot: Pilot[None], core: Any) -> PoolscopeApp:
    await pilot.pause()
    app = pilot.app
    assert isinstance(app, PoolscopeApp)
    app.frame()
    await pilot.pause()
    return app


@pytest.mark.parametrize(("keys", "runs"), [(("n",), 0), (("escape",), 0), (("enter", "escape"), 0), (("y",), 1)])
async def test_the_app_asks_before_it_runs(core: Any, workloads: Any, keys: tuple[str, ...], runs: int) -> None:
    core.question = "This will take about 20.9 h"
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(pilot, core)
        await pilot.press("r")
        await pilot.pause()
        assert isinstance(app.screen, AskScreen)
        assert "20.9 h" in str(app.screen.query_one(Static).render())
        await pilot.press(*keys)
        await pilot.pause()
        assert not isinstance(app.screen, ModalScreen)
        assert sum(told[0] == "start" for told in core.told) == runs


def entry(name: str, inputs: str) -> Entry:
    target = Target("work.py:slow", inputs, "/somewhere", sample=5, seed=3, star=True)
    return Entry(name, target, "sums of roots", "pyproject.toml")


async def test_what_is_registered_stands_in_the_list_and_is_looked_at_when_it_is_wanted(
    core: Any, workloads: Any
) -> None:
    core.registered = (entry("roots", "range(9)"), entry("asks", ""))
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await started(pilot, core)
        assert [each.name for each in app.lab.workloads.listed][-2:] == ["roots", "asks"]
        chooser = app.lab.workloads.query_one(WorkloadList)
        assert chooser.highlighted == chooser.get_option_index(app.lab.workloads.chosen.name)
        await app.lab.workloads.choose("roots")
        await pilot.press("r")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, ChooseFunctionScreen)
        request = next(told[1] for told in core.told if told[0] == "examine")
        assert (request.kind, request.target) == ("check", core.registered[0].target.reference)
        assert screen.query_one("#sample", Input).value == "5"
        assert screen.query_one("#star", Chooser).text == "spread always"
        await pilot.press("escape")
        await app.lab.workloads.choose("asks")
        await pilot.press("enter")
        await pilot.pause()
        assert app.focused is app.screen.query_one("#inputs")
        assert not any(told[0] == "start" for told in core.told)


def test_a_registered_function_is_described_without_importing_it() -> None:
    known = described(entry("roots", "range(9)"))
    assert (known.name, known.summary, known.topic) == ("roots", "sums of roots", "your own")
    assert "work.py:slow, registered by pyproject.toml. Inputs: range(9)." in known.explanation


def test_a_form_is_read() -> None:
    target = Target("package/work.py:slow", "range(9)", "/somewhere", 3, 2, 7, star=True)
    assert target_of(form_of(target), "/somewhere") == target
    assert target_of(form_of(TARGET), "/somewhere") == TARGET
    assert target_of({**form_of(TARGET), "limit": "", "sample": ""}, "/somewhere") == TARGET


@pytest.mark.parametrize(("name", "value"), [("limit", "0"), ("sample", "-1"), ("seed", "x"), ("limit", "9" * 15)])
def test_a_number_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"{value} cannot be used: choose a whole number"):
        target_of({**form_of(TARGET), name: value}, "/somewhere")


def raised() -> RunResult:
    return RunResult(
        ok=True, error=None, traceback=None, elapsed_ns=1, tasks=10, digest="d", summary="", failed=3,
        failures=("Task 2 of 10 (input 1) raised ValueError: \x1b[31m.", "Task 3 of 10 (input 2) raised KeyError: 2."),
    )  # fmt: skip


async def test_what_raised_is_shown_on_a_key(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await started(pilot, core)
        shown = moments.over()
        failed = shown.lanes[1]._replace(
            state="failed", error="Task 2 of 10 (input 1) raised ValueError: one.",
            traceback='Traceback (most recent call last):\n  File "work.py", line 3, in f\nValueError: one\x1b[2J',
        )  # fmt: skip
        core.show(shown._replace(lanes=(shown.lanes[0]._replace(results=(raised(),)), failed)))
        app.frame()
        await pilot.press("2", "x")
        await pilot.pause()
        assert isinstance(app.screen, OutcomeScreen)
        text = str(app.screen.query_one(Static).render())
        assert "3 of 10 tasks raised:" in text
        assert "and 1 more" in text
        assert "\x1b" not in text
        await pilot.press("escape", "down", "x")
        await pilot.pause()
        text = str(app.screen.query_one(Static).render())
        assert 'File "work.py", line 3, in f' in text
        assert "\x1b" not in text


def test_a_lane_that_went_well_has_nothing_to_show(moments: Any) -> None:
    assert not has_outcome(moments.over().lanes[0])


async def test_a_registered_function_is_looked_at_and_run_with_one_key(
    guardian: Guardian, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from poolscope.tui.bridge import Bridge
    from poolscope.workloads.catalogue import listing

    (tmp_path / "work.py").write_text("def slow(number):\n    return number * 2\n")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.poolscope.workloads.mine]\nfunction = "work.py:slow"\ninputs = "range(10, 13)"\n'
    )
    monkeypatch.chdir(tmp_path)
    bridge = Bridge(guardian, refresh=60.0)
    app = PoolscopeApp(bridge, listing.entries())
    async with app.run_test(size=(80, 24)) as pilot:

        def is_over() -> bool:
            comparison = bridge.latest.comparison if bridge.latest else None
            return comparison is not None and comparison.is_over

        for _ in range(600):
            if "mine" in app.lab.registered:
                break
            await pilot.pause(0.05)
        await pilot.press("end", "r")
        for _ in range(600):
            if is_over():
                break
            await pilot.pause(0.05)
        assert is_over()
        assert bridge.latest is not None
        assert bridge.latest.comparison is not None
        first = bridge.latest.comparison.lanes[0]
        assert first.results[0].summary == "3 results: 20, 22, 24"
    bridge.close()
