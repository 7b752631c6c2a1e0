"""Numbers as people read them: three significant digits, SI steps, units always there.

The only place where numbers become text; everything else keeps them as numbers.
"""

from __future__ import annotations

import signal

_DURATION_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_SI_STEPS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def three_digits(value: float) -> str:
    """Write VALUE with three significant digits and no exponent: 1.01, 12.3, 456, 7890."""
    size = abs(value)
    if size >= 99.95:
        return f"{value:.0f}"
    if size >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}"


def duration(nanoseconds: float) -> str:
    """Write a duration with the unit that fits it: ``1.01 s``, ``85.3 ms``, ``2.00 min``."""
    seconds = nanoseconds / 1e9
    if seconds == 0:
        return "0 s"
    if abs(seconds) >= 5999.5:
        return f"{three_digits(seconds / 3600)} h"
    if abs(seconds) >= 99.95:
        return f"{three_digits(seconds / 60)} min"
    for step, unit in _DURATION_UNITS:
        if abs(seconds) >= step * 0.9995:
            return f"{three_digits(seconds / step)} {unit}"
    return f"{three_digits(seconds / 1e-9)} ns"


def seconds(nanoseconds: float) -> str:
    """Write a running clock in seconds, to a tenth, so that its width does not jump: ``1.2 s``."""
    return f"{nanoseconds / 1e9:.1f} s"


def percent(share: float) -> str:
    """Write a share, 1 being all: ``43 %``, ``less than 1 %``."""
    return "less than 1 %" if 0 < share < 0.005 else f"{share * 100:.0f} %"


def brief(nanoseconds: float) -> str:
    """Write a time that is only guessed, in whole units: ``less than 1 s``, ``12 s``, ``3 min``."""
    whole = round(nanoseconds / 1e9)
    if whole < 1:
        return "less than 1 s"
    return f"{whole} s" if whole < 100 else f"{round(whole / 60)} min"


def count(value: int) -> str:
    """Write a whole number with thousands separated by commas."""
    return f"{value:,}"


def short_count(value: float) -> str:
    """Write a count in SI steps: ``3.20 M``, ``41.0 k``, ``999``."""
    for step, letter in _SI_STEPS:
        if abs(value) >= step * 0.9995:
            return f"{three_digits(value / step)} {letter}"
    return f"{value:.0f}" if value == int(value) or abs(value) >= 99.95 else three_digits(value)


def tick_count(value: float) -> str:
    """Write a round count under an axis, without digits that say nothing: ``200``, ``1 k``, ``2.5 M``."""
    for step, letter in _SI_STEPS:
        if abs(value) >= step * 0.9995:
            return f"{value / step:.4g} {letter}"
    return f"{value:.4g}"


def tick_duration(nanoseconds: float) -> str:
    """Write a round duration beside an axis: ``200 µs``, ``1 s``, ``5,000 s``."""
    for step, unit in _DURATION_UNITS:
        if abs(nanoseconds) >= step * 1e9 * 0.9995:
            value = nanoseconds / (step * 1e9)
            return f"{value:,.0f} {unit}" if abs(value) >= 1000 else f"{value:.3g} {unit}"
    return f"{nanoseconds:.3g} ns" if nanoseconds else "0"


def rate(per_second: float, what: str) -> str:
    """Write a rate: ``2.71 M tasks/s``."""
    return f"{short_count(per_second)} {what}/s"


def size(octets: float) -> str:
    """Write a size in bytes in SI steps: ``5.60 MB``, ``34 B``."""
    for step, letter in _SI_STEPS:
        if abs(octets) >= step * 0.9995:
            return f"{three_digits(octets / step)} {letter}B"
    return f"{octets:.0f} B"


def short_size(octets: float) -> str:
    """Write a size in at most five cells, for table columns: ``88M``, ``1.2G``, ``512``."""
    for step, letter in _SI_STEPS:
        if abs(octets) >= step * 0.9995:
            value = octets / step
            return f"{value:.1f}{letter}" if value < 9.95 else f"{value:.0f}{letter}"
    return f"{octets:.0f}"


def cpus(value: float) -> str:
    """Write a number of CPUs, with a fraction only where there is one: ``2``, ``1.5``."""
    digits = three_digits(value)
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def factor(ratio: float) -> str:
    """Write how many times as fast something is: ``1.28``, and with two digits where it is far slower, ``0.0024``."""
    if ratio >= 0.0995:
        return three_digits(ratio)
    return f"{ratio:.2g}" if ratio >= 0.0001 else "below 0.0001"


def ratio_in_words(ratio: float) -> str:
    """Say how a lane compares with the reference, RATIO being reference time / lane time.

    Returns:
        ``1.7 times faster``, ``74 times slower``, or ``as fast`` within 1 %.
    """
    if abs(ratio - 1) <= 0.01:
        return "as fast"
    if ratio > 1:
        return f"{_times(ratio)} times faster"
    return f"{_times(1 / ratio)} times slower"


def _times(value: float) -> str:
    if value >= 9.95:
        return f"{value:,.0f}"
    if value >= 1.095:
        return f"{value:.1f}"
    return f"{value:.2f}"


def interval(low: float, high: float) -> str:
    """Write where a ratio lies, with as many digits as tell the two ends apart: ``1.62 to 1.78``, ``0.015 to 0.11``."""
    if high >= 9.995 or low < 0.0995:
        return f"{factor(low)} to {factor(high)}"
    return f"{low:.2f} to {high:.2f}"


def exit_status(status: int) -> str:
    """Write an exit status as people know it: ``exit 0``, ``SIGKILL``, ``signal 63``."""
    if status >= 0:
        return f"exit {status}"
    return signal_name(-status)


def signal_name(number: int) -> str:
    """Name a signal, ``SIGKILL`` for 9; ``signal 63`` for one without a name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
