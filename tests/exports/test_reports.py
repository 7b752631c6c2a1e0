"""The reports for people: Markdown for an issue, and a page that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from exports.conftest import HOSTILE, MAIN, at, read_run, write_run

from poolscope.workloads.model import CoresSample, CoreUsage
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.exports.cores_picture import cores_picture
from poolscope.workloads.recording.exports.drawing import escaped as escaped_text
from poolscope.workloads.recording.exports.markdown import code, escaped, write_report
from poolscope.workloads.recording.exports.page import write_page
from poolscope.workloads.recording.exports.sink import Write
from poolscope.workloads.recording.exports.source import Source, gather
from poolscope.workloads.recording.reader import Recording
from poolscope.workloads.text import clean

VOID = {"meta"}


class Page(HTMLParser):
    """Reads a page, checks that its elements are closed in order, and collects what is in it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), (tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of a kind."""
        return [attributes for name, attributes in self.tags if name == tag]

    def classes(self) -> set[str]:
        """Return the classes that are used."""
        return {name for _, attributes in self.tags for name in (attributes.get("class") or "").split()}


def text_of(write_it: Callable[[Source, Write], None], source: Source) -> str:
    """Return what is written."""
    parts: list[bytes] = []
    write_it(source, parts.append)
    return b"".join(parts).decode()


def test_the_report_says_what_ran_where_and_what_failed(source: Source) -> None:
    text = text_of(write_report, source)
    assert text.startswith("### Poolscope: `python script.py`\n")
    assert "Failed after 120 ms: SIGKILL." in text
    assert "Linux 6.18, CPython 3.11.7, 2 CPUs, A processor" in text
    assert "18 tasks in 9 chunks by 2 workers and 1 other process." in text
    assert "**Worker w2 of script.py was killed by SIGKILL.**" in text
    assert re.search(r"w2 ForkPoolWorker-2 \(pid \d+\)` was ended by SIGKILL\.", text)
    assert "had 1 chunk that raised an exception." in text
    assert re.search(r"^\| w1 \| 109 ms \|", text, re.MULTILINE)
    assert re.search(r"^\| all workers \|", text, re.MULTILINE)
    assert "`work.square × 2`" in text
    assert "- The process script.py could not be recorded." in text


def test_tables_of_the_report_have_as_many_cells_in_every_row(hostile: Source) -> None:
    for block in text_of(write_report, hostile).split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("| ")]
        cells = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
        assert len(cells) <= 1, block


def test_nothing_from_outside_is_markup_in_the_report(hostile: Source) -> None:
    text = text_of(write_report, hostile)
    spans = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    assert clean(HOSTILE, 200).replace("|", "\\|") in text
    assert "<script>" not in spans.replace("\\<", "")
    assert "@all" not in spans


@pytest.mark.parametrize(
    ("text", "span"),
    [("plain", "`plain`"), ("a`b", "``a`b``"), ("`a``", "``` `a`` ```"), ("", "` `"), ("a|b", "`a|b`")],
)
def test_code_spans_hold_backticks(text: str, span: str) -> None:
    assert code(text) == span


def test_sentences_mention_nobody() -> None:
    assert escaped("*a* <b> @all http://c") == "\\*a\\* \\<b\\> @\u200ball http:\u200b//c"
    assert code("a|b", in_table=True) == "`a\\|b`"


def test_the_page_is_whole_and_needs_nothing_else(source: Source) -> None:
    text = text_of(write_page, source)
    page = Page(text)
    kinds = {tag for tag, _ in page.tags}
    assert not kinds & {"script", "link", "img", "iframe", "object", "embed", "a", "form", "base", "image", "use"}
    attributes = {name for _, found in page.tags for name in found}
    assert not attributes & {"src", "href", "srcset", "action", "background", "xlink:href"}
    assert not any(name.startswith("on") for name in attributes)
    assert not re.search(r"@import|url\((?!#p-)", text)
    (policy,) = [found["content"] for found in page.named("meta") if "http-equiv" in found]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "prefers-color-scheme: dark" in text


def test_the_page_shows_the_timeline_the_cores_and_the_ledger(source: Source) -> None:
    page = Page(text_of(write_page, source))
    shown = "\n".join(page.texts)
    names = [(found.get("aria-label") or "").partition(".")[0] for found in page.named("svg")]
    assert {"Timeline", "Cores", "Ledgers"} <= set(names)
    assert {
        "computing",
        "waiting",
        "blocked",
        "running",
        "failed",
        "cross",
        "user",
        "system",
        "stall",
    } <= page.classes()
    for words in (
        "Failed after 120 ms: SIGKILL.",
        "Worker w2 of script.py was killed by SIGKILL.",
        "20 ms",
        "work.square",
    ):
        assert words in shown
    assert re.search(r"w1: computing for 6\.00 ms, from 15\.0 ms\nwork\.square, chunk 1 of 10, 2 items", shown)
    assert "was ended by SIGKILL." in shown
    assert "2 cores" in shown


def test_every_class_of_the_page_has_a_style(source: Source) -> None:
    text = text_of(write_page, source)
    styles = set(re.findall(r"\.([a-zA-Z][\w-]*)", text.partition("<style>")[2].partition("</style>")[0]))
    assert Page(text).classes() - {"usual"} <= styles


def test_hostile_names_are_nothing_but_text_on_the_page(hostile: Source) -> None:
    text = text_of(write_page, hostile)
    page = Page(text)
    assert not page.named("script")
    assert clean(HOSTILE, 200) in "".join(page.texts)
    assert escaped_text(HOSTILE) in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", text)


def test_a_recording_of_nothing_is_a_page_and_a_report(tmp_path: Path) -> None:
    source = read_run(write_run(tmp_path / "run"))
    source.recording.meta = source.recording.end = None
    empty = source._replace(
        view=source.view._replace(tracks=()), ledgers=(), jobs=(), slowest=(), cores=(), error=None, notes=()
    )
    Page(text_of(write_page, empty))
    assert "How it ended is not recorded" in text_of(write_report, empty)


def test_many_cores_are_drawn_without_a_name_each(source: Source) -> None:
    def sample(time_ns: int) -> CoresSample:
        return CoresSample(time_ns, tuple(CoreUsage(core, 50.0, 10.0, 40.0) for core in range(128)), 1.0, None)

    many = source._replace(cores=tuple(sample(source.origin_ns + step * 10_000_000) for step in range(1, 9)))
    picture = Page(cores_picture(many))
    assert "core 3" in picture.texts, "pointing at it still tells the core"
    assert len([found for found in picture.named("text") if "small" in (found.get("class") or "")]) == 0
    assert {"steal", "system", "user", "busy5"} <= picture.classes()
    assert cores_picture(source._replace(cores=source.cores[:1])) == ""


def test_a_run_that_goes_on_is_reported_as_far_as_it_has_come(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "run")
    (directory / "end.json").unlink()
    main = directory / f"{MAIN}.{at(0)}.ev"
    data = bytearray(main.read_bytes())
    data[8 * layout.EXITING : 8 * layout.EXITING + 8] = bytes(8)
    main.write_bytes(data)
    recording = Recording(directory, is_alive=lambda pid: True)
    recording.refresh()
    source = gather(recording)
    assert source.view.is_live
    report = text_of(write_report, source)
    assert "It goes on; so far" in report
    assert "was killed by SIGKILL while it held chunk 10 of 10" in report
    Page(text_of(write_page, source))
