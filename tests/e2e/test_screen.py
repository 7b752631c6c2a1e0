"""The main job at the keyboard: choose, run, see, compare, leave."""

from __future__ import annotations

import re

import pytest
from support.lab import Lab, OpenLab

PANELS = {
    "1": "Workload", "2": "Lanes", "3": "Cores", "4": "Where the time went", "5": "Timeline", "6": "Processes",
    "7": "Log",
}  # fmt: skip
VERDICT = re.compile(r"B is .*(slower|faster|as fast)")
SIZES = [(120, 40), (80, 24)]


def quit_lab(lab: Lab) -> None:
    lab.press("q")
    assert lab.wait_exit() == 0
    assert lab.disorder() == []


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_compares_serial_with_a_pool(open_lab: OpenLab, size: tuple[int, int]) -> None:
    lab = open_lab(*size)
    lab.wait_ready()
    lab.press("right")  # the small preset, 10,000 numbers
    lab.wait_until("N = 10,000")
    lab.press("r", "2")
    text = lab.wait_until(VERDICT.search)
    assert "9,990" in text
    assert re.search(r"same result|same", text)
    lab.press("7")
    lab.wait_until("process exiting with exitcode 0")
    lab.press("6")
    lab.wait_until(lambda text: "guard" in text and re.search(r"w1 .*exit 0", text))
    quit_lab(lab)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_reaches_every_panel_by_its_digit(open_lab: OpenLab, size: tuple[int, int]) -> None:
    lab = open_lab(*size)
    lab.wait_ready()
    for digit, title in PANELS.items():
        lab.press(digit, "z")
        lab.wait_until(lambda text, title=f"{digit} {title} ": list(titles(text)) == [title])  # type: ignore[misc]
        lab.press("z")
        lab.wait_until(lambda text: len(titles(text)) > 1)
    quit_lab(lab)


def titles(text: str) -> list[str]:
    """The titles on the borders that are drawn in TEXT."""
    return re.findall(r"[╭┏][─━] ([1-7] [A-Z][A-Za-z ]+)", text)


def test_explains_searches_and_finds_commands(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.wait_ready()
    lab.press("2", "?")
    lab.wait_until("is one way of running the workload")  # its keys stand below, and it scrolls
    lab.press("escape")
    lab.wait_until(lambda text: "is one way of running the workload" not in text)
    lab.press("/")
    lab.wait_until("text to look for")
    lab.type_text("exiting")
    lab.wait_until("/ exiting")
    lab.press("escape")
    lab.wait_until(lambda text: "/ exiting" not in text)
    lab.press("ctrl+p")
    lab.wait_until("Search for commands")
    lab.type_text("light")
    lab.wait_until(lambda text: "Light or dark" in text and "Cancel the run" not in text)
    lab.press("escape")
    lab.wait_until(lambda text: "Light or dark" not in text)
    quit_lab(lab)


def test_says_what_is_wrong_with_a_parameter(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.wait_ready()
    lab.press("tab")
    lab.wait_until("Roots are taken")
    lab.type_text("-1")
    lab.wait_until(lambda text: "N = -1" in text and "1,000,000,000" in text)
    lab.press("escape")
    lab.wait_until("enter Open")
    quit_lab(lab)


def test_asks_before_quitting_while_something_runs(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.run_long_pool()
    lab.press("q")
    lab.wait_until("A run is under way.")
    lab.press("n")
    lab.wait_until(lambda text: "A run is under way." not in text)
    lab.press("q")
    lab.wait_until("A run is under way.")
    lab.press("y")
    assert lab.wait_exit() == 0
    assert lab.disorder() == []


def test_follows_the_terminal_s_size(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.wait_ready()
    lab.resize(50, 12)
    lab.wait_until("Poolscope needs 60x15 cells")
    lab.resize(80, 24)
    lab.wait_until("1 WORKLOAD")
    lab.resize(120, 40)
    lab.wait_until(lambda text: all(title in text for title in PANELS.values()))
    quit_lab(lab)


def test_starts_in_a_terminal_that_is_too_small(open_lab: OpenLab) -> None:
    lab = open_lab(50, 12)
    lab.wait_until("Poolscope needs 60x15 cells")
    quit_lab(lab)
