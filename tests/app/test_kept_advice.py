"""What becomes of advice: it agrees with the study of sizes, is kept once, and is read back as a comparison."""

from __future__ import annotations

import json

from support.lanes import MACHINE
from support.studied import DONE, GOING_ON, SUBJECT, WORKLOAD, advice_state, state_of

from poolscope.tui.study_charts import advice_view
from poolscope.tui.study_drivers import Plan, Shown
from poolscope.tui.study_view import StudyView, Subject
from poolscope.tui.widgets.chart import Chart
from poolscope.workloads.history.advised import past_of
from poolscope.workloads.history.origin import Origin
from poolscope.workloads.history.past import object_of, past_from
from poolscope.workloads.studies.advise import AdviseState, said_of_sizes


def test_advice_and_break_even_never_contradict_each_other() -> None:
    at, never = state_of(), state_of(item_ns=200.0)
    size = at.found.size
    assert size is not None
    assert said_of_sizes(at, "parallel pays", 10 * round(size)) == [at.sentence]
    for answer in ("no difference", "serial wins", "unknown"):
        assert said_of_sizes(at, answer, 10 * round(size)) == []
        assert said_of_sizes(at, answer, round(size) // 2) == [at.sentence]
    assert said_of_sizes(never, "parallel pays", 1_000) == []
    assert said_of_sizes(never, "serial wins", 1_000) == [never.sentence]
    assert said_of_sizes(state_of(0), "serial wins", 1_000) == []


def test_advice_is_kept_once_at_its_end() -> None:
    kept: list[AdviseState] = []

    class Search:
        watched = None
        states = iter((advice_state(GOING_ON), advice_state(), advice_state()))

        def advance(self) -> AdviseState:
            return next(self.states)

        def cancel(self) -> None:
            """Nothing goes on."""

    def keep(state: AdviseState, code: str | None) -> tuple[str, ...]:
        assert code == "pass\n"
        kept.append(state)
        return ("It was kept.",)

    subject = SUBJECT._replace(kind="advice")

    def view_of(subject: Subject, state: AdviseState, before: Chart | None) -> StudyView:
        return advice_view(subject, state, before)._replace(code="pass\n" if state.progress.is_over else None)

    shown = Shown(subject, Plan(Search(), view_of, lambda state: state.advice, keep))
    assert [shown.advance().notes for _ in range(3)] == [(), ("It was kept.",), ("It was kept.",)]
    assert [state.progress.is_over for state in kept] == [True]


def test_advice_that_is_kept_is_read_back_as_a_comparison() -> None:
    """Of the work that was measured; that a run was cut off cancels nothing."""
    state = advice_state()
    cut = state.comparison.lanes[1]._replace(key="C", state="cancelled", results=(), ledgers=())
    state = state._replace(comparison=state.comparison._replace(lanes=(*state.comparison.lanes, cut)))
    origin = Origin("20261128-050000-abcd", 1_795_000_000 * 10**9, "0.1.0", "c0de")
    kept = past_of(origin, WORKLOAD, {"N": 5_000_000}, MACHINE, state, "pass\n")
    read = past_from(json.loads(json.dumps(object_of(kept))))
    assert state.advice is not None
    for one in (kept, read):
        assert (one.name, dict(one.parameters), one.snippet) == (WORKLOAD.name, {"N": 1_000}, "pass\n")
        assert not one.state.is_cancelled
        verdict = one.state.verdict
        assert verdict is not None
        assert (verdict.answer, verdict.fastest) == ("parallel pays", "B")
        assert verdict.sentences == state.advice.sentences
    assert read.origin.identity == kept.origin.identity
    assert object_of(kept)["workload"]["parameters"] == {"N": 5_000_000}
    stopped = state._replace(progress=DONE._replace(is_cancelled=True))
    assert past_from(object_of(past_of(origin, WORKLOAD, {}, MACHINE, stopped, None))).state.is_cancelled
