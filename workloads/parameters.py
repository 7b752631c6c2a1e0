"""From what a person typed to a workload's parameters, with errors that say what would be right.

Everything here is quick and safe for any text, because fields are validated while they are typed in: ``10^999999999``
costs no more than ``11``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import UsageError

if TYPE_CHECKING:
    from .model import Parameter, Parameters, ParameterValue, Workload

# Compiled at first use, since the command starts without them.
_PLAIN = r"([+-]?)(\d+(?:_\d+)*|\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+)"
_POWER = r"([+-]?)(\d{1,18})\s*(?:\^|\*\*)\s*(\d{1,4000})"
_SCIENTIFIC = r"([+-]?)(\d{1,40})(?:\.(\d{1,40}))?[eE]\+?(\d{1,4000})"
_SEPARATORS = r"[\s,;]+"

_DIGITS = 40
"""Numbers with more digits than this are beyond every limit, whatever they are."""
_BEYOND: int = 10**_DIGITS
_LONGEST_NUMBERS = 200_000
"""Characters of a list of numbers that are looked at."""
_MOST_SIBLINGS = 5_000
"""Names in a directory among which a similar one is sought."""
_SHOWN = 40


def nearest_name(name: str, names: Iterable[str]) -> str | None:
    """Find the valid name that NAME was most likely meant to be; None where nothing is similar."""
    from difflib import get_close_matches

    by_folded = {candidate.casefold(): candidate for candidate in names}
    folded = name[:200].casefold()
    if folded in by_folded:
        return by_folded[folded]
    close = get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    if close:
        return by_folded[close[0]]
    return next((original for key, original in by_folded.items() if folded and key.startswith(folded)), None)


def listed(names: Iterable[str], conjunction: str = "and") -> str:
    """Write names as people list them: ``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def parse_parameter(parameter: Parameter, text: str) -> ParameterValue:
    """Read the value of PARAMETER from TEXT.

    Raises:
        UsageError: In one sentence: the value, what is wrong with it, and what is allowed.
    """
    if parameter.kind == "integer":
        return _parse_integer(parameter, text)
    if parameter.kind == "numbers":
        return _parse_numbers(parameter, text)
    if parameter.kind == "choice":
        return _parse_choice(parameter, text)
    return _parse_directory(parameter, text)


def check_parameters(workload: Workload, given: Mapping[str, ParameterValue]) -> Parameters:
    """Complete the GIVEN parameters with the defaults of WORKLOAD, in its order.

    Texts are parsed as if they had been typed; other values are checked against the same limits.

    Raises:
        UsageError: For an unknown name, or for a value that is not allowed.
    """
    known = {parameter.name: parameter for parameter in workload.parameters}
    for name in given:
        if name not in known:
            raise UsageError(_no_such_parameter(name, workload))
    return {
        name: _checked(parameter, given[name]) if name in given else parameter.default
        for name, parameter in known.items()
    }


def format_parameter(parameter: Parameter, value: ParameterValue) -> str:
    """Write a value as it is shown in its field; `parse_parameter` reads it back."""
    if parameter.kind == "integer" and isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return str(value)


def largest_that_fits(
    workload: Workload, parameters: Parameters, needed: Callable[[Parameters], int], limit: int
) -> tuple[str, int] | None:
    """Find the whole-number parameter, and its largest value, with which a run still fits.

    Args:
        workload: Whose parameters they are.
        parameters: With which it does not fit.
        needed: What a run with some parameters needs, growing with each of them.
        limit: What there is, in the same unit.

    Returns:
        Name and value, for the parameter that need be reduced least; None where no single one is enough.
    """
    best: tuple[float, str, int] | None = None
    for parameter in workload.parameters:
        value = parameters[parameter.name]
        if parameter.kind != "integer" or not isinstance(value, int):
            continue
        low, high = parameter.minimum or 0, value
        if needed({**parameters, parameter.name: low}) > limit:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if needed({**parameters, parameter.name: middle}) <= limit:
                low = middle
            else:
                high = middle
        share = low / value
        if best is None or share > best[0]:
            best = share, parameter.name, low
    return best[1:] if best else None


def _no_such_parameter(name: str, workload: Workload) -> str:
    names = [parameter.name for parameter in workload.parameters]
    sentence = f"There is no parameter {_shown(name)} in {workload.name}"
    if not names:
        return f"{sentence}; it has none."
    meant = nearest_name(name, names) or (names[0] if len(names) == 1 else None)
    return f"{sentence}; did you mean {meant}?" if meant else f"{sentence}; it has {listed(names)}."


def _checked(parameter: Parameter, value: ParameterValue) -> ParameterValue:
    """Check a value that may have come from a program rather than from a keyboard."""
    if isinstance(value, str):
        return parse_parameter(parameter, value)
    if parameter.kind == "integer" and type(value) is int:
        return _in_range(parameter, value, f"{value:,}" if abs(value) < _BEYOND else "this")
    if parameter.kind == "numbers" and isinstance(value, tuple | list):
        return _checked_numbers(parameter, [_whole(parameter, number) for number in value])
    return parse_parameter(parameter, str(value))


def _whole(parameter: Parameter, value: object) -> int:
    if type(value) is int:
        return value
    raise UsageError(_not_numbers(parameter, str(value)))


def _parse_integer(parameter: Parameter, text: str) -> int:
    number = _read_integer(text)
    shown = _shown(text)
    if number is None:
        said = "is empty" if not text.strip() else f"= {shown} is not a whole number"
        raise UsageError(f"{parameter.name} {said}: choose {_range_of(parameter)}.")
    return _in_range(parameter, number, shown)


def _in_range(parameter: Parameter, number: int, shown: str) -> int:
    too = ""
    if parameter.minimum is not None and number < parameter.minimum:
        too = "small"
    elif parameter.maximum is not None and number > parameter.maximum:
        too = "large"
    elif abs(number) >= _BEYOND:
        too = "large" if number > 0 else "small"
    if too:
        raise UsageError(f"{parameter.name} = {shown} is too {too}: choose {_range_of(parameter)}.")
    return number


def _range_of(parameter: Parameter) -> str:
    low, high = parameter.minimum, parameter.maximum
    if low is not None and high is not None:
        return f"a whole number from {low:,} to {high:,}"
    if low is not None:
        return f"a whole number of at least {low:,}"
    if high is not None:
        return f"a whole number of at most {high:,}"
    return "a whole number"


def _read_integer(text: str) -> int | None:
    """Read a whole number in any of the ways people write it; None if it is none.

    Numbers beyond every limit come back as plus or minus 10**40, so that nothing large is ever computed.
    """
    text = text.strip()
    if match := re.fullmatch(_PLAIN, text, re.ASCII):
        sign, written = match.groups()
        digits = re.sub(r"[_, ]", "", written).lstrip("0") or "0"
        size = int(digits) if len(digits) <= _DIGITS else _BEYOND
    elif match := re.fullmatch(_POWER, text, re.ASCII):
        sign, written, exponent = match.groups()
        size = _power(int(written), exponent.lstrip("0") or "0")
    elif match := re.fullmatch(_SCIENTIFIC, text, re.ASCII):
        sign, whole, fraction, exponent = match.groups(default="")
        scientific = _scientific(whole, fraction.rstrip("0"), exponent.lstrip("0") or "0")
        if scientific is None:
            return None
        size = scientific
    else:
        return None
    return -size if sign == "-" else size


def _power(base: int, exponent: str) -> int:
    if base <= 1:
        return base if exponent != "0" else 1
    if len(exponent) > 3 or int(exponent) * base.bit_length() > 8 * _DIGITS:
        return _BEYOND
    power: int = base ** int(exponent)
    return min(power, _BEYOND)


def _scientific(whole: str, fraction: str, exponent: str) -> int | None:
    """Value of WHOLE.FRACTION times ten to EXPONENT; None unless it is a whole number."""
    mantissa = int(whole + fraction)
    if mantissa == 0:
        return 0
    if len(exponent) > 3:
        return _BEYOND
    shift = int(exponent) - len(fraction)
    if shift < 0:
        return None
    value: int = mantissa * 10 ** min(shift, _DIGITS)
    return min(value, _BEYOND)


def _parse_numbers(parameter: Parameter, text: str) -> tuple[int, ...]:
    if len(text) > _LONGEST_NUMBERS:
        raise UsageError(
            f"{parameter.name} has more than {_LONGEST_NUMBERS:,} characters: {_numbers_wanted(parameter)}."
        )
    words = [word for word in re.split(_SEPARATORS, text.strip().removeprefix("[").removesuffix("]")) if word]
    numbers = []
    for word in words:
        number = _read_integer(word)
        if number is None:
            raise UsageError(_not_numbers(parameter, word))
        numbers.append(number)
    return _checked_numbers(parameter, numbers)


def _checked_numbers(parameter: Parameter, numbers: list[int]) -> tuple[int, ...]:
    if not numbers:
        raise UsageError(f"{parameter.name} holds no numbers: {_numbers_wanted(parameter)}.")
    if parameter.most is not None and len(numbers) > parameter.most:
        raise UsageError(f"{parameter.name} holds {len(numbers):,} numbers: {_numbers_wanted(parameter)}.")
    for number in numbers:
        low, high = parameter.minimum, parameter.maximum
        if (low is not None and number < low) or (high is not None and number > high) or abs(number) >= _BEYOND:
            shown = _shown(str(number))
            raise UsageError(f"{parameter.name} holds {shown}, which is out of range: use {_range_of(parameter)}.")
    return tuple(numbers)


def _not_numbers(parameter: Parameter, word: str) -> str:
    return f"{parameter.name} holds {_shown(word)}, which is not a whole number: {_numbers_wanted(parameter)}."


def _numbers_wanted(parameter: Parameter) -> str:
    limit = "" if parameter.most is None else f" up to {parameter.most:,}"
    return f"write{limit} whole numbers such as 1 9 4 5"


def _parse_choice(parameter: Parameter, text: str) -> str:
    wanted = text.strip()
    for choice in parameter.choices:
        if wanted.casefold() == choice.casefold():
            return choice
    meant = nearest_name(wanted, parameter.choices)
    said = f"= {_shown(text)} is not a choice" if wanted else "is empty"
    hint = f"; did you mean {meant}?" if meant else f": choose {listed(parameter.choices, 'or')}."
    raise UsageError(f"{parameter.name} {said}{hint}")


def _parse_directory(parameter: Parameter, text: str) -> str:
    name = parameter.name
    if not text.strip() or "\0" in text:
        raise UsageError(f"{name} {'is empty' if not text.strip() else 'holds a NUL character'}: name a directory.")
    shown = _shown(text, 200)
    try:
        # Of `os.path`: those of `pathlib` raise for a path without home.
        path = Path(os.path.abspath(os.path.expanduser(text)))  # noqa: PTH100, PTH111
        if not path.is_dir():
            raise UsageError(_no_directory(name, shown, path))
        resolved = path.resolve()
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be opened"
        raise UsageError(f"{name} = {shown} cannot be used: {reason.lower()}.") from None
    if not os.access(resolved, os.R_OK | os.X_OK):
        raise UsageError(f"{name} = {shown} may not be read by you: choose another, or change its permissions.")
    return str(resolved)


def _no_directory(name: str, shown: str, path: Path) -> str:
    if path.exists():
        return f"{name} = {shown} is a file, not a directory: did you mean {_shown(str(path.parent), 200)}?"
    missing = path
    while not missing.parent.is_dir() and missing.parent != missing:
        missing = missing.parent
    similar = nearest_name(missing.name, _directories_in(missing.parent))
    if similar:
        return f"{name} = {shown} does not exist; did you mean {_shown(str(missing.parent / similar), 200)}?"
    return f"{name} = {shown} does not exist; the nearest directory that does is {_shown(str(missing.parent), 200)}."


def _directories_in(path: Path) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in islice(entries, _MOST_SIBLINGS) if _is_directory(entry)]
    except OSError:
        return []


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _shown(text: str, limit: int = _SHOWN) -> str:
    """Make what was typed safe to show, and short."""
    from .text import clean

    return clean(text.strip(), limit)


def given_once(assignments: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Collect the parameters of a command line by their names.

    Raises:
        UsageError: If one of them is given twice.
    """
    given: dict[str, str] = {}
    for name, value in assignments:
        if name in given:
            from .text import clean

            raise UsageError(f"The parameter {clean(name, 40)} is given twice.")
        given[name] = value
    return given
