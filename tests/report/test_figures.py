"""Numbers as people read them."""

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads.report import figures


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 s"),
        (0.4, "0.40 ns"),
        (1, "1.00 ns"),
        (999.4, "999 ns"),
        (999.6, "1.00 µs"),
        (85_300_000, "85.3 ms"),
        (999_600_000, "1.00 s"),
        (1_014_000_000, "1.01 s"),
        (9_996_000_000, "10.0 s"),
        (99_940_000_000, "99.9 s"),
        (99_960_000_000, "1.67 min"),
        (120e9, "2.00 min"),
        (5999e9, "100 min"),
        (6000e9, "1.67 h"),
        (360_000e9, "100 h"),
        (-1_500_000, "-1.50 ms"),
    ],
)
def test_durations(nanoseconds: float, text: str) -> None:
    assert figures.duration(nanoseconds) == text


@given(st.floats(1, 1e16))
def test_durations_have_three_digits_or_are_long(nanoseconds: float) -> None:
    number, unit = figures.duration(nanoseconds).split()
    assert unit in ("ns", "µs", "ms", "s", "min", "h")
    assert len(number.replace(".", "")) == 3 or unit == "h"


@given(st.floats(1, 1e15), st.floats(1, 1e15))
def test_durations_keep_their_order(one: float, other: float) -> None:
    def value(nanoseconds: float) -> float:
        number, unit = figures.duration(nanoseconds).split()
        return float(number) * {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9, "h": 3600e9}[unit]

    low, high = sorted((one, other))
    assert value(low) <= value(high) * 1.000001


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (999.6, "1.00 k"), (41_000, "41.0 k"), (3_200_000, "3.20 M"), (5e9, "5.00 G"),
     (7e12, "7.00 T"), (0.5, "0.50"), (1.25, "1.25"), (99.97, "100")],
)  # fmt: skip
def test_short_counts(value: float, text: str) -> None:
    assert figures.short_count(value) == text


@pytest.mark.parametrize(
    ("octets", "long", "short"),
    [(0, "0 B", "0"), (34, "34 B", "34"), (999, "999 B", "999"), (999.6, "1.00 kB", "1.0k"), (88e6, "88.0 MB", "88M"),
     (1.2e9, "1.20 GB", "1.2G"), (9.96e9, "9.96 GB", "10G"), (5.6e6, "5.60 MB", "5.6M"), (1e15, "1000 TB", "1000T")],
)  # fmt: skip
def test_sizes(octets: float, long: str, short: str) -> None:
    assert figures.size(octets) == long
    assert figures.short_size(octets) == short


@given(st.floats(0, 9.999e15))
def test_short_sizes_fit_their_column(octets: float) -> None:
    assert len(figures.short_size(octets)) <= 5


def test_other_figures() -> None:
    assert figures.seconds(1_240_000_000) == "1.2 s"
    assert figures.count(5_000_000) == "5,000,000"
    assert figures.rate(2_710_000, "tasks") == "2.71 M tasks/s"


@pytest.mark.parametrize(
    ("value", "text"),
    [(2, "2"), (1.5, "1.5"), (0.25, "0.25"), (10.0, "10"), (10.04, "10"), (64, "64"), (100.4, "100"), (199.96, "200"),
     (256.0, "256")],
)  # fmt: skip
def test_cpus(value: float, text: str) -> None:
    assert figures.cpus(value) == text


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(1, "as fast"), (1.009, "as fast"), (0.991, "as fast"), (1.02, "1.02 times faster"), (1.67, "1.7 times faster"),
     (1 / 73.7, "74 times slower"), (0.6, "1.7 times slower"), (9.96, "10 times faster"), (1e-4, "10,000 times slower"),
     (1.0949, "1.09 times faster"), (1.096, "1.1 times faster")],
)  # fmt: skip
def test_ratios_in_words(ratio: float, words: str) -> None:
    assert figures.ratio_in_words(ratio) == words


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0.01543, 0.11382, "0.015 to 0.11"), (0.312, 0.334, "0.31 to 0.33"), (1.623, 1.78, "1.62 to 1.78"),
     (8.79, 64.8, "8.79 to 64.8"), (0.0021, 0.0026, "0.0021 to 0.0026")],
)  # fmt: skip
def test_intervals_hold_the_ratio_beside_them(low: float, high: float, text: str) -> None:
    assert figures.interval(low, high) == text


@pytest.mark.parametrize(
    ("status", "text"), [(0, "exit 0"), (3, "exit 3"), (-9, "SIGKILL"), (-11, "SIGSEGV"), (-signal.SIGTERM, "SIGTERM")]
)
def test_exit_statuses(status: int, text: str) -> None:
    assert figures.exit_status(status) == text


def test_a_signal_without_a_name_keeps_its_number() -> None:
    assert figures.signal_name(63) == "signal 63"
