"""A comparison as one HTML page that needs nothing else: no script, no font, no request to anywhere.

The times, their ratios and the ledgers are SVG pictures in the page, with the same figures as tables. Whatever a person
or a program wrote is escaped, and the page's own policy forbids the browser to load or run anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..model import PHASES
from ..recording.exports.drawing import escaped, swatch
from ..recording.exports.markup import END, beginning, table
from .comparison_cells import LANE_TEXTS, facts, heading, lane_cells, ledger_cells, remarks
from .comparison_pictures import LOOKS, ledgers_picture, ratios_picture, times_picture

if TYPE_CHECKING:
    from ..history.past import Past


def comparison_page(past: Past) -> str:
    """Write the page."""
    name = escaped(heading(past))
    return "\n".join([beginning(name).rstrip("\n"), *_parts(past, name), END])


def _parts(past: Past, name: str) -> Iterator[str]:
    verdict = past.state.verdict
    sentences = verdict.sentences if verdict is not None else ()
    yield f'<header>\n<h1 class="mono">{name}</h1>'
    yield "".join(f'<p class="outcome">{escaped(sentence)}</p>' for sentence in sentences)
    yield f"<dl>{''.join(f'<dt>{what}</dt><dd>{escaped(fact)}</dd>' for what, fact in facts(past))}</dl>"
    yield "</header>\n<main>"
    pictures = [times_picture(past.lanes)] if any(lane.times_ns for lane in past.lanes) else []
    head, rows = lane_cells(past)
    yield _section("Lanes", *pictures, table(head, _escaped(rows), texts=LANE_TEXTS))
    ratios = ratios_picture(past)
    if ratios:
        yield _section("How many times as fast as the first lane", ratios)
    ledgers = ledgers_picture(past.lanes)
    if ledgers:
        head, rows = ledger_cells(past)
        yield _section("Where the time of each last run went", _legend() + ledgers, table(head, _escaped(rows)))
    if past.state.findings:
        rows = [
            [finding.kind, finding.lane or "", finding.cause, " ".join(finding.evidence), finding.advice]
            for finding in past.state.findings
        ]
        yield _section("Findings", _texts(["", "lane", "cause", "evidence", "what to do"], rows))
    notes = remarks(past)
    if notes:
        items = "".join(f"<li>{escaped(note)}</li>" for note in notes)
        yield f'<section>\n<h2>Notes</h2>\n<ul class="notes">{items}</ul>\n</section>'
    if past.snippet:
        lines = "\n".join(escaped(line) for line in past.snippet.rstrip("\n").split("\n"))
        yield _section("Code", f'<pre class="mono">{lines}</pre>')
    yield f"</main>\n<footer>Made by Poolscope {escaped(past.origin.poolscope)}.</footer>"


def _section(title: str, *cards: str) -> str:
    shown = "".join(f'<div class="card">{card}</div>\n' for card in cards)
    return f"<section>\n<h2>{title}</h2>\n{shown}</section>"


def _escaped(rows: Iterable[Iterable[str]]) -> list[list[str]]:
    return [[escaped(cell) for cell in row] for row in rows]


def _texts(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table of two columns of names and three of sentences, which may be broken into lines."""
    titles = "".join(f'<th scope="col" class="left">{title}</th>' for title in head)
    looks = ("left", "left", "left wide", "left wide", "left wide")
    cells = (
        "".join(f'<td class="{look}">{cell}</td>' for look, cell in zip(looks, row, strict=True))
        for row in _escaped(rows)
    )
    lines = "\n".join(f"<tr>{row}</tr>" for row in cells)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>\n{lines}\n</tbody></table>"


def _legend() -> str:
    items = "".join(f"<li>{swatch(LOOKS[phase])}{phase}</li>" for phase in PHASES)
    return f'<ul class="legend">{items}</ul>'
