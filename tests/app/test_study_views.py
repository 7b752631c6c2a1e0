"""What a study of the core becomes on the screen: figures, charts, rows and sentences."""

from __future__ import annotations

import math

import pytest
from support.studied import (
    DONE,
    GOING_ON,
    LANES,
    SIZES,
    SUBJECT,
    WORKLOAD,
    advice_state,
    scale_state,
    state_of,
    view_of,
)

from poolscope.tui.study_charts import advice_view, chunks_view, scale_view, with_progress
from poolscope.tui.study_drivers import two_lanes
from poolscope.tui.study_view import Subject
from poolscope.workloads.analysis.chunking import ChunkPoint, advise
from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import Lane
from poolscope.workloads.studies.chunks import ChunksState


def test_the_view_says_the_figures_of_the_study() -> None:
    view = view_of(state_of())
    assert view.figure.replace(",", "").isdecimal()
    assert abs(math.log(int(view.figure.replace(",", "")) / (2.18e7 / 49))) < math.log(1.15)
    assert view.chart is not None
    assert view.chart.marks[0].low is not None
    assert len(view.rows) == len(SIZES)
    never = view_of(state_of(item_ns=200.0))
    assert never.figure == ""
    assert never.chart is not None
    assert never.chart.marks == ()
    nothing = view_of(state_of(0, progress=GOING_ON))
    assert nothing.chart is None
    assert nothing.rows == []


def test_a_study_needs_two_lanes() -> None:
    subject = Subject("break-even", WORKLOAD, {"N": 1_000}, (Lane("serial"), Lane("threads")))
    assert two_lanes(subject) == subject.lanes
    with pytest.raises(UsageError, match="add another one"):
        two_lanes(subject._replace(lanes=subject.lanes[:1]))


def test_scaling_shows_what_workers_bring_beside_the_ideal_and_what_the_machine_has() -> None:
    state = scale_state()
    view = with_progress(scale_view(SUBJECT._replace(kind="scaling"), state, None), DONE)
    assert view.figure == str(state.found.enough)
    assert view.chart is not None
    assert [series.name for series in view.chart.series] == ["as one worker", "as serial", "ideal"]
    words = [mark.text for mark in view.chart.marks]
    assert words == ["2 CPUs to use", "1 core, then SMT siblings", "enough"]
    assert [row[0] for row in view.rows] == ["1", "2", "4"]
    assert view.rows[1][4] == "95 %"
    assert any("Amdahl" in sentence for sentence in view.more)
    early = scale_view(SUBJECT._replace(kind="scaling"), scale_state(GOING_ON), view.chart)
    assert early.figure == "", "nothing is claimed before the end"
    assert early.chart is not None
    assert early.chart.across == view.chart.across


def test_chunk_sizes_show_the_recommended_one_and_the_default() -> None:
    times = {1: 9, 4: 4, 16: 2, 64: 1, 125: 1, 500: 3}
    points = tuple(
        ChunkPoint(size, tuple(wall * 10**8 + number * 10**5 for number in range(5)), 10**7)
        for size, wall in times.items()
    )
    state = ChunksState(DONE, LANES[1], 1_000, tuple(times), points, advise(points, 1_000, 2))
    view = with_progress(chunks_view(SUBJECT._replace(kind="chunks"), state, None), DONE)
    assert view.figure == "125"
    assert view.sentence == state.sentence
    assert view.chart is not None
    assert [mark.text for mark in view.chart.marks] == ["what Pool.map takes"]
    assert [row[1] for row in view.rows] == ["1,000", "250", "63", "16", "8", "2"]
    slow = (*points[:4], points[4]._replace(times_ns=tuple(3 * each for each in points[4].times_ns)), points[5])
    other = chunks_view(SUBJECT, state._replace(points=slow, found=advise(slow, 1_000, 2)), view.chart)
    assert other.chart is not None
    assert [mark.text for mark in other.chart.marks] == ["take this", "what Pool.map takes"]
    assert other.chart.across == view.chart.across


def test_advice_shows_what_was_tried_and_what_to_do() -> None:
    state = advice_state()
    view = advice_view(SUBJECT._replace(kind="advice"), state, None)
    assert state.advice is not None
    assert view.sentence == state.advice.sentences[0]
    assert view.figure == "2.0×"
    assert [row[0] for row in view.rows] == ["A serial", "B pool"]
    assert view.rows[1][3] == "2.0 times faster"
    assert view.chart is not None
    early = advice_view(SUBJECT, advice_state(GOING_ON), view.chart)
    assert early.figure == ""
    assert early.sentence == "Measuring ..."
