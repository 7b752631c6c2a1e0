from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from poolscope.tui.widgets.log_ring import LogRing
from poolscope.workloads.recording.log import LogLine


def shown(ring: LogRing) -> list[str]:
    return [ring[index].text for index in range(len(ring))]


def settle(ring: LogRing) -> None:
    while ring.is_scanning:
        ring.scan(0.0)


def test_lines_below_the_level_are_kept_and_come_back(make: Any) -> None:
    ring = LogRing(level=20)
    ring.extend([make.line("debug", 10), make.line("info", 20), make.line("error", 40)])
    assert shown(ring) == ["info", "error"]
    ring.want(5, "")
    settle(ring)
    assert shown(ring) == ["debug", "info", "error"]


def test_a_programs_own_output_is_shown_at_every_level(make: Any) -> None:
    ring = LogRing(level=40)
    ring.extend([make.line("info", 20), make.line("printed", 0, stream="out")])
    assert shown(ring) == ["printed"]


def test_a_filter_looks_at_text_process_pid_and_level(make: Any) -> None:
    ring = LogRing(level=5)
    ring.extend([make.line("one", 20, pid=111), make.line("two", 40, pid=222), make.line("Three", 10, pid=333)])
    for query, found in (
        ("two", ["two"]),
        ("333", ["Three"]),
        ("error", ["two"]),
        ("forkpool", ["one", "two", "Three"]),
    ):
        ring.want(5, query)
        settle(ring)
        assert shown(ring) == found


def test_capitals_in_a_filter_are_meant(make: Any) -> None:
    ring = LogRing()
    ring.extend([make.line("Three"), make.line("three")])
    ring.want(20, "three")
    settle(ring)
    assert shown(ring) == ["Three", "three"]
    ring.want(20, "Three")
    settle(ring)
    assert shown(ring) == ["Three"]


def test_the_old_filter_stays_in_force_until_the_new_one_went_through(make: Any) -> None:
    ring = LogRing(level=20)
    ring.extend(make.lines(5000, level=10) + make.lines(5, level=20))
    ring.want(10, "")
    assert not ring.scan(0.0)
    assert len(ring) == 5
    ring.extend(make.lines(1, level=20))
    assert len(ring) == 6
    settle(ring)
    assert len(ring) == 5006


def test_memory_is_bounded_and_the_newest_stay(make: Any) -> None:
    ring = LogRing(limit=1000)
    for first in range(0, 10_000, 100):
        ring.extend(make.lines(100, first=first))
        assert ring.total <= 1000
    assert shown(ring)[-1] == "line 9999"
    assert ring.dropped + ring.total == 10_000
    assert [ring.number(index) for index in (0, len(ring) - 1)] == [ring.dropped, 9999]


def test_what_falls_out_is_told_by_what_was_shown_of_it(make: Any) -> None:
    ring = LogRing(limit=80, level=20)
    ring.extend(make.lines(40, level=10) + make.lines(40, level=20))
    assert ring.extend(make.lines(1)) == 0
    assert len(ring) == 41
    assert ring.extend(make.lines(40)) > 0


def test_parts_that_match_are_told_apart(make: Any) -> None:
    ring = LogRing()
    ring.want(20, "ab")
    settle(ring)
    assert ring.matches("xABab") == [("x", False), ("AB", True), ("ab", True)]
    assert ring.matches("none") == [("none", False)]


def test_clearing_keeps_level_and_filter(make: Any) -> None:
    ring = LogRing()
    ring.extend(make.lines(3))
    ring.want(40, "boom")
    ring.clear()
    assert (ring.total, len(ring), ring.level, ring.query) == (0, 0, 40, "boom")
    ring.extend([make.line("info"), make.line("boom", 40)])
    assert shown(ring) == ["boom"]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.sampled_from([0, 5, 10, 20, 30, 40]), max_size=60)),
        st.tuples(st.just("want"), st.tuples(st.sampled_from([5, 10, 20, 40]), st.sampled_from(["", "1", "line 2"]))),
        st.tuples(st.just("scan"), st.none()),
    ),
    max_size=30,
)


@given(steps)
def test_the_index_always_equals_a_plain_search(todo: list[tuple[str, object]]) -> None:
    ring = LogRing(limit=100)
    count = 0
    for what, value in todo:
        if what == "add":
            levels = value if isinstance(value, list) else []
            ring.extend([LogLine(0, level, "out", None, "", f"line {count + i}") for i, level in enumerate(levels)])
            count += len(levels)
        elif what == "want" and isinstance(value, tuple):
            ring.want(*value)
        else:
            ring.scan(0.0)
        assert ring.total <= max(100, 60)
    settle(ring)
    plain = [
        line.text for line in ring.lines if (line.level >= ring.level or not line.level) and ring.query in line.text
    ]
    assert shown(ring) == plain
    assert ring.dropped + ring.total == count
