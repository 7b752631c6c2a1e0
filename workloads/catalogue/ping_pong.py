"""Two processes that send each other messages, through a Pipe and through queues: messages and bytes a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Two processes play ping-pong: one sends a message, the other sends it back, and so on for a while. They play it \
through a Pipe (two sockets), through a SimpleQueue (a one-way pipe with locks, of the kind that a Pool uses), and \
through a Queue (the same with a buffer, and a thread that empties it), with messages of several sizes. Each \
measurement is one task, with two processes of its own.

Watch the processes come and go in pairs, and the cores: two processes play, but only one of them is at work at any \
moment, since the other one waits for the ball. Watch the table of results: messages a second tell what one message \
costs however small it is, bytes a second tell what copying costs.

Expect some ten thousand small messages a second, through the Queue fewer than through the others, because its \
thread has to wake up for every message. Expect messages of a thousand bytes to be hardly slower than those of one \
byte, since what counts is waking each other up. Very large ones take twice as long when they are twice as large, \
and then the three are nearly alike.

Try next: sizes = 1 10 100 1000 10000, to find where size begins to matter; and compare the microseconds of one \
message with what your own tasks take: a task that is shorter than its message is not worth sending."""

CHANNELS = ("Pipe", "SimpleQueue", "Queue")
_LIMIT = 60.0
"""Seconds that a measurement may take longer than it is meant to."""

Task = tuple[str, int, int, str]
"""Channel, bytes of a message, how long to play in milliseconds, and how the processes are started."""
Played = tuple[str, int, int, int, int]
"""Channel, bytes of a message, messages that arrived, in how many nanoseconds, and how many were not those sent."""


def play(task: Task) -> Played:
    """Let two processes send each other messages for a while: one task."""
    from .children import Children

    channel, size, milliseconds, start = task
    with Children(start) as children:
        ping, pong = _ends(channel, children.context)
        children.start("pong", _pong, channel, pong)
        with children.start_reporter("ping", _ping, channel, ping, size, milliseconds / 1000) as reader:
            messages, elapsed, wrong = children.answer(reader, milliseconds / 1000 + _LIMIT)
    return channel, size, messages, elapsed, wrong


def _ends(channel: str, context: Any) -> tuple[Any, Any]:
    """What each of the two gets of a channel."""
    if channel == "Pipe":
        return cast("tuple[Any, Any]", context.Pipe())
    there, back = (getattr(context, channel)() for _ in range(2))
    return (there, back), (back, there)


def _way(channel: str, end: Any) -> tuple[Callable[[Any], None], Callable[[], Any]]:
    return (end.send, end.recv) if channel == "Pipe" else (end[0].put, end[1].get)


def _pong(channel: str, end: Any) -> None:
    """Send everything back."""
    send, receive = _way(channel, end)
    while (message := receive()) is not None:
        send(message)


def _ping(channel: str, end: Any, size: int, seconds: float, report: Any) -> None:
    """Send the same message again and again, and count what comes back."""
    send, receive = _way(channel, end)
    message = (bytes(range(256)) * (size // 256 + 1))[:size]
    send(message)  # the first one starts threads, and waits until the other process is there
    wrong = int(receive() != message)
    rounds, begin = 0, perf_counter_ns()
    end_ns = now = begin + int(seconds * 1e9)
    while rounds == 0 or now < end_ns:
        send(message)
        wrong += len(receive()) != size
        rounds += 1
        now = perf_counter_ns()
    send(message)
    wrong += receive() != message
    send(None)
    report.send((2 * rounds, now - begin, wrong))


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload
    from .children import start_parameter

    return Workload(
        name="ping-pong",
        summary="messages between two processes",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="sizes",
                kind="numbers",
                default=(1, 1_000, 100_000, 10_000_000),
                help="How many bytes a message has, one measurement each.",
                minimum=1,
                maximum=200_000_000,
                presets=((1, 1_000, 100_000, 10_000_000), (1, 10, 100, 1_000, 10_000)),
                most=16,
            ),
            Parameter(
                name="time",
                kind="integer",
                default=200,
                help="How long each measurement takes, in milliseconds.",
                minimum=1,
                maximum=60_000,
                presets=(50, 200, 1_000),
            ),
            start_parameter(),
        ),
        function=play,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"),),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: len(_inputs(parameters)),
        show=_show,
        engines=("serial",),
        engines_reason="which starts its processes itself",
        topic="message passing",
        check=_check,
        comparable=lambda result: (*result[:2], result[4]),
    )


def _inputs(parameters: Parameters) -> Sequence[Task]:
    time, start = cast("int", parameters["time"]), cast("str", parameters["start"])
    sizes = dict.fromkeys(cast("tuple[int, ...]", parameters["sizes"]))  # each once
    return [(channel, size, time, start) for size in sizes for channel in CHANNELS]


def _check(results: Sequence[Played], parameters: Parameters) -> str | None:
    wanted = [task[:2] for task in _inputs(parameters)]
    if sorted(result[:2] for result in results) != sorted(wanted):
        return f"There are {len(results):,} measurements instead of {len(wanted):,}."
    for channel, size, messages, elapsed, wrong in results:
        if wrong:
            return f"{wrong:,} messages of {size:,} bytes came back through the {channel} as something else."
        if messages < 2 or elapsed <= 0:
            return f"No message of {size:,} bytes came back through the {channel}."
    return None


def _summarise(results: Sequence[Played], parameters: Parameters) -> str:
    del parameters
    from ..report.figures import short_count, size

    quickest = max(results, key=_messages_per_second)
    densest = max(results, key=_bytes_per_second)
    return (
        f"up to {short_count(_messages_per_second(quickest))} messages/s ({quickest[0]}, {quickest[1]:,} B) "
        f"and {size(_bytes_per_second(densest))}/s ({densest[0]}, {size(densest[1])})"
    )


def _messages_per_second(result: Played) -> float:
    return result[2] / result[3] * 1e9


def _bytes_per_second(result: Played) -> float:
    return _messages_per_second(result) * result[1]


def _show(results: Sequence[Played], parameters: Parameters) -> tuple[str, ...]:
    del parameters
    from ..report.columns import aligned
    from ..report.figures import duration, short_count, size

    rows = [["size", "channel", "messages/s", "bytes/s", "a message"]]
    last = None
    for result in results:
        channel, octets = result[:2]
        speed = _messages_per_second(result)
        shown = size(octets) if octets != last else ""
        rows.append([shown, channel, short_count(speed), size(_bytes_per_second(result)), duration(1e9 / speed)])
        last = octets
    return tuple(aligned(rows, right={0, 2, 3, 4}))


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    del lane
    from .children import children_bytes

    # Each holds the message that it sends, a pickled copy of it, and what it receives.
    return children_bytes(2, each=6 * max(cast("tuple[int, ...]", parameters["sizes"])))
