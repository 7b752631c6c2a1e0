"""The screen of a recording as a picture."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from support.recorded import TASKS, record_program

from poolscope.tui.picture import screen_svg
from poolscope.workloads.errors import UsageError


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record_program(tmp_path_factory.mktemp("pictured"))


def words(svg: str) -> str:
    root = ET.fromstring(svg)
    return " ".join("".join(element.itertext()).replace("\xa0", " ") for element in root.iter() if element.text)


@pytest.mark.parametrize(("size", "theme"), [((120, 40), None), ((80, 24), "poolscope-light")])
def test_the_picture_is_the_screen_and_needs_nothing_else(
    saved: Path, size: tuple[int, int], theme: str | None
) -> None:
    svg = screen_svg(str(saved), size, theme)
    shown = words(svg)
    for word in ("replay", "Jobs", "slow", str(TASKS), "Cores", "Log", "held"):
        assert word in shown
    links = set(re.findall(r"(?:href|src|url)\s*[=(:]\s*[\"']?(?!#)([^\"')\s]+)", svg))
    assert not {link for link in links if not link.startswith("#")}


def test_an_unknown_theme_and_a_missing_file_are_refused(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="poolscope-dark"):
        screen_svg(str(saved), theme="nonsense")
    with pytest.raises(UsageError):
        screen_svg(str(tmp_path / "missing.poolscope"))
