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
poolscope findings --of last     look for them in one recording

"poolscope run" and "poolscope exec" name what they find, and with --json the figures that it was
found by.

exit status: 0 fine, found something or not, 2 wrong use."""


def findings(arguments: Sequence[str]) -> int:
    """Run ``poolscope findings`` with ARGUMENTS.

    Returns:
        The exit status.

    Raises:
        UsageError: If there is no such kind or recording.
    """
    parser = Parser("poolscope findings", "Explains what can be wrong with parallel work, and what helps.", _HELP)
    parser.add_argument("kind", metavar="KIND", nargs="?", help="one of the list, such as small-chunks")
    about = "a recording: its file, its ID, or last"
    parser.add_argument("--of", metavar="RECORDING", help=about)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(list(arguments))
    if options.of is not None:
        if options.kind is not None:
            raise UsageError("A recording is looked at for all kinds: leave out either KIND or --of.")
        return _in_recording(options.of, is_json=options.json)
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


def _in_recording(reference: str, *, is_json: bool) -> int:
    """Name what is found in one recording."""
    from time import perf_counter_ns

    from .analysis.findings import find_in_recording
    from .recording.open import open_recording

    recording = open_recording(reference)
    found = find_in_recording(recording, perf_counter_ns())
    recording.close()
    if is_json:
        from .report.result_json import finding_object

        identity = recording.meta.identity if recording.meta is not None else None
        objects = [finding_object(finding) for finding in found]
        print_json({"schema": SCHEMA, "recording": identity, "findings": objects})
        return 0
    from .report.findings_text import evidence_text

    print_out("\n".join(evidence_text(found, _WIDTH)) or "Nothing was found.")
    return 0
