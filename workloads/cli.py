"""The ``poolscope`` command: opens the screen, or works without one.

Only what a command needs is imported, and only once it is known: textual never, unless the screen is wanted.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from . import __version__
from .errors import PoolscopeError, UsageError
from .output import complain, flush_out, never_fail_to_write, print_json, print_out

TYPE_CHECKING = False  # `typing` would delay every program
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from .cli_exec import Options
    from .report.grid import Block

_ABOUT = "See what your processes do, and whether running in parallel pays."
_COMMANDS_HELP = """\
commands:
  poolscope             open the screen
  poolscope list        list the workloads and their parameters, or the functions of a file
  poolscope run         run a workload in several lanes, and compare them
  poolscope advise      say whether to run a workload in parallel, how, and what that gains
  poolscope breakeven   find the size from which on a lane pays
  poolscope scale       find how many workers are worth having
  poolscope chunks      find which chunksize to take
  poolscope exec        execute any program, and see what its processes do
  poolscope replay      show any moment of a recording on the screen
  poolscope export      write a recording as a trace, a table, a report or a picture
  poolscope history     list the comparisons that are kept, show or remove them
  poolscope compare     say what changed from one comparison to another
  poolscope recordings  list the recordings that are kept, copy or remove them
  poolscope findings    explain what can be wrong with parallel work, and what helps
  poolscope doctor      look whether this machine is fit for parallel work

"poolscope COMMAND --help" says more about each, and what its exit status means."""

_LIST_HELP = "exit status: 0 fine, 2 wrong use, or a FILE that cannot be imported."
_DOCTOR_HELP = "exit status: 0 fine, with warnings too, 2 wrong use."

_RUN_HELP = """\
lanes:
  serial                       in one process, one task after the other
  process                      in one child process, started and joined
  pool                         in a multiprocessing.Pool, with one worker a CPU
  executor, threads, joblib    in a ProcessPoolExecutor, a ThreadPoolExecutor, joblib.Parallel
  interpreters                 in an InterpreterPoolExecutor, from Python 3.14 on
  pool:workers=4,start=spawn,chunksize=100,flavour=imap_unordered,maxtasks=10,blas=1
  pool:warm=yes                kept, and timed on its second pass; also executor, threads, joblib

presets:
  serial-against-pool, start-methods, threads-against-processes, workers, chunk-sizes,
  map-flavours, cold-and-warm, all-engines

examples:
  poolscope run sqrt -p N=10_000
  poolscope run bubble-sort -p form=many --lane serial --lane pool:workers=2 -r 5
  poolscope run sqrt -w 1 -r auto --time-budget 30
  poolscope run eight-roots --json
  poolscope run bubble-sort --preset all-engines
  poolscope run work.py:slow --inputs 'range(10, 5_000)' --lane serial --lane pool
  poolscope run sqrt -r 10 --export-markdown report.md
  poolscope run sqrt -r 10 --fail-if-slower 5% --baseline main.json

exit status: 0 fine, 1 the measured work failed, 2 wrong use, 3 slower than --fail-if-slower allows,
130 stopped by Ctrl-C, 143 by SIGTERM; what was measured until then is reported."""

_EXEC_HELP = """\
The program gets everything as if it had been started alone, and its exit status is passed on. In a
terminal the screen shows its processes; with --plain, or without a terminal, its output passes
through and a summary follows on stderr.

examples:
  poolscope exec -- python script.py --its-own-option
  poolscope exec --plain -o run.poolscope -- pytest -n 4 tests
  poolscope exec -q --json summary.json -- ./script.sh

exit status: the program's own, 128 and the number of the signal that killed it, 127 no such
command, 126 one that cannot be executed, 2 wrong use."""

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ARGV, that of this process by default.

    Returns:
        The exit status: 0 fine, 1 the measured work failed, 2 wrong use, 3 slower than allowed, 130 stopped by Ctrl-C,
        143 by SIGTERM.
    """
    never_fail_to_write()
    try:
        return _dispatch(list(sys.argv[1:] if argv is None else argv))
    except PoolscopeError as error:
        complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader had enough
        flush_out()
        return 0
    except SystemExit as leaving:  # argparse leaves like this after --help and --version
        flush_out()
        if leaving.code is None or isinstance(leaving.code, int):
            return leaving.code or 0
        complain(str(leaving.code))  # as Python itself does
        return 1


def command() -> NoReturn:
    """Be the command, and leave at once when all is done: taking an interpreter apart in good order takes time."""
    status = main()
    flush_out()
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    os._exit(status)


def _dispatch(arguments: list[str]) -> int:
    command = _COMMANDS.get(arguments[0]) if arguments else None
    if command is not None:
        return command(arguments[1:])
    return _screen(arguments)


def _parser(prog: str, description: str, epilog: str | None = None) -> ArgumentParser:
    """Make a parser that answers wrong use with one sentence."""
    from .arguments import Parser

    return Parser(prog, description, epilog)


def _screen(arguments: list[str]) -> int:
    """Open the screen."""
    if not arguments:
        # The usual case does without the parser, whose import would be seen before the first screen.
        return _open_screen(None)
    from .arguments import refresh

    parser = _parser("poolscope", _ABOUT, _COMMANDS_HELP)
    parser.add_argument("-V", "--version", action="version", version=f"poolscope {__version__}")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument("--theme", metavar="NAME", help="colours of the screen, such as poolscope-light")
    about = "time between two looks at cores and processes, 0.1 to 10"
    parser.add_argument("--refresh", metavar="SECONDS", type=refresh, help=about)
    parser.add_argument("command", nargs="?", help=_hidden())
    options = parser.parse_args(arguments)
    if options.command is not None:
        _unknown_command(options.command)
    del options.command

    return _open_screen(options)


def _open_screen(options: Namespace | None) -> int:
    from poolscope.tui.__main__ import main as open_screen

    return open_screen(options)


def _hidden() -> str:
    from argparse import SUPPRESS

    return SUPPRESS


def _unknown_command(name: str) -> NoReturn:
    from .catalogue import names
    from .parameters import listed, nearest_name
    from .text import clean

    shown = clean(name, 40)
    if name in names():
        raise UsageError(f"{shown} is a workload, not a command; did you mean poolscope run {shown}?")
    meant = nearest_name(name, _COMMANDS)
    hint = f"; did you mean {meant}?" if meant else f": there are {listed(_COMMANDS)}."
    raise UsageError(f"There is no command {shown}{hint}")


def _list(arguments: list[str]) -> int:
    """Name the workloads."""
    about = "Lists the workloads and their parameters, or the functions of a file."
    parser = _parser("poolscope list", about, _LIST_HELP)
    parser.add_argument("where", metavar="FILE", nargs="?", help="a file or module whose functions are listed instead")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)

    from .cli_list import list_functions, list_workloads

    return list_workloads(options) if options.where is None else list_functions(options)


def _doctor(arguments: list[str]) -> int:
    """Look at the machine."""
    parser = _parser("poolscope doctor", "Looks whether this machine is fit for parallel work.", _DOCTOR_HELP)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)

    from . import doctor

    checkup = doctor.examine()
    if options.json:
        print_json(doctor.as_object(checkup))
    else:
        print_out(doctor.as_text(checkup))
    return 0


def _run(arguments: list[str]) -> int:
    """Run and compare."""
    from .arguments import assignment, log_level, runs, time_budget, tolerance, warmups, workers
    from .cli_reports import add_export_options, add_gate_options
    from .cli_target import add_options

    parser = _parser("poolscope run", "Runs a workload in several lanes, one after the other, and compares.", _RUN_HELP)
    about = 'one of those that "poolscope list" names, or a function of yours: file.py:function, module:function'
    parser.add_argument("workload", metavar="WORKLOAD", help=about)
    add = parser.add_argument
    add("-p", dest="parameters", metavar="NAME=VALUE", action="append", default=[], type=assignment, help="a parameter")
    add("--lane", dest="lanes", metavar="SPEC", action="append", default=[], help="a lane; the first is the reference")
    add("--preset", metavar="NAME", help="a set of lanes, instead of --lane")
    about = "how often each lane is run (default: once), or auto: until every ratio's interval is narrower than 5 %%"
    add("-r", "--runs", metavar="N|auto", type=runs, help=about)
    add(
        "-w", "--warmup", metavar="N", type=warmups, default=0, help="runs of each lane before that, which do not count"
    )
    about = "for how long -r auto may begin further runs (default: 60)"
    add("--time-budget", metavar="SECONDS", type=time_budget, help=about)
    add("-j", "--workers", metavar="N", type=workers, help="workers of each lane that does not name any itself")
    add("--tolerance", metavar="X", type=tolerance, default=0.0, help="how far floats in results may differ: 1e-9")
    add("--keep-going", action="store_true", help="go on with the other tasks when one raises")
    add("--json", action="store_true", help="print one JSON object instead of a table")
    add("-o", "--output", metavar="FILE", help="also write that JSON object to FILE")
    add("--snippet", action="store_true", help="also print a program that does what the advised lane did")
    add("-q", "--quiet", action="store_true", help="show no progress")
    about = "show the program's own output and the log, on stderr, and report on every process"
    add("-v", "--verbose", action="store_true", help=about)
    add("--log-level", metavar="LEVEL", type=log_level, help="least level of the log that -v shows (default: INFO)")
    add_options(parser)
    add_export_options(parser)
    add_gate_options(parser)
    options: Namespace = parser.parse_args(arguments)

    from .cli_run import run

    return run(options)


def _exec(arguments: list[str]) -> int:
    """Execute a person's program."""
    from .cli_exec import Options, execute_plainly, split_command, wants_screen

    options = Options()
    own, options.command = split_command(arguments)
    if not options.take(own):
        _parse_exec(own, options)
    if wants_screen(options):
        return _open_program(options)
    return execute_plainly(options)


def _parse_exec(own: list[str], options: Options) -> None:
    from .arguments import log_level

    parser = _parser("poolscope exec", "Executes any program, and shows what its processes do.", _EXEC_HELP)
    parser.usage = "poolscope exec [options] -- COMMAND..."
    add = parser.add_argument
    add("--plain", action="store_true", help="open no screen: the program has the terminal")
    add("-o", "--output", metavar="FILE", help="save the recording to FILE")
    add("--json", metavar="FILE", nargs="?", const="-", help="print the summary as JSON, or write that to FILE")
    add("-q", "--quiet", action="store_true", help="print no summary")
    add("--wait", action="store_true", help="let what outlives the program finish, and wait for it")
    add("--log-level", metavar="LEVEL", type=log_level, help="least level of the multiprocessing log (default: INFO)")
    parser.parse_args(own, options)


def _open_program(options: Options) -> int:
    from poolscope.tui.__main__ import open_program

    return open_program(options)


def _replay(arguments: list[str]) -> int:
    """Show a recording."""
    from .cli_replay import replay

    return replay(arguments, _open_replay)


def _open_replay(options: Namespace) -> int:
    from poolscope.tui.__main__ import open_replay

    return open_replay(options)


def _export(arguments: list[str]) -> int:
    """Write a recording in a format that others read."""
    from .cli_export import export

    return export(arguments, _screen_picture)


def _screen_picture(reference: str, size: tuple[int, int], theme: str | None) -> str:
    from poolscope.tui.picture import screen_svg

    return screen_svg(reference, size, theme)


def _findings(arguments: list[str]) -> int:
    """Explain what can be found."""
    from .cli_findings import findings

    return findings(arguments)


def _history(arguments: list[str]) -> int:
    """List the comparisons that are kept, show or remove them."""
    from .cli_history import history

    return history(arguments, _draw)


def _compare(arguments: list[str]) -> int:
    """Say what changed from one comparison to another."""
    from .cli_history import compare

    return compare(arguments, _draw)


def _draw(blocks: Sequence[Block]) -> str:
    """Draw tables for a terminal."""
    from poolscope.tui.tables import draw

    return draw(blocks)


def _recordings(arguments: list[str]) -> int:
    """List the recordings that are kept, copy or remove them."""
    from .cli_recordings import recordings

    return recordings(arguments)


def _advise(arguments: list[str]) -> int:
    """Say what to do."""
    from .cli_advise import advise

    return advise(arguments)


def _breakeven(arguments: list[str]) -> int:
    """Find the size from which on a lane pays."""
    from .cli_breakeven import breakeven

    return breakeven(arguments)


def _scale(arguments: list[str]) -> int:
    """Find how many workers are worth having."""
    from .cli_scale import scale

    return scale(arguments)


def _chunks(arguments: list[str]) -> int:
    """Find the chunksize to take."""
    from .cli_chunks import chunks

    return chunks(arguments)


_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "list": _list,
    "run": _run,
    "advise": _advise,
    "breakeven": _breakeven,
    "scale": _scale,
    "chunks": _chunks,
    "exec": _exec,
    "replay": _replay,
    "export": _export,
    "history": _history,
    "compare": _compare,
    "recordings": _recordings,
    "findings": _findings,
    "doctor": _doctor,
}


if __name__ == "__main__":
    sys.exit(main())
