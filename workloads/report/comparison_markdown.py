"""A comparison as a report in Markdown, for an issue or a pull request.

Whatever a person or a program wrote is escaped, or stands in a code span: no markup in it works, nor the mention of
somebody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..recording.exports.markdown import code, escaped, table
from ..text import clean
from .comparison_cells import LANE_TEXTS, facts, heading, lane_cells, ledger_cells, remarks

if TYPE_CHECKING:
    from ..history.past import Past

_SENTENCE = 1_000
_TILDES = re.compile("~+")


def comparison_markdown(past: Past) -> str:
    """Write the report."""
    lines = [f"### Poolscope: {code(heading(past), 120)}", ""]
    sentences = past.state.verdict.sentences if past.state.verdict is not None else ()
    if sentences:
        first, *others = (_sentence(sentence) for sentence in sentences)
        lines += [" ".join([f"**{first}**", *others]), ""]
    head, rows = lane_cells(past)
    lines += table(head, [[row[0], code(row[1], in_table=True), *map(escaped, row[2:])] for row in rows], LANE_TEXTS)
    head, rows = ledger_cells(past)
    if rows:
        lines += ["", "#### Where the time of each last run went", "", *table(head, rows)]
    if past.state.findings:
        lines += ["", "#### Findings", ""]
        for finding in past.state.findings:
            lines.append(f"- {code(finding.kind)}: {_sentence(finding.cause)} {_sentence(finding.advice)}")
            lines += [f"  - {_sentence(each)}" for each in finding.evidence]
    notes = remarks(past)
    if notes:
        lines += ["", "#### Notes", "", *(f"- {_sentence(note)}" for note in notes)]
    if past.snippet:
        lines += ["", "#### Code", "", *_fenced(past.snippet)]
    lines += ["", *(f"- {name}: {escaped(clean(fact, 200))}" for name, fact in facts(past))]
    return "\n".join(lines) + "\n"


def _fenced(program: str) -> list[str]:
    """Write a program between fences that are longer than any in it."""
    fence = "~" * max(3, 1 + max(map(len, _TILDES.findall(program)), default=0))
    return [f"{fence}python", program.rstrip("\n"), fence]


def _sentence(text: str) -> str:
    return escaped(clean(text, _SENTENCE))
