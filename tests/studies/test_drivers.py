"""Studies with real runs: they advance without waiting, keep what was measured, and leave nothing behind."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable
from typing import TypeVar

import pytest
from support.patience import PATIENCE, wait_for
from support.waiting_tasks import WAITING, WAITING_REFERENCE

from poolscope.workloads import catalogue
from poolscope.workloads.errors import GuardianLostError, UsageError
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane, Parameters
from poolscope.workloads.parameters import check_parameters
from poolscope.workloads.recording.store import kept
from poolscope.workloads.sampling.machine import describe_machine
from poolscope.workloads.studies.base import Means, Setting
from poolscope.workloads.studies.breakeven import BreakEvenState, BreakEvenStudy
from poolscope.workloads.studies.chunks import ChunksState, ChunksStudy
from poolscope.workloads.studies.dial import Dial, dial_of
from poolscope.workloads.studies.scale import ScaleState, ScaleStudy

State = TypeVar("State", BreakEvenState, ScaleState, ChunksState)

SERIAL, THREADS = Lane("serial"), Lane("threads", 4)
GIVEN: Parameters = {"words": "few", "other": 3, "N": 40}
SETTING = Setting(WAITING, GIVEN, WAITING_REFERENCE)


def means(guardian: Guardian, seconds: float = 6 * PATIENCE) -> Means:
    return Means(guardian, describe_machine(), round(seconds * 1e9))


def dial(low: str, high: str, given: Parameters = GIVEN) -> Dial:
    found = dial_of(WAITING, given, "N", low, high)
    return found._replace(at=lambda size: found.at(size)._replace(reference=WAITING_REFERENCE))


def followed(advance: Callable[[], State], guardian: Guardian, until: Callable[[State], bool]) -> list[State]:
    """Advance a study until it is over, or UNTIL something; return all its states."""
    states: list[State] = []

    def is_there() -> bool:
        select.select([guardian], [], [], 0.02)
        states.append(advance())
        return states[-1].progress.is_over or until(states[-1])

    assert wait_for(is_there, deadline=4 * PATIENCE)
    return states


def never(state: object) -> bool:
    return False


def test_a_break_even_study_brackets_the_crossing(guardian: Guardian) -> None:
    study = BreakEvenStudy(means(guardian), dial("1", "200"), (SERIAL, THREADS))
    first = study.advance()
    assert first.sentence == "Nothing was measured in both lanes, so there is nothing to compare."
    assert (first.size, first.progress.what) == (1, "N = 1")
    # Waiting side by side pays, once there is something to wait for.
    states = followed(study.advance, guardian, lambda state: state.found.answer in ("at", "always"))
    shares = [state.progress.share for state in states]
    assert shares == sorted(shares)
    last = states[-1]
    assert [len(point.times_ns) for point in last.reference] == [len(point.times_ns) for point in last.lane]
    assert [point.size for point in last.reference] == sorted(point.size for point in last.reference)
    assert study.watched is not None
    study.cancel()
    end = followed(study.advance, guardian, never)[-1]
    assert end.progress.is_over
    assert end.progress.is_cancelled
    assert len(end.reference) >= len(last.reference)
    assert end.progress.share == 1
    assert end.progress.left_ns is None
    assert kept() == (), "the many runs of a study are not recordings that somebody looks for"
    runs = [entry for entry in guardian.directory.iterdir() if entry.name.isdecimal()]
    assert len(runs) <= 6, "no more than the runs of the last two comparisons"
    assert study.advance() == end, "nothing moves any more"


def test_a_size_that_does_not_fit_into_memory_is_the_end_of_the_sizes(guardian: Guardian) -> None:
    many = dial("2", "4000", {**GIVEN, "words": "many"})
    study = BreakEvenStudy(means(guardian), many, (THREADS, SERIAL))
    end = followed(study.advance, guardian, never)[-1]
    assert max(point.size for point in end.reference) <= 20
    assert any(" was left out: " in note for note in end.progress.notes), end.progress.notes
    assert end.progress.error is None
    too_many = BreakEvenStudy(means(guardian), dial("30", "4000", {**GIVEN, "words": "many"}), (THREADS, SERIAL))
    end = followed(too_many.advance, guardian, never)[-1]
    assert end.progress.error is not None
    assert end.progress.comparisons_done == 0


def test_lanes_that_cannot_run_are_not_studied_by_their_reference_alone(guardian: Guardian) -> None:
    alone = catalogue.find("ping-pong")
    setting = Setting(alone, check_parameters(alone, {}))
    study = ScaleStudy(means(guardian), setting, Lane("pool"), (1, 2), SERIAL)
    end = followed(study.advance, guardian, never)[-1]
    assert end.progress.error is not None
    assert end.progress.comparisons_done == 0
    assert end.progress.notes == ()


def test_a_scaling_study_measures_each_number_in_each_round(guardian: Guardian) -> None:
    study = ScaleStudy(means(guardian), SETTING, THREADS, (1, 4), SERIAL, runs=2)
    end = followed(study.advance, guardian, never)[-1]
    assert [point.workers for point in end.points] == [1, 4]
    assert [len(point.times_ns) for point in end.points] == [2, 2]
    assert len(end.reference_ns) == 2
    assert end.progress.comparisons_done == 2
    assert end.progress.error is None
    assert end.found.marks is not None
    assert "workers" in end.sentence


def test_a_study_of_chunk_sizes_runs_the_good_ones_again(guardian: Guardian) -> None:
    study = ChunksStudy(means(guardian), SETTING, THREADS, (1, 40), runs=2)
    end = followed(study.advance, guardian, never)[-1]
    assert [point.chunksize for point in end.points] == [1, 40]
    assert end.found.fastest == 1, "a single chunk keeps three of the four waiting"
    assert len(end.points[0].times_ns) == 2
    assert end.sentence.startswith("Take a chunksize of 1; the default, 3, was not measured")


def test_a_study_ends_with_its_budget(guardian: Guardian) -> None:
    study = ScaleStudy(means(guardian, 0.3), SETTING._replace(parameters={**GIVEN, "N": 4_000}), THREADS, (1,), SERIAL)
    end = followed(study.advance, guardian, never)[-1]
    assert end.progress.is_out_of_time
    assert not end.progress.is_cancelled
    assert end.points == ()


def test_a_lost_guardian_is_said_once(guardian: Guardian) -> None:
    study = ScaleStudy(means(guardian), SETTING._replace(parameters={**GIVEN, "N": 4_000}), THREADS, (1,), SERIAL)
    followed(study.advance, guardian, lambda state: state.progress.comparison is not None)
    os.kill(guardian.pid, signal.SIGKILL)
    with pytest.raises(GuardianLostError):
        followed(study.advance, guardian, never)
    end = study.advance()
    assert end.progress.is_over
    assert end.progress.error is not None


def test_lanes_without_what_is_varied_are_refused(guardian: Guardian) -> None:
    with pytest.raises(UsageError, match="no workers to vary"):
        ScaleStudy(means(guardian), SETTING, SERIAL, (1, 2), None)
    with pytest.raises(UsageError, match="no number of workers"):
        ScaleStudy(means(guardian), SETTING, THREADS, (), None)
    with pytest.raises(UsageError, match="ships no chunks"):
        ChunksStudy(means(guardian), SETTING, SERIAL)
    with pytest.raises(UsageError, match="too few tasks"):
        ChunksStudy(means(guardian), SETTING._replace(parameters={**GIVEN, "N": 1}), THREADS)
