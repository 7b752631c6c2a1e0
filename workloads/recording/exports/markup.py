"""Parts of pages that need nothing else: no script, no font, no request to anywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from .drawing import patterns
from .style import STYLE

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
LEFT = ' class="left"'
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


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    sums: int = 0,
    is_wide: bool = False,
    texts: Collection[int] = (0,),
) -> str:
    """Write a table; the cells are markup already.

    Args:
        head: Titles of the columns.
        rows: Their cells.
        sums: How many of the last rows are sums.
        is_wide: Whether the first column may be broken into lines.
        texts: Columns of text, by index; the others are figures, which line up at the right.
    """
    every = list(rows)
    titles = [f'<th scope="col"{LEFT if index in texts else ""}>{title}</th>' for index, title in enumerate(head)]
    lines = [f"<table><thead><tr>{''.join(titles)}</tr></thead><tbody>"]
    for number, cells in enumerate(every):
        kind = ' class="sum"' if number >= len(every) - sums else ""
        shown = [
            f"<td{_cell(cell, is_text=index in texts, is_wide=is_wide and index == 0)}>{cell}</td>"
            for index, cell in enumerate(cells)
        ]
        lines.append(f"<tr{kind}>{''.join(shown)}</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def _cell(cell: str, *, is_text: bool, is_wide: bool) -> str:
    if is_text:
        return ' class="left wide"' if is_wide else LEFT
    return ' class="zero"' if cell == "0" else ""
