"""``poolscope list``: the workloads, those that are registered, and the functions of a file or module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import listing
from .errors import UsageError
from .output import complain, print_json, print_out

if TYPE_CHECKING:
    from argparse import Namespace


def list_workloads(options: Namespace) -> int:
    """Name what can be run by its name."""
    from .places import current_directory
    from .registry import registered

    try:
        entries = tuple(registered(current_directory()).values())
    except UsageError as error:
        # What is built in can be run all the same.
        entries = ()
        complain(str(error))
    if options.json:
        print_json(listing.as_object(entries))
    else:
        print_out(listing.as_text(entries))
    return 0


def list_functions(options: Namespace) -> int:
    """Name the functions of a file or module, which is imported in a process of its own for that.

    Raises:
        UsageError: If it cannot be imported.
    """
    from .cli_live import Interruption
    from .launcher import Guardian
    from .places import current_directory, locate
    from .probe import ask, functions_request

    where, here = options.where.removesuffix(":"), current_directory()
    locate(where, here)
    with Interruption() as interruption, Guardian.start() as guardian:
        answer = ask(guardian, functions_request(where, here), lambda: interruption.number is not None)
    for note in answer.notes:
        complain(note)
    if options.json:
        print_json(listing.functions_object(where, answer.functions))
    else:
        print_out(listing.functions_text(where, answer.functions))
    return 0
