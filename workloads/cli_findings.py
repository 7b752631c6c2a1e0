"""``poolscope findings``: what can be found in runs, and what helps against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .arguments import Parser
from .errors import UsageError
from .output import print_json, print_out

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = 1
_WIDTH = 80
_HELP = """\
poolscope findings               list them
poolscope findings small-chunks  explain one: what happens, how it is found, what helps

"poolscope run" and "poolscope exec" name what they find, and with --json the figures that it was found by."""


def findings(arguments: Sequence[str]) -> int:
    """Run ``poolscope findings`` with ARGUMENTS.

    Returns:
        The exit status.

    Raises:
        UsageError: If there is no such kind.
    """
    parser = Parser("poolscope findings", "Explains what can be wrong with parallel work, and what helps.", _HELP)
    parser.add_argument("kind", metavar="KIND", nargs="?", help="one that the list names")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(list(arguments))
    from .analysis.findings import pages

    known = {page.kind: page for page in pages()}
    if options.kind is not None and options.kind not in known:
        from .parameters import listed, nearest_name
        from .text import clean

        meant = nearest_name(options.kind, known)
        hint = f"; did you mean {meant}?" if meant else f": there are {listed(known)}."
        raise UsageError(f"There is no finding {clean(options.kind, 40)}{hint}")
    chosen = [known[options.kind]] if options.kind is not None else list(known.values())
    if options.json:
        print_json({"schema": SCHEMA, "findings": [page._asdict() for page in chosen]})
        return 0
    from .report.findings_text import page_text, pages_text

    print_out("\n".join(page_text(chosen[0], _WIDTH) if options.kind is not None else pages_text(chosen)))
    return 0
