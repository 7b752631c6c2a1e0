"""Programs, jobs and recordings as lines: every width, every state, and text from outside."""

from __future__ import annotations

from typing import Any

import pytest

from poolscope.tui.glyphs import ASCII, UNICODE, Glyphs
from poolscope.tui.panels.program_lines import MOST_JOBS, job_lines, program_lines, record_lines
from poolscope.tui.screens.transport_bar import transport_line
from poolscope.tui.snapshot import Record, Snapshot, Transport
from poolscope.tui.widgets.line_view import Line, line_width
from poolscope.workloads.model import CpuBudget, Machine
from poolscope.workloads.programs import JobState, ProgramState
from poolscope.workloads.recording.meta import End, Meta

S = 1_000_000_000
MACHINE = Machine("host", "Linux", "3.11.7", "CPython", "cpu", CpuBudget(2, 2, ()), 10**9, ("fork",), "fork", 0.5)
SNAPSHOT = Snapshot(0, MACHINE)
WIDTHS = [12, 26, 38, 80, 200]


def job(**changes: Any) -> JobState:
    base = JobState(
        parent=1, job=0, function="module.square", pool="Pool 1", chunksize=10, chunks=60, items=600, chunks_done=30,
        items_done=300, chunks_failed=0, submitted_ns=0, last_ns=1 * S,
    )  # fmt: skip
    return base._replace(**changes)


def program(*jobs: JobState, **changes: Any) -> ProgramState:
    base = ProgramState(
        now_ns=2 * S, command=("python", "script.py"), directory="/home/me/project", state="running", pid=41207,
        begun_ns=0, ended_ns=None, status=None, run_directory=None, processes=(), jobs=jobs, tasks_done=300, notes=(),
    )  # fmt: skip
    return base._replace(**changes)


def text(lines: list[Line]) -> str:
    return "\n".join("".join(piece for piece, _ in line).rstrip() for line in lines)


def test_a_job_tells_how_far_it_is_and_what_is_left() -> None:
    shown = text(job_lines(program(job()), 60, UNICODE))
    assert "module.square · Pool 1 · chunk 10" in shown
    assert "300 / 600" in shown
    assert "150 tasks/s · 2.0 s left" in shown
    assert "█" in shown
    assert "░" in shown


def test_a_job_that_is_done_tells_its_time_and_what_failed() -> None:
    done = job(chunks_done=60, items_done=600, chunks_failed=2, last_ns=3 * S // 2)
    shown = text(job_lines(program(done), 60, UNICODE))
    assert "✗   1.50 s" in shown
    assert "400 tasks/s" in shown
    assert "2 chunks failed" in shown
    assert "░" not in shown
    assert "✔" in text(job_lines(program(done._replace(chunks_failed=0)), 60, UNICODE))


def test_a_job_of_unknown_length_has_no_bar() -> None:
    endless = job(chunks=0, items=0, chunksize=1, pool="ProcessPoolExecutor 2")
    shown = text(job_lines(program(endless), 60, UNICODE))
    assert "300 done so far" in shown
    assert "█" not in shown
    over = program(endless, state="done", ended_ns=2 * S, status=0)
    assert "300 done\n" in text(job_lines(over, 60, UNICODE)) + "\n"


def test_a_job_that_the_program_did_not_wait_for_is_not_done() -> None:
    over = program(job(), state="done", ended_ns=2 * S, status=0)
    assert "not finished" in text(job_lines(over, 60, UNICODE))


def test_a_job_of_a_pool_that_is_gone_does_not_go_on_with_the_program() -> None:
    endless = job(chunks=0, items=0, chunksize=1, pool="ProcessPoolExecutor 2", last_ns=3 * S // 2, is_over=True)
    shown = text(job_lines(program(endless), 60, UNICODE))
    assert "✔   1.50 s" in shown
    assert "so far" not in shown
    assert "not finished" in text(job_lines(program(job(is_over=True)), 60, UNICODE))


def test_the_newest_job_is_on_top_and_very_many_are_counted() -> None:
    jobs = [job(job=number, function=f"f{number}") for number in range(MOST_JOBS + 5)]
    shown = text(job_lines(program(*jobs), 60, UNICODE))
    assert shown.startswith(f" f{MOST_JOBS + 4} ")
    assert "5 jobs before these" in shown
    assert "f0 " not in shown


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_no_line_of_a_job_is_wider_than_the_panel(width: int, glyphs: Glyphs) -> None:
    jobs = [
        job(),
        job(items=0, chunks=0),
        job(items=10**12, chunks=10**9, items_done=10**11, chunks_failed=10**6, function="x" * 500, pool="y" * 90),
    ]
    if width >= 26:
        for line in job_lines(program(*jobs), width, glyphs):
            assert line_width(line) <= width, text([line])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "▶ running"),
        ({"state": "done", "status": 0, "ended_ns": 3 * S}, "✔ exit 0"),
        ({"state": "failed", "status": 2, "ended_ns": 3 * S}, "✗ exit 2"),
        ({"state": "failed", "status": -9, "ended_ns": 3 * S}, "✗ SIGKILL"),
        ({"state": "failed", "status": None, "ended_ns": 3 * S}, "✗ gone"),
        ({"state": "cancelled", "status": -15, "ended_ns": 3 * S}, "◼ ended by you"),
    ],
)
def test_a_program_tells_how_it_stands(changes: dict[str, Any], words: str) -> None:
    shown = text(program_lines(program(**changes), SNAPSHOT, 40, UNICODE))
    assert shown.startswith(words)
    assert "python script.py" in shown
    assert "/home/me/project" in shown
    assert "41207" in shown


@pytest.mark.parametrize("width", WIDTHS)
def test_notes_and_errors_are_wrapped_and_hostile_text_is_harmless(width: int) -> None:
    hostile = program(
        command=("python", "-c", "print('\x1b[2J')\n" * 40),
        directory="/" + "d" * 300,
        notes=("pid 7 was started with -I, so it is not recorded. " * 3,),
        error="It failed\x1b]0;title\x07 badly.",
    )
    lines = program_lines(hostile, SNAPSHOT, width, UNICODE)
    shown = text(lines)
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "not recorded" in " ".join(shown.split())
    if width >= 26:
        assert all(line_width(line) <= width for line in lines)


META = Meta(
    "lane", "20261122-210355-4f2a", "sqrt · pool:workers=2", 0, 1_790_000_000 * S, "0.2.0", {}, workload="sqrt",
    parameters={"N": 5_000_000}, lane="pool:workers=2", key="B",
)  # fmt: skip


def test_a_recording_tells_what_it_is_of_and_what_is_missing() -> None:
    record = Record("run.poolscope", META, End(5, "done", 0), ("The samples of the cores are damaged.",))
    shown = text(record_lines(record, SNAPSHOT, 60, UNICODE))
    for words in ("sqrt · pool:workers=2", "20261122-210355-4f2a", "5,000,000", "host", "run.poolscope", "damaged"):
        assert words in shown
    bare = text(record_lines(Record("x", None, None), SNAPSHOT, 60, UNICODE))
    assert "not recorded" in bare


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("whole", [S // 1000, 20 * S, 3000 * S, 40_000 * S])
def test_the_line_of_the_moment_fills_its_width(width: int, glyphs: Glyphs, whole: int) -> None:
    for share in (0, 0.3, 1):
        for playing in (False, True):
            transport = Transport(
                is_live=False, is_playing=playing, speed=0.1, time_ns=round(whole * share), begin_ns=0, end_ns=whole,
                is_replay=playing, is_over=playing,
            )  # fmt: skip
            line, (start, track) = transport_line(transport, width, glyphs)
            assert line_width(line) == width
            shown = "".join(piece for piece, _ in line)
            knob = "●" if glyphs is UNICODE else "O"
            assert start <= shown.index(knob, start) < start + track
            if not playing:
                assert ("before now" in shown) == (width > 60)
