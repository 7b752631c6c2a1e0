"""Findings as lines of plain text: the first few of a run, and their pages of help."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from ..text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..analysis.findings.base import Finding, Page

FIRST = 3
"""Findings that a report names; more would not be read."""
_LONGEST = 1_000


def findings_text(found: Sequence[Finding], width: int, most: int = FIRST) -> list[str]:
    """Write the first findings with their causes and what to do, those of one kind together.

    Args:
        found: The most important one first.
        width: Cells of a line.
        most: How many kinds are named.

    Returns:
        Lines; none where nothing was found.
    """
    if not found:
        return []
    lines = ["Findings:"]
    kinds = by_kind(found)
    for finding, *likewise in kinds[:most]:
        words = f"{finding.kind}: {clean(finding.cause, _LONGEST)} {clean(finding.advice, _LONGEST)}"
        also = ", ".join(each.lane for each in likewise if each.lane is not None)
        words += f" (Likewise {also}.)" if also else ""
        lines += textwrap.wrap(words, width, initial_indent="  ", subsequent_indent="    ")
    more = sum(map(len, kinds[most:]))
    others = f"{more:,} more with --json; " if more > 0 else ""
    return [
        *lines,
        *textwrap.wrap(f"({others}poolscope findings {found[0].page} says more)", width, initial_indent="  "),
    ]


def by_kind(found: Sequence[Finding]) -> list[list[Finding]]:
    """Put findings of one kind together, in the order of the first one of each: several lanes may share a cause."""
    kinds: dict[str, list[Finding]] = {}
    for finding in found:
        kinds.setdefault(finding.kind, []).append(finding)
    return list(kinds.values())


def evidence_text(found: Sequence[Finding], width: int) -> list[str]:
    """Write all findings with the figures that they were found by; no lines where nothing was found."""
    lines: list[str] = []
    for finding in found:
        lines += [
            "",
            *textwrap.wrap(f"{finding.kind}: {clean(finding.cause, _LONGEST)}", width, subsequent_indent="  "),
        ]
        for sentence in (*finding.evidence, finding.advice):
            lines += textwrap.wrap(clean(sentence, _LONGEST), width, initial_indent="  ", subsequent_indent="  ")
    return lines[1:]


def page_text(page: Page, width: int) -> list[str]:
    """Write a page of help: the title, then what happens, how it is found, and what helps."""
    lines = [f"{page.title} ({page.kind})"]
    for head, text in (("What happens", page.meaning), ("How it is found", page.found_by), ("What helps", page.remedy)):
        lines += ["", f"{head}:", *textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="  ")]
    return lines


def pages_text(pages: Sequence[Page]) -> list[str]:
    """List pages by kind and title."""
    size = max(len(page.kind) for page in pages)
    return [f"{page.kind:<{size}}  {page.title}" for page in pages]
