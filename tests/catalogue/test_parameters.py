"""From text to parameters, and the sentences for what is wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads.catalogue import find, names
from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import Lane, Parameter, ParameterValue
from poolscope.workloads.parameters import (
    check_parameters,
    format_parameter,
    largest_that_fits,
    nearest_name,
    parse_parameter,
)

_N = find("sqrt").parameters[0]
_ARRAY = find("bubble-sort").parameters[1]
_FORM = find("bubble-sort").parameters[0]
_DIRECTORY = find("wordcount").parameters[0]
_PARAMETERS = [parameter for name in names() for parameter in find(name).parameters]
_RANGE = "choose a whole number from 11 to 1,000,000,000."


def refusal(parameter: Parameter, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse_parameter(parameter, text)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["5000000", "5_000_000", "5,000,000", "5 000 000", "5e6", "0.5e7", " 5000000 ", "+5000000", "5.0e+6", "0005000000"],
)
def test_ways_to_write_five_million(text: str) -> None:
    assert parse_parameter(_N, text) == 5_000_000


@pytest.mark.parametrize("text", ["10^6", "10**6", "10 ^ 6", "1000^2", "1e6"])
def test_ways_to_write_a_power(text: str) -> None:
    assert parse_parameter(_N, text) == 1_000_000


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("-1", f"N = -1 is too small: {_RANGE}"),
        ("10", f"N = 10 is too small: {_RANGE}"),
        ("10^12", f"N = 10^12 is too large: {_RANGE}"),
        ("1000000001", f"N = 1000000001 is too large: {_RANGE}"),
        ("10^999999999", f"N = 10^999999999 is too large: {_RANGE}"),
        ("9**999", f"N = 9**999 is too large: {_RANGE}"),
        ("1e999999999", f"N = 1e999999999 is too large: {_RANGE}"),
        ("-10^9999", f"N = -10^9999 is too small: {_RANGE}"),
        ("abc", f"N = abc is not a whole number: {_RANGE}"),
        ("1.5", f"N = 1.5 is not a whole number: {_RANGE}"),
        ("1.5e0", f"N = 1.5e0 is not a whole number: {_RANGE}"),
        ("1,2", f"N = 1,2 is not a whole number: {_RANGE}"),
        ("nan", f"N = nan is not a whole number: {_RANGE}"),
        ("٣٣", f"N = ٣٣ is not a whole number: {_RANGE}"),
        ("", f"N is empty: {_RANGE}"),
        ("\x1b[2J", f"N = ␛[2J is not a whole number: {_RANGE}"),
    ],
)
def test_refused_numbers(text: str, sentence: str) -> None:
    assert refusal(_N, text) == sentence


def test_a_long_text_is_shown_short() -> None:
    assert len(refusal(_N, "7" * 100_000)) < 150
    assert len(refusal(_N, "x" * 100_000)) < 150


@given(st.sampled_from(_PARAMETERS), st.text(max_size=60))
def test_any_text_is_a_value_or_a_refusal(parameter: Parameter, text: str) -> None:
    try:
        value = parse_parameter(parameter, text)
    except UsageError as error:
        sentence = str(error)
        assert sentence.startswith(parameter.name)
        assert sentence.endswith((".", "?"))
        assert sentence.isprintable()
    else:
        assert parse_parameter(parameter, format_parameter(parameter, value)) == value


@given(st.text("0123456789eE^*.,_ +-", max_size=40))
def test_numbers_in_range_only(text: str) -> None:
    try:
        value = parse_parameter(_N, text)
    except UsageError:
        return
    assert isinstance(value, int)
    assert 11 <= value <= 10**9


@given(st.integers(11, 10**9))
def test_every_allowed_number_comes_back(number: int) -> None:
    assert parse_parameter(_N, format_parameter(_N, number)) == number
    assert parse_parameter(_N, str(number)) == number


@given(st.integers(-(10**12), 10**12), st.integers(0, 12))
def test_powers_mean_what_python_means(base: int, exponent: int) -> None:
    try:
        value = parse_parameter(Parameter("x", "integer", 1, ""), f"{abs(base)}^{exponent}")
    except UsageError:
        assert abs(base) ** exponent >= 10**39
    else:
        assert value == abs(base) ** exponent


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=50))
def test_numbers_come_back(numbers: list[int]) -> None:
    for text in (" ".join(map(str, numbers)), str(numbers), ",".join(map(str, numbers))):
        assert parse_parameter(_ARRAY, text) == tuple(numbers)


def test_refused_lists() -> None:
    wanted = "write up to 5,000 whole numbers such as 1 9 4 5."
    assert refusal(_ARRAY, "") == f"array holds no numbers: {wanted}"
    assert refusal(_ARRAY, "1 b 3") == f"array holds b, which is not a whole number: {wanted}"
    assert refusal(_ARRAY, "1 " * 5_001) == f"array holds 5,001 numbers: {wanted}"
    assert "is out of range" in refusal(_ARRAY, "1 10^13")
    assert len(refusal(_ARRAY, "1" * 500_000)) < 200


def test_choices() -> None:
    assert parse_parameter(_FORM, " Many ") == "many"
    assert refusal(_FORM, "man") == "form = man is not a choice; did you mean many?"
    assert refusal(_FORM, "zzz") == "form = zzz is not a choice: choose one or many."
    assert refusal(_FORM, "") == "form is empty: choose one or many."


def test_directories(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("sources")
    (tmp_path / "loop").symlink_to("loop")
    assert parse_parameter(_DIRECTORY, f"{tmp_path}/sources/../sources") == str(tmp_path / "sources")
    assert parse_parameter(_DIRECTORY, str(tmp_path / "link")) == str(tmp_path / "sources")
    assert f"; did you mean {tmp_path}/sources?" in refusal(_DIRECTORY, f"{tmp_path}/source")
    assert f"the nearest directory that does is {tmp_path}." in refusal(_DIRECTORY, f"{tmp_path}/qqq/xyz")
    assert f"is a file, not a directory: did you mean {tmp_path}?" in refusal(_DIRECTORY, f"{tmp_path}/file")
    assert refusal(_DIRECTORY, f"{tmp_path}/loop").startswith(f"directory = {tmp_path}/loop ")
    assert refusal(_DIRECTORY, "a\0b") == "directory holds a NUL character: name a directory."
    assert "too long" in refusal(_DIRECTORY, "x" * 10_000)


def test_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_parameter(_DIRECTORY, "~") == str(tmp_path)


def test_given_parameters_are_completed_in_order() -> None:
    workload = find("bubble-sort")
    parameters = check_parameters(workload, {"n": "1e3", "form": "many"})
    assert list(parameters) == ["form", "array", "K", "n"]
    assert parameters["n"] == 1_000
    assert parameters["K"] == 32


def test_values_of_programs_are_checked_too() -> None:
    workload = find("sqrt")
    assert check_parameters(workload, {"N": 11}) == {"N": 11}
    for value in (10, True, 1.5, (1, 2)):
        with pytest.raises(UsageError, match="choose a whole number from 11"):
            check_parameters(workload, {"N": value})
    with pytest.raises(UsageError, match="not a whole number"):
        check_parameters(find("bubble-sort"), {"array": (1, True)})


@pytest.mark.parametrize(
    ("workload", "name", "sentence"),
    [
        ("sqrt", "M", "There is no parameter M in sqrt; did you mean N?"),
        ("sqrt", "n", "There is no parameter n in sqrt; did you mean N?"),
        ("bubble-sort", "arry", "There is no parameter arry in bubble-sort; did you mean array?"),
        ("bubble-sort", "size", "There is no parameter size in bubble-sort; it has form, array, K and n."),
    ],
)
def test_unknown_parameters(workload: str, name: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_parameters(find(workload), {name: "1"})
    assert str(caught.value) == sentence


def test_nearest_names() -> None:
    assert nearest_name("sqr", names()) == "sqrt"
    assert nearest_name("WORDC", names()) == "wordcount"
    assert nearest_name("zzz", names()) is None
    assert nearest_name("", names()) is None
    assert nearest_name("x" * 10**6, names()) is None


def test_the_largest_that_fits() -> None:
    workload = find("sqrt")
    lane = Lane("pool", workers=2)
    limit = 24 * 2**30

    def needed(parameters: dict[str, ParameterValue] | object) -> int:
        return workload.memory_needed(parameters, lane)  # type: ignore[arg-type]

    assert needed({"N": 10**9}) > limit
    found = largest_that_fits(workload, {"N": 10**9}, needed, limit)
    assert found is not None
    name, largest = found
    assert name == "N"
    assert needed({"N": largest}) <= limit < needed({"N": largest + 1})
    assert largest_that_fits(workload, {"N": 10**9}, needed, 1) is None
