"""Core usage from counters."""

import os

from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads.sampling.cores import CoreSampler, CoreTimes, online_cores, parse_cpu_list, usage

_SECONDS = st.floats(0, 1e9, allow_nan=False)
_TIMES = st.builds(CoreTimes, _SECONDS, _SECONDS, _SECONDS, _SECONDS)


def test_shares_of_the_time_between_two_readings() -> None:
    before = CoreTimes(user=10, system=5, steal=1, idle=100)
    after = CoreTimes(user=10.5, system=5.25, steal=1.05, idle=100.2)
    core = usage(3, before, after)
    assert core.number == 3
    assert (round(core.user), round(core.system), round(core.steal)) == (50, 25, 5)
    assert round(core.busy) == 80


def test_no_time_between_them_is_idle() -> None:
    times = CoreTimes(1, 2, 3, 4)
    assert usage(0, times, times).busy == 0


@given(_TIMES, _TIMES)
def test_any_two_readings_give_percentages(before: CoreTimes, after: CoreTimes) -> None:
    core = usage(0, before, after)
    assert 0 <= core.user <= 100
    assert 0 <= core.system <= 100
    assert 0 <= core.steal <= 100
    assert 0 <= core.busy <= 100


def test_the_first_sample_is_none_and_the_next_has_all_cores() -> None:
    sampler = CoreSampler()
    assert sampler.sample() is None
    sum(range(10**6))
    sample = sampler.sample()
    assert sample is not None
    assert len(sample.cores) == os.cpu_count()
    assert len({core.number for core in sample.cores}) == len(sample.cores)
    assert sample.load >= 0


def test_cpu_lists() -> None:
    assert parse_cpu_list("0-3,8\n") == [0, 1, 2, 3, 8]
    assert parse_cpu_list("0") == [0]
    assert parse_cpu_list("") == []


@given(st.text("0123456789,- \nx", max_size=40))
def test_cpu_lists_survive_anything(text: str) -> None:
    assert all(number >= 0 for number in parse_cpu_list(text))


def test_core_numbers_fall_back_to_counting() -> None:
    assert list(online_cores(100_000)) == list(range(100_000))
