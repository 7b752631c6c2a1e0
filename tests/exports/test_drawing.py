"""The parts of pictures: axes, shapes, and text that can do no harm in them."""

import re

import pytest

from poolscope.workloads.programs import PARTS
from poolscope.workloads.recording.exports.drawing import MEANINGS, SHAPES, escaped, patterns, ticks
from poolscope.workloads.recording.exports.style import STYLE

S = 1_000_000_000


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (90, ["0 ns", "10 ns", "20 ns"]),
        (1_000, ["0.0 µs", "0.2 µs", "0.4 µs"]),
        (45_000, ["0 µs", "5 µs", "10 µs"]),
        (700_000, ["0.0 ms", "0.1 ms", "0.2 ms"]),
        (12_000_000, ["0 ms", "2 ms", "4 ms"]),
        (2 * S, ["0.0 s", "0.5 s", "1.0 s"]),
        (17 * S, ["0 s", "2 s", "4 s"]),
        (100 * S, ["0 s", "20 s", "40 s"]),
        (200 * S, ["0 s", "30 s", "60 s"]),
        (400 * S, ["0 min", "1 min", "2 min"]),
        (3 * 3600 * S, ["0 min", "30 min", "1:00 h"]),
        (30 * 3600 * S, ["0 h", "6 h", "12 h"]),
    ],
)
def test_the_axis_has_round_numbers_in_one_unit(length: int, labels: list[str]) -> None:
    assert [tick.label for tick in ticks(length)][:3] == labels


@pytest.mark.parametrize("length", [1, 7, 999, 10**6 + 1, 3 * S, 59 * S, 61 * S, 86_399 * S, 10**17])
def test_the_axis_has_neither_too_many_nor_too_few_places(length: int) -> None:
    found = ticks(length)
    assert 2 <= len(found) <= 11
    assert found[0].time_ns == 0
    assert found[-1].time_ns <= length
    assert len({tick.label for tick in found}) == len(found)


def test_every_state_has_a_shape_a_meaning_and_a_style() -> None:
    assert set(SHAPES) == set(MEANINGS) == set(PARTS)
    for part in PARTS:
        assert f".{part} {{" in STYLE
    # Alike in form means apart by pattern.
    filled = dict(re.findall(r"\.(\w+) \{ fill: ([^;]+);", STYLE))
    looks = {(SHAPES[part], filled[part]) for part in PARTS}
    assert len(looks) == len(PARTS)
    plain = [SHAPES[part] for part in PARTS if not filled[part].startswith("url(")]
    assert len(set(plain)) == len(plain), "two states differ by nothing but colour"
    for name in re.findall(r"url\(#([\w-]+)\)", STYLE):
        assert f'id="{name}"' in patterns()


def test_no_markup_and_no_control_character_survives() -> None:
    shown = escaped("<b onclick=\"x('y')\">&amp;\x00\x1b[31m\x7f\u202e\ud800\ufffe")
    assert not re.search(r"[<>\"'\x00-\x1f\x7f\u202e\ud800\ufffe]", shown)
    assert shown.startswith("&lt;b onclick=&quot;x(&#x27;y&#x27;)&quot;&gt;&amp;amp;")
