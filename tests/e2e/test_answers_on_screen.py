"""From a run to its reasons, to the past, and to a break-even, all at the keyboard."""

from __future__ import annotations

import re

from support.lab import Lab, OpenLab
from support.patience import PATIENCE

ANSWER = re.compile(r"(Never|Always|Unknown): |pool beats serial from about")
LONGEST = 4 * PATIENCE
"""A study ends within its budget of a minute, however slow the machine is."""


def go_back(lab: Lab) -> None:
    """Leave a sheet; a key that follows an escape at once would be another key."""
    lab.press("escape")
    lab.wait_until("2 Lanes")


def test_asks_why_compares_the_past_and_studies_break_even(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.wait_ready()
    lab.press("right")
    lab.wait_until("N = 10,000")
    lab.press("C")
    lab.wait_until("No comparison is kept yet.")
    go_back(lab)
    lab.press("r", "2")
    lab.wait_until(re.compile(r"B is .*(slower|faster|as fast)").search)

    lab.press("w")
    lab.wait_until(lambda text: "The code to paste" in text and "y Copy the code" in text)
    lab.press("y")
    lab.wait_until("is on the clipboard")
    go_back(lab)
    lab.press("C")
    lab.wait_until(lambda text: re.search(r"sqrt +N = 10,000", text) and "1 comparison" in text)
    go_back(lab)
    lab.press("b")
    lab.wait_until("Press r to measure.")
    lab.press("r")
    lab.wait_until("at most")
    lab.wait_until(lambda text: ANSWER.search(text) and "at most" not in text, LONGEST)
    assert "time of a run" in lab.text
    go_back(lab)
    lab.press("b")
    lab.wait_until(ANSWER.search)

    lab.press("r")
    lab.wait_until("at most")
    lab.press("c")
    lab.wait_until(re.compile("Cancelled[ ;]").search)
    go_back(lab)
    lab.press("q")
    assert lab.wait_exit() == 0
    assert lab.disorder() == []
