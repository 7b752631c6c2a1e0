"""Text from outside: safe to show, and cut by cells."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from poolscope.workloads.text import cell_width, clean, fits, shorten, shorten_middle

# Surrogates too: they come from file names and argv.
_ANY_TEXT = st.text(st.characters())


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain text", "plain text"),
        ("äöü 日本語 é", "äöü 日本語 é"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("a\r\nb", "a␍␊b"),
        ("a\x7f", "a␡"),
        ("\x9b31m", "�31m"),
        ("\u202egnp.exe", "�gnp.exe"),
        ("\u2066x\u2069", "�x�"),
        ("pay\u200bpal\ufeff", "paypal"),
        ("\u2764\ufe0f", "\u2764"),
        ("\udce9", "�"),
        ("\ue000", "�"),
        ("a\u00a0b\u2003c", "a b c"),
        ("a\tb", "a       b"),
        (b"caf\xe9 \xc3\xa9", "caf� é"),
        (b"", ""),
        ("[bold]", "[bold]"),
    ],
)
def test_what_could_do_harm_becomes_visible(text: str | bytes, cleaned: str) -> None:
    assert clean(text, 100) == cleaned


@given(st.one_of(_ANY_TEXT, st.binary()), st.integers(0, 40))
def test_any_text_becomes_one_printable_line_within_the_limit(text: str | bytes, limit: int) -> None:
    cleaned = clean(text, limit)
    assert cleaned.isprintable()
    assert len(cleaned) <= limit
    cleaned.encode()


@given(_ANY_TEXT)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(text, 1000)
    assert clean(once, 1000) == once


def test_a_long_text_says_how_much_was_left_out() -> None:
    assert clean("x" * 20, 20) == "x" * 20
    assert clean("x" * 21, 20) == "x" * 17 + "…+4"
    assert clean("x" * 1_000_000, 20) == "x" * 12 + "…+999988"


def test_the_length_of_a_long_text_costs_nothing_but_the_shown_part() -> None:
    assert clean("\x1b" * 5_000_000, 12) == "␛␛␛" + "…+4999997"


@given(_ANY_TEXT, st.integers(-2, 30), st.sampled_from(["…", "...", ""]))
def test_shortened_text_fits(text: str, width: int, ellipsis: str) -> None:
    for function in (shorten, shorten_middle):
        cut = function(text, width, ellipsis)
        assert cell_width(cut) <= max(0, width) or cut == text == ""
        if fits(text, width):
            assert cut == text
        elif width >= cell_width(ellipsis):
            assert ellipsis in cut


@given(_ANY_TEXT, st.integers(2, 30))
def test_no_cell_is_given_away(text: str, width: int) -> None:
    if not fits(text, width):
        for function in (shorten, shorten_middle):
            assert cell_width(function(text, width)) >= width - 2


def test_the_screen_never_takes_more_cells_for_a_character_than_counted() -> None:
    for code in range(0x110000):
        cleaned = clean(chr(code), 10)
        assert cell_width(cleaned) >= cell_len(cleaned), hex(code)


@given(_ANY_TEXT)
def test_the_screen_never_takes_more_cells_than_counted(text: str) -> None:
    cleaned = clean(text, 200)
    assert cell_width(cleaned) >= cell_len(cleaned)


def test_the_end_of_a_path_survives() -> None:
    assert shorten_middle("/home/somebody/project/module.py", 20) == "/home/som…/module.py"
    assert shorten("/home/somebody/project/module.py", 20) == "/home/somebody/proj…"


def test_wide_characters_are_not_cut_in_half() -> None:
    assert shorten("日本語", 4) == "日…"
    assert shorten("日本語", 6) == "日本語"
    assert shorten_middle("日本語テキスト", 8) == "日…スト"


def test_a_combining_character_stays_with_its_letter() -> None:
    text = unicodedata.normalize("NFD", "ééééé")
    assert shorten(text, 3) == unicodedata.normalize("NFD", "éé") + "…"
    assert shorten_middle(text, 4) == unicodedata.normalize("NFD", "é…éé")


@pytest.mark.parametrize(("width", "cut"), [(0, ""), (-1, ""), (1, "…"), (2, "a…")])
def test_little_room(width: int, cut: str) -> None:
    assert shorten("abc", width) == cut
