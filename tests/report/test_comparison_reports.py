"""A comparison as Markdown, CSV and HTML: complete, and with nothing in it that works as anything but text."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

import pytest
from support.lanes import MACHINE, lane_state, run_result
from support.pasts import POOL, past, two_lanes

from poolscope.workloads.analysis.findings.base import Finding
from poolscope.workloads.history.past import Past
from poolscope.workloads.model import PHASES, Lane
from poolscope.workloads.report.comparison_csv import comparison_csv
from poolscope.workloads.report.comparison_markdown import comparison_markdown
from poolscope.workloads.report.comparison_page import comparison_page

FIVE = (1.0, 1.02, 0.98, 1.01, 0.99)
BAD = "<script>alert(1)</script> | `a` **b** @somebody https://x.example =1+1 \x1b[31m"
VOID = {"meta", "path", "circle", "rect"}


def ordinary() -> Past:
    one = past(3, two_lanes(FIVE, tuple(each / 2 for each in FIVE)))
    finding = Finding("small-chunks", "B", "Chunks are small.", ("1 µs each.",), "Use larger ones.", 7_000, "chunks")
    return one._replace(state=one.state._replace(findings=(finding,), notes=("A: A note.",)), snippet="print(1)\n")


def hostile() -> Past:
    failed = lane_state("C", Lane("threads", 2), [], state="failed", error=BAD, asked=Lane("threads"))
    broken = (run_result(0.1, ok=False, error=BAD, digest=None),)
    also = lane_state("D", POOL._replace(start_method="spawn"), [], state="failed", error=BAD, results=broken)
    one = past(lanes=[*two_lanes(), failed, also], name=BAD, parameters={BAD: BAD, "N": 7, "many": (1, 2)})
    finding = Finding("k|nd", "B", BAD, (BAD,), BAD, 0, "x")
    return one._replace(
        machine=MACHINE._replace(hostname=BAD, cpu_model=BAD, system=BAD),
        state=one.state._replace(findings=(finding,), notes=(BAD,)),
        snippet=f"# ~~~ {BAD}\n~~~~~\n",
    )


# Markdown


def test_the_markdown_says_everything() -> None:
    text = comparison_markdown(ordinary())
    lines = text.splitlines()
    assert lines[0] == "### Poolscope: `sqrt  N = 1,000`"
    assert lines[2].startswith("**B is 2.0 times faster than A")
    (row,) = [line for line in lines if line.startswith("| B | `pool, 2 workers")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[2:4] == ["5", "500 ms"]
    assert cells[5] == "2.00×"
    assert cells[7:] == ["faster", "same"]
    assert "- `small-chunks`: Chunks are small. Use larger ones." in lines
    assert "- A: A note." in lines
    assert lines[lines.index("~~~python") + 1] == "print(1)"
    assert "- Begun: 2026-11-18 11:06:43 UTC" in lines


def test_nothing_works_as_markup_in_the_markdown() -> None:
    lines = comparison_markdown(hostile()).splitlines()
    start = lines.index("~~~~~~python")
    end = lines.index("~~~~~~", start)
    assert lines[end - 1] == "~~~~~"
    for number, line in enumerate(lines):
        if start <= number <= end:
            continue
        outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        assert "<script>" not in outside, line
        assert "@somebody" not in outside, line
        assert "://" not in outside, line
        assert line.replace("\u200b", "").isprintable(), line
    tables = [line for line in lines if line.startswith("|")]
    columns = {len(re.findall(r"(?<!\\)\|", line)) for line in tables}
    assert columns == {10, 8}, "no cell has become two"


# CSV


def test_the_table_has_a_row_a_run() -> None:
    rows = list(csv.DictReader(io.StringIO(comparison_csv(ordinary()))))
    assert len(rows) == 10
    assert rows[0]["lane"] == "serial"
    assert [row["run"] for row in rows if row["key"] == "B"] == ["1", "2", "3", "4", "5"]
    pool = rows[5]
    assert (pool["engine"], pool["workers"], pool["start_method"], pool["chunksize"]) == ("pool", "2", "fork", "625000")
    assert (pool["warm"], pool["state"], pool["ok"]) == ("no", "done", "yes")
    assert float(pool["elapsed_s"]) == 0.5
    assert sum(float(pool[f"{phase}_s"]) for phase in PHASES) == pytest.approx(0.5)
    assert pool["parameters"] == '{"N": 1000}'
    assert pool["begun"] == "2026-11-18T11:06:43Z"


def test_no_text_is_a_formula_or_a_cell_more() -> None:
    one = hostile()._replace(name="=1+1")
    lines = list(csv.reader(io.StringIO(comparison_csv(one))))
    assert len({len(line) for line in lines}) == 1
    assert lines[1][2] == "'=1+1"
    assert not any(cell.startswith(("=", "+", "@", "\t")) for line in lines for cell in line)
    failed, also = lines[-2:]
    assert failed[17:23] == ["", "", "", "", "", ""], "there was no run"
    assert also[17:19] == ["1", "no"]


# HTML


class Page(HTMLParser):
    """Collects the elements of a page, and complains if one is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID or not (self.get_starttag_text() or "").endswith("/>"):
            self._open += [] if tag == "meta" else [tag]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_has_three_pictures_and_all_figures() -> None:
    page = Page(comparison_page(ordinary()))
    pictures = [values["aria-label"] or "" for tag, values in page.elements if values.get("role") == "img"]
    assert [label.partition(".")[0] for label in pictures] == [
        "Times of the lanes", "Speed of the lanes", "Where the time went",
    ]  # fmt: skip
    whiskers = [values for _, values in page.elements if values.get("class") == "whisker"]
    assert len(whiskers) == 3, "the middle half of both lanes, and the interval of one ratio"
    assert sum(values.get("class") == "dot" for _, values in page.elements) == 10
    text = "\n".join(page.text)
    for expected in ("sqrt  N = 1,000", "500 ms", "2.00×", "faster", "Chunks are small.", "A: A note.", "print(1)"):
        assert expected in text


@pytest.mark.parametrize("one", [ordinary(), hostile()], ids=["ordinary", "hostile"])
def test_the_page_needs_nothing_and_runs_nothing(one: Past) -> None:
    text = comparison_page(one)
    page = Page(text)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "a", "image", "use"}
    for _, values in page.elements:
        assert not {"src", "href", "xlink:href", "style"} & set(values)
        assert not [name for name in values if name.startswith("on")]
    assert "default-src 'none'" in text
    assert "url(http" not in text
    assert "@import" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize("lanes", [[], [lane_state("A", Lane("serial", 1), [], state="cancelled")]])
def test_without_results_there_are_reports_all_the_same(lanes: list[object]) -> None:
    one = past(lanes=lanes)  # type: ignore[arg-type]
    Page(comparison_page(one))
    assert comparison_markdown(one).startswith("### Poolscope: `sqrt")
    assert len(comparison_csv(one).splitlines()) == 1 + len(lanes)
