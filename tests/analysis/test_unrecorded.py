"""Why a process is not recorded, read off its command line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from poolscope.workloads.analysis.unrecorded import Unrecorded, command_in_short, python_flags


@pytest.mark.parametrize(
    ("command", "flags"),
    [
        ("python", ""),
        ("python script.py -I", ""),
        ("python -I script.py", "I"),
        ("python -sES script.py -x", "sES"),
        ("python -c code -I", ""),
        ("python -Ic code -S", "I"),
        ("python -m module -E", ""),
        ("python -X dev -W ignore -S x", "XWS"),
        ("python -Xdev -S x", "XS"),
        ("python -X", "X"),
        ("python - -I", ""),
        ("python --version -I", ""),
    ],
)
def test_flags_of_python(command: str, flags: str) -> None:
    assert python_flags(command.split()) == flags


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("/a/python3.11", "-I"), "Not recorded, because -I keeps Python from loading the recorder: python3.11 -I"),
        (("python3.9", "x.py"), "Not recorded, because that needs Python 3.11 or newer: python3.9 x.py (pid 1)."),
        (("python2", "x.py"), "Not recorded, because that needs Python 3.11 or newer: python2 x.py (pid 1)."),
        (("sleep", "10"), "No Python, so seen from outside only: sleep 10 (pid 1)."),
        (("no\x1bthing\n",), "No Python, so seen from outside only: no␛thing␊ (pid 1)."),
    ],
)  # fmt: skip
def test_reasons(command: tuple[str, ...], sentence: str) -> None:
    seen = Unrecorded()
    seen.add(1, command)
    (said,) = seen.sentences(())
    assert said.startswith(sentence)
    assert seen.sentences({1}) == ()


TRACKERS = ["multiprocessing", "multiprocess", "joblib.externals.loky.backend"]


@pytest.mark.parametrize(
    "command",
    [
        ("python3", "x.py"),
        ("python3.13t", "x.py"),
        (sys.executable, "-c", "pass"),
        *(("python3", "-I", "-c", f"from {package}.resource_tracker import main; main(5)") for package in TRACKERS),
    ],
)
def test_what_may_be_recorded_has_none(command: tuple[str, ...]) -> None:
    seen = Unrecorded()
    seen.add(1, command)
    assert seen.sentences(()) == ()


def test_a_script_is_what_interprets_it(tmp_path: Path) -> None:
    for line, sentences in (("#!/usr/bin/env python3\n", 0), ("#!/usr/bin/python3 -I\n", 1), ("#!/bin/sh\n", 1)):
        script = tmp_path / f"script{len(line)}"
        script.write_text(line)
        script.chmod(0o755)
        seen = Unrecorded()
        seen.add(1, (str(script),))
        assert len(seen.sentences(())) == sentences


def test_many_of_a_kind_are_one_sentence() -> None:
    seen = Unrecorded()
    for pid in range(1, 1_006):
        seen.add(pid, ("sleep", str(pid)))
    (said,) = seen.sentences(())
    assert said.endswith("sleep 3 (pid 3), and 1,002 more.")


def test_long_commands_are_cut() -> None:
    assert len(command_in_short(("python", "x" * 10_000))) < 100
    assert command_in_short(()) == "a process"
