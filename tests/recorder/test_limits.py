"""What happens when there is no room: detail stops, counters go on, and the program notices nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.observed_run import EventFile, observe

from poolscope.workloads.recorder import layout

MAP = """
import multiprocessing, resource, sys

def work(number):
    return number

if __name__ == "__main__":
    if len(sys.argv) > 1:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
    with multiprocessing.get_context("fork").Pool(1) as pool:
        print(pool.map(work, range(5000), 1) == list(range(5000)))
        pool.close()
        pool.join()
"""
ROOM = layout.SEGMENT_SIZE // layout.RECORD_SIZE
RECORDS = 5002  # of the worker: its chunks, its entry and its exit


def check(worker: EventFile, records: int) -> None:
    assert worker["CHUNKS_DONE"] == worker["ITEMS_DONE"] == 5000
    assert worker["EXITING"] > 0
    assert worker["RECORDS_WRITTEN"] >= records
    # A chunk that took long, for whatever reason, has records for its arguments besides.
    assert worker["RECORDS_DROPPED"] >= RECORDS - records - sum(1 for _ in worker.records(layout.TEXT))
    chunks = worker.records(layout.CHUNK)
    assert [chunk[5] for chunk in chunks] == list(range(len(chunks)))
    assert len(chunks) + len(worker.records(layout.TEXT)) >= min(5000, max(0, records - 1))


def test_segments_follow_each_other_without_a_gap(tmp_path: Path) -> None:
    run = observe(tmp_path, MAP)
    assert run.output == "True\n"
    (worker,) = run.workers
    check(worker, RECORDS)
    assert len(worker.data) == layout.HEADER_SIZE + 3 * layout.SEGMENT_SIZE


@pytest.mark.parametrize("cap", [0, 1, 7, ROOM, ROOM + 1, RECORDS - 1])
def test_past_the_cap_details_stop_and_counters_go_on(cap: int, tmp_path: Path) -> None:
    run = observe(tmp_path, MAP, values={"POOLSCOPE_RECORD_CAP": str(cap)})
    assert (run.status, run.output, run.errors) == (0, "True\n", "")
    (worker,) = run.workers
    check(worker, cap)


@pytest.mark.parametrize("segments", [0, 1, 2])
def test_a_full_disk_costs_details_and_nothing_else(segments: int, tmp_path: Path) -> None:
    size = layout.HEADER_SIZE + segments * layout.SEGMENT_SIZE + 100
    run = observe(tmp_path, MAP, [str(size)])
    assert (run.status, run.output, run.errors) == (0, "True\n", "")
    (worker,) = run.workers
    check(worker, segments * ROOM)
    assert len(worker.data) <= size


def test_no_room_for_a_header_leaves_no_file(tmp_path: Path) -> None:
    run = observe(tmp_path, MAP, ["1000"])
    assert (run.status, run.output, run.errors) == (0, "True\n", "")
    assert run.files == run.programs  # which began before the limit
