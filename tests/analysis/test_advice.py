"""The paragraph to act on: what it says of lanes that pay, lose, are alike, fail, or differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from support.lanes import lane_state

from poolscope.workloads.analysis.advice import Advice, advise, lane_in_words
from poolscope.workloads.analysis.findings.base import Finding
from poolscope.workloads.model import Lane, LaneState

SERIAL = Lane("serial", 1)
POOL = Lane("pool", 4, "fork", 625)
THREADS = Lane("threads", 4, chunksize=1)
RETURNING = {"returning": 0.6}


def finding(lane: str | None, explains: int) -> Finding:
    return Finding(
        "large-results", lane, f"Results of {lane} are large.", (), "Return less.", explains, "large-results"
    )


def serial(*seconds: float, **values: Any) -> LaneState:
    return lane_state("A", SERIAL, seconds, **values)


def pool(*seconds: float, **values: Any) -> LaneState:
    return lane_state("B", POOL, seconds, RETURNING, **values)


def advice(*lanes: LaneState, findings: Sequence[Finding] = ()) -> Advice:
    return advise(lanes, findings)


def test_parallel_pays() -> None:
    found = advice(serial(2.0, 2.02, 1.98, 2.0, 2.01), pool(1.0, 1.01, 0.99, 1.0, 1.0))
    assert (found.answer, found.lane) == ("parallel pays", "B")
    assert found.ratio is not None
    assert found.ratio.interval is not None
    assert found.sentences[0].startswith(
        "Run it in parallel, in a pool of 4 processes (started by fork, chunks of 625 tasks): 2.0 times faster than "
        "serial on this machine (between 2.00 and 2.0"
    )
    assert found.sentences[0].endswith(" times, 95 %), 1.00 s instead of 2.00 s.")
    assert found.sentences[1:] == (
        "4 workers could at best make it 4 times faster; 60 % of B went into shipping results back.",
    )
    assert found.text == " ".join(found.sentences)


def test_serial_wins() -> None:
    found = advice(serial(1.0, 1.0, 1.01, 1.0, 0.99), pool(1.8, 1.81, 1.79, 1.8, 1.8))
    assert (found.answer, found.lane) == ("serial wins", "A")
    assert found.sentences[0].startswith("Leave it serial: the fastest way in parallel, a pool of 4 processes")
    assert "is 1.8 times slower than serial on this machine (between 1.7" in found.sentences[0]
    assert found.sentences[1] == "60 % of B went into shipping results back."


def test_a_small_difference_can_be_a_certain_one() -> None:
    found = advice(serial(*[1.0] * 5), pool(*[0.995] * 5))
    assert "less than 1 % faster than serial" in found.sentences[0]


def test_no_difference() -> None:
    found = advice(serial(1.0, 1.2, 0.9, 1.1, 1.0), pool(1.1, 1.0, 1.0, 0.9, 1.05))
    assert (found.answer, found.lane) == ("no difference", "A")
    assert found.sentences[0].startswith("Leave it serial, which is simpler: no difference shown between serial and")
    assert "times as fast, 95 %)" in found.sentences[0]


@pytest.mark.parametrize(
    ("seconds", "answer", "begin"),
    [
        (0.5, "parallel pays", "Running it in parallel seems to pay, in a pool"),
        (2.0, "serial wins", "It seems best to leave it serial: "),
        (0.97, "no difference", "Leave it serial, which is simpler: "),
    ],
)
def test_too_few_runs(seconds: float, answer: str, begin: str) -> None:
    found = advice(serial(1.0), pool(seconds))
    assert found.answer == answer
    assert found.sentences[0].startswith(begin)
    assert "95 %" not in found.text
    assert found.sentences[-1] == "With 1 run each that is not certain: it takes 5, such as by -r 5."


def test_too_few_runs_of_one_lane() -> None:
    found = advice(serial(*[1.0] * 7), pool(0.5, 0.5))
    assert found.sentences[-1] == "With 2 runs of B that is not certain: it takes 5, such as by -r 5."


def test_a_machine_that_was_busy_makes_the_figures_doubtful() -> None:
    noise = Finding("noisy-machine", "A", "Others were at work while A ran.", (), "Repeat.", 900, "noisy-machine")
    lanes = serial(*[2.0] * 5), pool(*[1.0] * 5)
    assert advice(*lanes, findings=(noise,)).sentences[-1] == "Others were at work while A ran."
    assert "Others" not in advice(*lanes, findings=(noise._replace(lane="C"),)).text


def test_the_fastest_of_each_kind_are_compared() -> None:
    threads = lane_state("C", THREADS, [0.4] * 5)
    found = advice(serial(*[2.0] * 5), pool(*[1.0] * 5), threads)
    assert found.lane == "C"
    assert "a ThreadPoolExecutor of 4 threads (one task at a time): 5.0 times faster" in found.sentences[0]


def test_a_lucky_run_is_not_believed() -> None:
    lucky = lane_state("C", THREADS, [0.3, 0.3])
    assert advice(serial(*[2.0] * 5), pool(*[1.0] * 6), lucky).lane == "B"
    assert advice(serial(2.0), pool(1.0), lane_state("C", THREADS, [0.3])).lane == "C"


def test_the_main_finding_is_told() -> None:
    lanes = serial(*[2.0] * 5), pool(*[1.0] * 5)
    of_another, small, large = finding("A", 900), finding(None, 10), finding("B", 500)
    found = advice(*lanes, findings=(of_another, small, large))
    assert found.sentences[1:] == ("What still costs most: results of B are large.", "Return less.")
    assert advice(*lanes, findings=(of_another, small)).sentences[1].endswith("results of None are large.")
    assert advice(*lanes, findings=(of_another,)).sentences[1].startswith("4 workers could at best")
    slow = advice(serial(*[0.5] * 5), pool(*[1.0] * 5), findings=(large,))
    assert slow.sentences[1:] == ("Results of B are large.", "Return less.")


def test_names_keep_their_capitals() -> None:
    blas = Finding("library-threads", "B", "BLAS threads fight.", (), "Limit them.", 5, "library-threads")
    found = advice(serial(*[2.0] * 5), pool(*[1.0] * 5), findings=(blas,))
    assert found.sentences[1] == "What still costs most: BLAS threads fight."


def test_studies_and_doubts_follow() -> None:
    lanes = serial(*[2.0] * 5), pool(*[1.0] * 5)
    found = advise(lanes, (), ["It pays from N = 1,000 on."], "The machine was busy.")
    assert found.sentences[-2:] == ("It pays from N = 1,000 on.", "The machine was busy.")


def test_results_that_differ_are_not_advised() -> None:
    found = advice(serial(*[2.0] * 5), pool(*[0.1] * 5, same_result=False), lane_state("C", THREADS, [1.0] * 5))
    assert found.lane == "C"
    assert "Do not use pool:workers=4,start=fork,chunksize=625: its results differ from those of serial." in found.text
    alone = advice(serial(2.0), pool(0.1, same_result=False))
    assert (alone.answer, alone.lane) == ("unknown", "A")
    assert alone.sentences[0] == "Serial took 2.00 s; no parallel lane came to a result to compare it with."


def test_everything_failed() -> None:
    dead: dict[str, Any] = {"state": "failed", "error": "Task 4 of 8 raised ValueError: no"}
    found = advice(serial(**dead), pool(**dead), lane_state("C", THREADS, [], **dead))
    assert (found.answer, found.lane, found.ratio) == ("unknown", None, None)
    assert found.sentences == (
        "Nothing can be advised: no lane came to a result.",
        "serial failed: Task 4 of 8 raised ValueError: no.",
        "pool:workers=4,start=fork,chunksize=625 failed: Task 4 of 8 raised ValueError: no.",
        "So it was with 1 more.",
    )
    assert advise([]).sentences == ("Nothing can be advised: no lane came to a result.",)


def test_without_a_serial_lane_nobody_knows() -> None:
    found = advice(pool(1.0))
    assert (found.answer, found.lane) == ("unknown", "B")
    assert "without a serial lane nobody knows whether it pays" in found.text


@pytest.mark.parametrize(
    ("lane", "words"),
    [
        (SERIAL, "one process, one task after the other"),
        (Lane("process", 1, "spawn"), "1 process, a slice of the tasks each (started by spawn)"),
        (
            Lane("pool", 2, None, 1, "imap", 10, 1),
            "a pool of 2 processes (one task at a time, method imap, each replaced after 10, 1 BLAS thread each)",
        ),
        (Lane("joblib", 2, chunksize=1_000), "joblib.Parallel with 2 processes (chunks of 1,000 tasks)"),
        (Lane("threads", 2, warm=True), "a ThreadPoolExecutor of 2 threads (kept for many calls)"),
        (Lane("interpreters", 1), "an InterpreterPoolExecutor of 1 thread"),
    ],
)
def test_lanes_in_words(lane: Lane, words: str) -> None:
    assert lane_in_words(lane) == words


def test_no_engine_is_advised_that_was_tried_in_vain() -> None:
    locked = finding("C", 100)._replace(kind="gil", cause="The threads of C wait.", advice="Use processes.")
    threads = lane_state("C", THREADS, [1.1] * 5)
    found = advice(serial(*[1.0] * 5), pool(*[2.0] * 5), threads, findings=(locked,))
    assert found.sentences[1:3] == (
        "The threads of C wait.",
        "Processes, which have a GIL each, were tried and are slower still.",
    )
    assert "Use processes." in advice(serial(*[1.0] * 5), threads, findings=(locked,)).sentences


def test_what_was_left_out_says_why() -> None:
    skipped: dict[str, Any] = {"state": "skipped", "error": "The first result is a lambda"}
    found = advice(serial(1.0), pool(**skipped), lane_state("C", Lane("executor", 4), [], **skipped))
    assert found.sentences[-1] == (
        "pool:workers=4,start=fork,chunksize=625 and executor:workers=4 were left out: The first result is a lambda."
    )
