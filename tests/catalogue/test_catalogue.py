"""The built-in workloads: what they compute, and what they say of it."""

import math
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads.catalogue import find, names, wordcount
from poolscope.workloads.catalogue.bubble_sort import bubble_sort
from poolscope.workloads.errors import UsageError
from poolscope.workloads.lanes import why_senseless
from poolscope.workloads.model import ENGINES, Lane, Parameters, Workload
from poolscope.workloads.parameters import check_parameters, listed

ALL = [find(name) for name in names()]
LANES = [Lane("serial", workers=1), Lane("process", workers=1), Lane("pool", workers=4, chunksize=100), Lane("pool")]


def defaults(workload: Workload) -> Parameters:
    return check_parameters(workload, {})


def results_of(workload: Workload, parameters: Parameters) -> list[object]:
    return [workload.function(item) for item in workload.inputs(parameters)]


def test_the_first_workloads_come_first() -> None:
    assert names()[:4] == ("sqrt", "bubble-sort", "wordcount", "eight-roots")
    assert [workload.name for workload in ALL] == list(names())
    assert find("sqrt") is find("sqrt")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("sqr", "There is no workload sqr; did you mean sqrt?"),
        ("bubble_sort", "There is no workload bubble_sort; did you mean bubble-sort?"),
        (
            "zzz",
            f"There is no workload zzz: there are {listed(names())}.",
        ),
    ],
)
def test_an_unknown_workload(name: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        find(name)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("workload", ALL, ids=names())
def test_each_says_what_a_learner_needs(workload: Workload) -> None:
    assert len(workload.summary) <= 30
    for word in ("Watch", "Expect", "Try next"):
        assert word in workload.explanation
    for parameter in workload.parameters:
        assert parameter.help.endswith(".")
        for preset in (parameter.default, *parameter.presets):
            check_parameters(workload, {parameter.name: preset})


@pytest.mark.parametrize("workload", ALL, ids=names())
def test_tasks_can_be_counted_and_memory_estimated_without_running(workload: Workload) -> None:
    parameters = defaults(workload)
    assert workload.count_tasks(parameters) == len(workload.inputs(parameters)) > 0
    for lane in LANES:
        assert 10**7 < workload.memory_needed(parameters, lane) < 10**10
    if "pool" in workload.engines:
        assert workload.memory_needed(parameters, LANES[2]) > workload.memory_needed(parameters, LANES[0])


@pytest.mark.parametrize("workload", ALL, ids=names())
def test_functions_travel_by_name(workload: Workload) -> None:
    assert pickle.loads(pickle.dumps(workload.function)) is workload.function


@pytest.mark.parametrize("workload", ALL, ids=names())
def test_a_worker_imports_nothing_of_ours_but_the_task(workload: Workload) -> None:
    module = workload.function.__module__
    code = f"import sys, {module}; print([name for name in sys.modules if name.startswith('poolscope.workloads.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == str(["poolscope.workloads.catalogue", module]), done.stderr


@pytest.mark.parametrize("workload", ALL, ids=names())
def test_the_first_default_lane_is_serial(workload: Workload) -> None:
    lanes = workload.default_lanes(defaults(workload))
    # Looks at memory mostly pause: one after the other they would only take longer, and threads share all of it, too.
    assert lanes[0] == (Lane("threads", workers=4) if workload.name == "memory" else Lane("serial"))
    # Where each task starts processes itself, there is nothing to be compared with.
    assert len(lanes) >= 2 or workload.engines == ("serial",)


@pytest.mark.parametrize("workload", ALL, ids=names())
def test_whoever_does_without_an_engine_says_why(workload: Workload) -> None:
    assert (workload.engines_reason == "") == (workload.engines == ENGINES)
    for engine in ENGINES:
        said = f"The engine {engine} makes no sense for {workload.name}, {workload.engines_reason}."
        assert why_senseless(engine, workload) == (None if engine in workload.engines else said)


def test_sqrt() -> None:
    workload = find("sqrt")
    parameters = check_parameters(workload, {"N": 10_000})
    assert isinstance(workload.inputs(parameters), range)
    results = results_of(workload, parameters)
    assert results == [math.sqrt(number) for number in range(10, 10_000)]
    assert workload.summarise(results, parameters) == "9,990 roots, sum 666,597.15"
    assert workload.summarise(results[:-1], parameters) == "9,989 roots instead of 9,990"
    results[0] = 1.0
    assert "that of 10 is wrong" in workload.summarise(results, parameters)


def test_sqrt_names_large_sums_as_people_do() -> None:
    workload = find("sqrt")
    parameters = check_parameters(workload, {"N": 50_000})
    assert workload.summarise(results_of(workload, parameters), parameters) == "49,990 roots, sum 7.45 × 10^6"


def test_sqrt_with_a_thousand_million_does_not_fit_into_24_gibibytes() -> None:
    workload = find("sqrt")
    parameters = check_parameters(workload, {"N": 10**9})
    assert workload.count_tasks(parameters) == 10**9 - 10
    for lane in LANES:
        assert workload.memory_needed(parameters, lane) > 24 * 2**30
    assert workload.memory_needed(check_parameters(workload, {"N": 5_000_000}), LANES[3]) < 2**30


@given(st.lists(st.integers(), max_size=60))
def test_bubble_sort_sorts(numbers: list[int]) -> None:
    before = list(numbers)
    assert bubble_sort((numbers, False)) == sorted(numbers)
    assert numbers == before


def test_one_array_is_printed_by_whoever_sorts_it(capsys: pytest.CaptureFixture[str]) -> None:
    workload = find("bubble-sort")
    parameters = defaults(workload)
    results = results_of(workload, parameters)
    assert capsys.readouterr().out == "[1, 2, 4, 4, 5, 6, 8, 9]\n"
    assert workload.summarise(results, parameters) == "8 numbers sorted"
    assert workload.show is not None
    assert workload.show(results, parameters) == ("sorted: 1 2 4 4 5 6 8 9",)
    assert [lane.engine for lane in workload.default_lanes(parameters)] == ["serial", "process"]
    assert workload.summarise([[1, 9, 4, 5, 2, 6, 8, 4]], parameters) == "1 of 1 arrays are not sorted"


def test_many_arrays_are_the_same_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    workload = find("bubble-sort")
    parameters = check_parameters(workload, {"form": "many", "K": 5, "n": 30})
    inputs = workload.inputs(parameters)
    assert inputs == workload.inputs(parameters)
    assert len({tuple(numbers) for numbers, _ in inputs}) == 5
    more = check_parameters(workload, {"form": "many", "K": 6, "n": 30})
    assert workload.inputs(more)[:5] == inputs
    results = results_of(workload, parameters)
    assert capsys.readouterr().out == ""
    assert workload.summarise(results, parameters) == "5 arrays sorted, 150 numbers"
    assert workload.show is not None
    assert workload.show(results, parameters) == ()
    assert [lane.engine for lane in workload.default_lanes(parameters)] == ["serial", "pool"]


def test_eight_roots() -> None:
    workload = find("eight-roots")
    parameters = check_parameters(workload, {"pause": 0})
    results = results_of(workload, parameters)
    assert workload.summarise(results, parameters) == "8 roots: 1 2 3 4 5 6 7 8"
    assert workload.summarise([2.0], parameters) == "the roots are wrong: 2"
    assert workload.default_lanes(parameters)[1] == Lane("pool", workers=4)
    assert workload.inputs(defaults(workload))[0] == (1, 0.5)


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    root = tmp_path / "texts"
    (root / "deep/deeper").mkdir(parents=True)
    (root / "a.txt").write_text("One two, two.\n")
    (root / "deep/b.txt").write_text("TWO three_four 5\n")
    (root / "deep/deeper/c.txt").write_text("naïve Straße\n", encoding="utf-8")
    (root / "empty").write_text("")
    (root / "nul.bin").write_bytes(b"text\0text")
    (root / "latin.txt").write_bytes("naïve".encode("latin-1"))
    (root / "deep/loop").symlink_to(root)
    (root / "self").symlink_to("self")
    (root / "gone").symlink_to("nowhere")
    os.mkfifo(root / "pipe")
    return root


def test_wordcount(texts: Path) -> None:
    workload = find("wordcount")
    parameters = check_parameters(workload, {"directory": str(texts)})
    files = workload.inputs(parameters)
    names_found = [os.path.relpath(path, texts) for path in files]
    assert names_found == ["a.txt", "deep/b.txt", "deep/deeper/c.txt", "empty", "latin.txt", "nul.bin"]
    results = [wordcount.count_words(path) for path in files]
    assert wordcount.merged(results) == {"one": 1, "two": 3, "three": 1, "four": 1, "naïve": 1, "straße": 1}
    assert workload.summarise(results, parameters) == "8 words in 4 files, skipped 2 binary"
    assert workload.show is not None
    shown = workload.show(results, parameters)
    assert shown[0] == "3  two"
    assert shown[1] == "1  four"
    assert len(shown) == 6


def test_files_that_cannot_be_read_are_counted(texts: Path) -> None:
    assert wordcount.count_words(str(texts / "vanished")) == ("unreadable", {})
    assert wordcount.count_words(str(texts / "pipe")) == ("unreadable", {})
    assert wordcount.count_words(str(texts / "deep")) == ("unreadable", {})
    results = [("text", {"a": 1}), ("unreadable", {}), ("binary", {})]
    assert find("wordcount").summarise(results, {}) == "1 word in 1 file, skipped 1 binary and 1 unreadable"


def test_words_across_blocks_are_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("wörter und " * 400_000, encoding="utf-8")
    assert wordcount.count_words(str(path)) == ("text", {"wörter": 400_000, "und": 400_000})


def test_a_text_that_ends_within_a_character_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "cut.txt"
    path.write_bytes("ö".encode()[:1])
    assert wordcount.count_words(str(path)) == ("binary", {})


def test_names_that_are_no_text_are_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\xfe")).write_text("word")
    (found,) = wordcount.files_below(str(tmp_path))
    assert wordcount.count_words(pickle.loads(pickle.dumps(found))) == ("text", {"word": 1})


def test_a_directory_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no files below it: choose another"):
        find("wordcount").inputs({"directory": str(tmp_path)})


def test_a_directory_that_went_away_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: no such file or directory"):
        find("wordcount").inputs({"directory": str(tmp_path / "gone")})


def test_too_many_files_are_refused(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordcount, "MOST_FILES", 3)
    with pytest.raises(UsageError, match="has more than 3 files below it"):
        wordcount.files_below(str(texts))


def test_the_default_is_the_standard_library_without_what_was_installed() -> None:
    files = wordcount.files_below(wordcount.standard_library())
    assert any(path.endswith("/json/decoder.py") for path in files)
    assert not any("/site-packages/" in path for path in files)
