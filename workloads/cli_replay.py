"""``poolscope replay``: shows a recording on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

_HELP = """\
RECORDING is a file that was saved, or one that is kept: its ID, a unique beginning of that, or
"last". "poolscope recordings" lists those that are kept.

examples:
  poolscope replay last
  poolscope replay run.poolscope

exit status: 0 fine, 1 an error of our own, 2 wrong use."""


def replay(arguments: Sequence[str], open_screen: Callable[[Namespace], int]) -> int:
    """Show the recording that ARGUMENTS name.

    Args:
        arguments: After ``poolscope replay``.
        open_screen: Opens it on the options ``recording``, ``ascii`` and ``theme``.

    Returns:
        The exit status.

    Raises:
        UsageError: If there is no such recording, or anything else is wrong with the arguments.
    """
    from .arguments import Parser

    parser = Parser("poolscope replay", "Shows any moment of a recording, with every process as it was then.", _HELP)
    parser.add_argument("recording", metavar="RECORDING", help="a file, an ID, or last")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument("--theme", metavar="NAME", help="colours of the screen, such as poolscope-light")
    return open_screen(parser.parse_args(arguments))
