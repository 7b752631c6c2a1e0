"""Inputs as a person writes them: what each way gives, and what is said of what is wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads.errors import UsageError
from poolscope.workloads.inputs import Choice, Inputs, build_inputs, chosen, literal, parse_inputs

ALL = Choice()


def built(text: str, directory: Path, choice: Choice = ALL, names: tuple[str, ...] = ()) -> Inputs:
    return build_inputs(parse_inputs(text, str(directory)), choice, str(directory), names)


def items(text: str, directory: Path, choice: Choice = ALL, names: tuple[str, ...] = ()) -> list[Any]:
    return list(built(text, directory, choice, names).items)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("range(3)", [0, 1, 2]),
        ("range(10, 5_000_000)", range(10, 5_000_000)),
        (" range(10, 0, -5) ", [10, 5]),
        ("[1, 2.5, 'a', None, True, -3]", [1, 2.5, "a", None, True, -3]),
        ("(1, 2)", [1, 2]),
        ("[(1, 2), (3, 4)]", [(1, 2), (3, 4)]),
        ("[range(2), {'a': [b'x']}, 1+2j]", [range(2), {"a": [b"x"]}, 1 + 2j]),
    ],
)
def test_literals_and_ranges(text: str, expected: Any, here: Path) -> None:
    found = built(text, here).items
    assert list(found) == list(expected)


def test_a_range_takes_no_room(here: Path) -> None:
    assert built("range(10_000_000_000)", here).items == range(10_000_000_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "--inputs is empty: write a literal"),
        ("__import__('os').system('touch trap')", "calls __import__('os').system, and nothing is called"),
        ("[open('trap', 'w')]", "calls open, and nothing is called"),
        ("[x for x in (1, 2)]", "which is not evaluated"),
        ("[1, lambda: 2]", "which is not evaluated"),
        ("[1 + 1]", "has 1 + 1 in it, which is not evaluated"),
        ("[name]", "has name in it, which is not evaluated"),
        ("range(1, 2, 0)", "whose step is 0"),
        ("range()", "has a range that is wrong"),
        ("range('a')", "has a range that is wrong"),
        ("range(stop=3)", "has a range that is wrong"),
        ("range(10**9)", "which is not evaluated"),
        ("range(99999999999999999999)", "beyond 1,000,000,000,000,000"),
        ("[1, 2", "cannot be read (character 1)"),
        ("5", "is one number: write range(5) for so many, or [5] for one task"),
        ("'abc'", "is one value: write a list of them"),
        ("{1, 2}", "has no order: write a list"),
        ("[]", "--inputs [] gives no input."),
        ("range(0)", "--inputs range(0) gives no input."),
        ("(" * 5000, "cannot be read"),
        ("@", "names no file"),
        ("@nothing.txt", "--inputs @nothing.txt does not exist."),
        ("@word.txt", "--inputs @word.txt does not exist; did you mean @words.txt?"),
        ("@.", "is a directory"),
        ("@pipe", "--inputs @pipe is no ordinary file, which every run could read anew"),
        ("@broken.txt", "--inputs @broken.txt does not exist."),
        ("words.txt", "is one file: write @words.txt for its lines"),
        ("*.nothing", "--inputs '*.nothing' matches no file."),
        ("nowhere/*.txt", "matches no file: there is no directory nowhere."),
        ("a\0b", "holds a NUL character"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(text: str, said: str, here: Path) -> None:
    (here / "words.txt").write_text("one\n")
    (here / "o").touch()  # which a comprehension would match if it were a pattern
    (here / "broken.txt").symlink_to("nowhere")
    os.mkfifo(here / "pipe")
    with pytest.raises(UsageError) as error:
        built(text, here)
    assert said in str(error.value)
    assert len(str(error.value)) < 500
    assert not (here / "trap").exists()


@given(st.text(max_size=60))
def test_no_text_does_anything_but_be_read_or_refused(text: str) -> None:
    try:
        found = literal(text)
    except UsageError:
        return
    assert isinstance(found, range | list | tuple)


def test_lines(here: Path) -> None:
    (here / "words.txt").write_bytes("\ufeffone\r\ntwo\n\n  three \n".encode())
    assert items("@words.txt", here) == ["one", "two", "  three "]


def test_a_line_that_is_no_text_is_named(here: Path) -> None:
    (here / "words.txt").write_bytes(b"one\ntw\xff\n")
    with pytest.raises(UsageError, match=r"words.txt, line 2, is not UTF-8 text: byte 0xff at its character 3"):
        items("@words.txt", here)


def test_records(here: Path) -> None:
    (here / "a.jsonl").write_text('{"x": 1}\n[1, 2]\n\n3\n')
    assert items("@a.jsonl", here) == [{"x": 1}, [1, 2], 3]
    assert items("a.jsonl", here) == [{"x": 1}, [1, 2], 3]


@pytest.mark.parametrize(("line", "said"), [("{'x'}", "is no JSON: expecting property name"), ("[" * 99_999, "")])
def test_a_bad_record_is_named_with_its_line(line: str, said: str, here: Path) -> None:
    (here / "a.jsonl").write_text(f"1\n{line}\n")
    with pytest.raises(UsageError) as error:
        items("@a.jsonl", here)
    assert str(error.value).startswith("a.jsonl, line 2, ")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("width,height\n1,2.5\n3,x\n", [{"width": 1, "height": 2.5}, {"width": 3, "height": "x"}]),
        ("1,2\n3,4\n", [(1, 2), (3, 4)]),
        ("breite,hoehe\n1,2\n", [(1, 2)]),
        ("ab,cd\nef,gh\n", [("ab", "cd"), ("ef", "gh")]),
        ('"a, b",c\n\n"d ""e""",007\n', [('d "e"', 7)]),
        ("only,one\n", [("only", "one")]),
    ],
)
def test_tables(content: str, expected: list[Any], here: Path) -> None:
    (here / "a.csv").write_text(content)
    assert items("@a.csv", here, names=("width", "height")) == expected
    (here / "a.tsv").write_text(content.replace(",", "\t") if '"' not in content else "x\ty\n")
    assert len(items("@a.tsv", here, names=("width", "height"))) >= 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("width,height\n1,2\n3\n", "a.csv, line 3, has 1 column instead of 2."),
        (
            "width,hieght\n1,2\n",
            "The column hieght of a.csv, line 1, is no argument of the function; did you mean height?",
        ),
        ("width,width\n1,2\n", "a.csv, line 1, has the column width twice."),
        ('1,2\n3,"' + "x" * 200_000, "a.csv, line 2, cannot be read: field larger than field limit"),
    ],
)
def test_a_bad_table_is_named_with_its_line(content: str, said: str, here: Path) -> None:
    (here / "a.csv").write_text(content)
    with pytest.raises(UsageError) as error:
        items("@a.csv", here, names=("width", "height"))
    assert str(error.value).startswith(said)


def test_files_by_a_pattern(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "data" / "deep").mkdir(parents=True)
    for name in ("data/b.txt", "data/a.txt", "data/deep/c.txt", "data/x.bin"):
        (here / name).write_text("")
    assert items("data/*.txt", here) == ["data/a.txt", "data/b.txt"]
    assert items("data/**/*.txt", here) == ["data/a.txt", "data/b.txt", "data/deep/c.txt"]
    assert items("[d]ata/a.txt", here) == ["data/a.txt"]
    # Registered elsewhere, they have to be found from where the tasks run.
    monkeypatch.chdir(here / "data")
    assert items("data/*.txt", here) == [str(here / "data/a.txt"), str(here / "data/b.txt")]


def test_limit_and_sample() -> None:
    assert chosen(range(100), Choice(limit=5)) == range(5)
    sample = chosen(range(1000), Choice(sample=10, seed=3))
    assert sample == chosen(range(1000), Choice(sample=10, seed=3))
    assert sample != chosen(range(1000), Choice(sample=10, seed=4))
    assert sorted(set(sample)) == list(sample)
    assert len(sample) == 10
    assert max(chosen(range(1000), Choice(limit=20, sample=10))) < 20
    assert chosen([1, 2], Choice(sample=10)) == [1, 2]


def test_a_generator_without_end_needs_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    from itertools import count

    monkeypatch.setattr("poolscope.workloads.inputs.MOST_INPUTS", 1_000)
    assert chosen(count(), Choice(limit=3)) == [0, 1, 2]
    with pytest.raises(UsageError, match="--limit takes the first"):
        chosen(count(), Choice())


@pytest.fixture
def module(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a file with generators; its module is forgotten afterwards."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    path = here / "made_for_inputs.py"
    path.write_text(
        "def squares():\n    for n in range(4):\n        yield n * n\n\n"
        "FIXED = (7, 8)\n\n"
        "def broken():\n    yield 1\n    raise ValueError('no more')\n\n"
        "def needy(n):\n    return [n]\n\n"
        "def number():\n    return 5\n"
    )
    yield path
    sys.modules.pop("made_for_inputs", None)


@pytest.mark.parametrize(("name", "expected"), [("squares", [0, 1, 4, 9]), ("FIXED", [7, 8])])
def test_a_person_s_own_generator(name: str, expected: list[int], module: Path) -> None:
    assert items(f"made_for_inputs.py:{name}", module.parent) == expected
    assert items(f"made_for_inputs:{name}", module.parent) == expected


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("broken", "broken in made_for_inputs.py raised ValueError: no more (made_for_inputs.py, line 9)."),
        ("needy", "needy in made_for_inputs.py (made_for_inputs.py, line 11) needs arguments"),
        ("number", "number in made_for_inputs.py gives an int, and no list or generator"),
        (
            "sqares",
            "There is no function sqares in made_for_inputs.py; did you mean squares (made_for_inputs.py, line 1)?",
        ),
    ],
)
def test_a_bad_generator_is_named_with_its_line(name: str, said: str, module: Path) -> None:
    with pytest.raises(UsageError) as error:
        items(f"made_for_inputs.py:{name}", module.parent)
    assert said in str(error.value)
