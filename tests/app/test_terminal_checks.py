"""What the environment says about the terminal."""

from __future__ import annotations

import pytest

from poolscope.tui.terminal import wants_ascii


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"LC_ALL": "C"}, True),
        ({"LC_ALL": "", "LANG": "POSIX"}, True),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, False),
        ({"LC_CTYPE": "en_GB.utf8", "LANG": "C"}, False),
        ({"LANG": "en_GB.ISO-8859-1"}, True),
        ({"LANG": "en_GB.UTF-8", "TERM": "screen"}, False),
        ({"LANG": "en_GB.UTF-8", "TERM": "linux"}, True),
        ({"TERM": "vt100"}, True),
    ],
)
def test_ascii_is_drawn_where_nothing_else_can_be(environment: dict[str, str], expected: bool) -> None:
    assert wants_ascii(environment) is expected
