"""Figures that change while a run goes on: written by many, read while they are written, whatever is in the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads.catalogue.gauges import MOST_NAMES, MOST_POINTS, Gauges, GaugeWriter


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POOLSCOPE_RECORDER", f"20s::{tmp_path}")
    return tmp_path


def test_what_is_written_is_read(directory: Path) -> None:
    gauges = Gauges(directory)
    assert not gauges.refresh()
    with GaugeWriter() as one, GaugeWriter() as other:
        one.put("todo", 1)
        other.put("done", 0.5)
        one.put("todo", 1)  # as before: not worth a line
        one.put("todo", 3)
    assert gauges.refresh()
    assert not gauges.refresh()
    assert [point.value for point in gauges.points["todo"]] == [1, 3]
    assert gauges.latest["done"].value == 0.5
    assert gauges.points["todo"][0].time_ns <= gauges.latest["done"].time_ns <= gauges.latest["todo"].time_ns


def test_outside_of_a_run_nothing_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for value in ("", f"20s::{tmp_path / 'gone'}"):
        monkeypatch.setenv("POOLSCOPE_RECORDER", value)
        with GaugeWriter() as writer:
            writer.put("todo", 1)
    assert list(tmp_path.iterdir()) == [tmp_path / "home"] or not (tmp_path / "gauges").exists()


def test_half_a_line_waits_for_its_other_half(directory: Path) -> None:
    gauges = Gauges(directory)
    with (directory / "gauges").open("ab", buffering=0) as file:
        file.write(b"5 todo 1\n6 to")
        assert gauges.refresh()
        file.write(b"do 2\n")
        assert gauges.refresh()
    assert gauges.points["todo"] == [(5, 1.0), (6, 2.0)]


def test_lines_that_are_none_are_left_out(directory: Path) -> None:
    lines = [b"", b"1 a", b"x a 1", b"1 a x", b"1 a nan", b"1 a inf", b"1 a 1 1", b"1 " + b"n" * 500 + b" 1", b"2 a 7"]
    (directory / "gauges").write_bytes(b"\n".join(lines) + b"\n1 \x1b[2J 1\n" + b"9" * 100_000)
    gauges = Gauges(directory)
    gauges.refresh()
    assert gauges.points["a"] == [(2, 7.0)]
    assert set(gauges.points) == {"a", "␛[2J"}


def test_memory_is_bounded(directory: Path) -> None:
    lines = [f"{number} todo {number}\n" for number in range(10 * MOST_POINTS)]
    lines += [f"1 name{number} 1\n" for number in range(2 * MOST_NAMES)]
    (directory / "gauges").write_text("".join(lines))
    gauges = Gauges(directory)
    gauges.refresh()
    points = gauges.points["todo"]
    assert len(gauges.points) == MOST_NAMES
    assert MOST_POINTS // 2 <= len(points) <= MOST_POINTS
    assert points == sorted(points)
    assert points[0] == (0, 0.0)
    assert gauges.latest["todo"].value == 10 * MOST_POINTS - 1


@given(st.binary(max_size=300))
def test_anything_can_be_read(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    directory = tmp_path_factory.mktemp("gauges")
    (directory / "gauges").write_bytes(content + b"\n1 end 1\n")
    gauges = Gauges(directory)
    gauges.refresh()
    assert gauges.latest["end"] == (1, 1.0)
    assert all(name.isprintable() for name in gauges.points)
