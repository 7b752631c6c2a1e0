"""Parts of pages that need nothing else: no script, no font, no request to anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .drawing import patterns
from .style import STYLE

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
END = "</body>\n</html>\n"


def beginning(title: str) -> str:
    """Write all that comes before a page's own parts; the TITLE is markup already.

    The page's policy forbids the browser to load or run anything.
    """
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title} · Poolscope</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{patterns()}\n"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, sums: int = 0, is_wide: bool = False) -> str:
    """Write a table whose first column is text; the cells are markup already."""
    every = list(rows)
    titles = [f'<th scope="col"{_first(index)}>{title}</th>' for index, title in enumerate(head)]
    lines = [f"<table><thead><tr>{''.join(titles)}</tr></thead><tbody>"]
    for number, cells in enumerate(every):
        kind = ' class="sum"' if number >= len(every) - sums else ""
        shown = [f"<td{_cell(index, cell, is_wide)}>{cell}</td>" for index, cell in enumerate(cells)]
        lines.append(f"<tr{kind}>{''.join(shown)}</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def _first(index: int) -> str:
    return ' class="left"' if index == 0 else ""


def _cell(index: int, cell: str, is_wide: bool) -> str:
    if index == 0:
        return ' class="left wide"' if is_wide else ' class="left"'
    return ' class="zero"' if cell == "0" else ""
