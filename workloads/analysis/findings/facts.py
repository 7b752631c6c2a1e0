"""The facts of a run: plain numbers, taken from its recording when it ends, of which findings are made.

A recording may be gone when a comparison is judged, and there may be a hundred runs, so each leaves these few numbers.
Sums are over all workers: processes, or threads of a lane that has threads; of a serial lane the runner itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...model import Ledger
from ...recorder import layout
from .memory import MemoryFacts, memory_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model import StartMethod
    from ...programs import ProcessLedger, RunAccount
    from ...recording.contents import Contents
    from ...recording.events import EventFile

_MOST_IMPORTS = 8
_OF_TASKS = (layout.ROLE_CHILD, layout.ROLE_WORKER, layout.ROLE_FORK)


class RunFacts(NamedTuple):
    """What is known of one run at its end. None, where it is allowed, means that it was not measured."""

    wall_ns: int
    """Of the timed region; of a program, from the first worker's start to the last one's end."""
    tasks: int
    chunks: int
    workers: int
    """That worked side by side at most."""
    used: int
    """Workers that got any task, replaced ones included."""
    ledger: Ledger
    """Where `wall_ns` went: the average over the workers."""
    computing_ns: int = 0
    computing_cpu_ns: int | None = None
    """CPU time of `computing_ns`, of the threads that called the function alone."""
    others_cpu_ns: int | None = None
    """CPU time of all threads of the workers but the main ones, from their begin to their end."""
    all_cpu_ns: int | None = None
    """CPU time of the workers with all their threads, likewise, and of the parent in the timed region."""
    delayed_ns: int | None = None
    """In which workers could have run but had no CPU."""
    threads: int | None = None
    """Most threads that a worker had at its end; None where workers are threads."""
    pickling_ns: int = 0
    """The parent's side: pickled and wrote tasks."""
    unpickling_ns: int = 0
    """Likewise: unpickled results."""
    bytes_in: int = 0
    """Of arguments."""
    bytes_out: int = 0
    """Of results."""
    slowest_ns: int = 0
    """Computing time of the chunk that took longest."""
    tail_ns: int = 0
    """From a worker's last result until the last one of all, on average."""
    starts: int = 0
    """Workers that were started, replacements included."""
    start_ns: int = 0
    """From the beginning of a worker's start until it was ready for work, on average."""
    start_method: StartMethod | None = None
    imports: tuple[tuple[str, int], ...] = ()
    """Packages that a worker imported before it was ready, and the ns that took, most first; of the slowest worker."""
    lost: int = 0
    """Tasks that were in the hands of workers that died."""
    repeated: int | None = None
    """Results whose fractional numbers are those of another result."""
    memory: MemoryFacts | None = None
    span_ns: int | None = None
    """From before the runner's start until nothing of the run was left, in which the next four were counted."""
    span_cpus: int = 1
    """CPUs that the run might use meanwhile, whatever a quota left of them."""
    throttled_ns: int | None = None
    """In which cgroups above held the run back, the sum over all CPUs; None where no limit is set."""
    throttled: int | None = None
    """Periods in which they did."""
    others_ns: int | None = None
    """CPU time of everything else on the CPUs that the run might use."""
    steal_ns: int | None = None
    """CPU time that the hypervisor gave to other guests."""
    is_program: bool = False
    children: int = 0
    """Processes that tasks started and may have waited for, by multiprocessing or a fork."""

    @property
    def waited_ns(self) -> int | None:
        """In which workers were in the function but neither had a CPU nor wanted one."""
        if self.computing_cpu_ns is None:
            return None
        # Delays outside the function are a small part of all, and are taken off here too.
        return max(0, self.computing_ns - self.computing_cpu_ns - (self.delayed_ns or 0))


def facts_of(
    recording: Contents, now_ns: int, ledger: Ledger | None = None, account: RunAccount | None = None
) -> RunFacts | None:
    """Take the facts of a run that has ended.

    Args:
        recording: Read to its end.
        now_ns: When it ended, if nobody said so.
        ledger: Of the lane; None for a program, or to have it made here.
        account: What is known of its processes and slowest tasks; None to have them looked up here.

    Returns:
        None where there is nothing to say anything of: no timed region, or no workers.
    """
    from ..process_ledger import process_ledgers

    if recording.end is not None:
        now_ns = recording.end.ended_ns
    files = [file for file in recording.workers if file.slots[layout.CHUNKS_STARTED] or file.slots[layout.ENTERED]]
    if not files:
        return None
    processes = process_ledgers(recording, now_ns) if account is None else account.processes
    known = {each.pid: each for each in processes}
    accounts = [known[file.pid] for file in files if file.pid in known]
    if recording.is_program:
        begin, end = _span(recording, files, now_ns)
        ledger = _ledger_of_program(accounts, end - begin)
    elif ledger is None:
        from ..ledger import ledger_of

        ledger = ledger_of(recording, now_ns)
    if ledger.total_ns <= 0:
        return None
    from ..slowest import slowest_tasks

    slowest = slowest_tasks(recording, 1) if account is None else account.slowest
    facts = _facts(recording, files, accounts, ledger)
    longest = max((task.end_ns - task.begin_ns for task in slowest), default=0)
    return facts._replace(slowest_ns=longest, is_program=recording.is_program)


def _facts(
    recording: Contents, files: Sequence[EventFile], accounts: Sequence[ProcessLedger], ledger: Ledger
) -> RunFacts:
    from ..failure import lost_tasks

    is_serial = len(files) == 1 and files[0] is recording.runner
    busy = [file for file in files if file.slots[layout.CHUNKS_DONE]]
    owners = _owners(recording, files)
    workers = set(recording.workers)
    # Threads are a part of the process that they belong to.
    processes = [file for file in busy if not _is_thread(recording, file)]
    starts = [] if is_serial else [_start_of(recording, file) for file in files]
    return RunFacts(
        wall_ns=ledger.total_ns,
        tasks=_total(files, layout.ITEMS_DONE),
        chunks=_total(files, layout.CHUNKS_DONE),
        workers=_side_by_side(recording, files),
        used=len(busy),
        ledger=ledger,
        computing_ns=sum(each.computing_ns for each in accounts),
        computing_cpu_ns=_sum_of_all([each.computing_cpu_ns for each in accounts if each.computing_ns]),
        others_cpu_ns=_sum_of_all([_of_others(file) for file in processes]),
        all_cpu_ns=_sum_of_all([file.slots[layout.USED_CPU] or None for file in dict.fromkeys([*processes, *owners])]),
        delayed_ns=_sum_of_all([file.slots[layout.DELAYED] or None for file in busy]),
        threads=max((file.slots[layout.THREADS] for file in files), default=0) or None,
        pickling_ns=_total(owners, layout.SENDING),
        unpickling_ns=_total(owners, layout.UNPICKLING),
        bytes_in=_total(files, layout.BYTES_IN),
        bytes_out=_total(files, layout.BYTES_OUT),
        tail_ns=_tail(busy),
        starts=len(starts),
        start_ns=sum(starts) // len(starts) if starts else 0,
        start_method=_start_method(files),
        imports=max(map(_imports, files), key=lambda found: sum(spent for _, spent in found)),
        lost=lost_tasks(recording),
        repeated=recording.result.repeated if recording.result is not None else None,
        memory=memory_of(recording, files),
        children=len([f for f in recording.all_files if f.slots[layout.ROLE] in _OF_TASKS and f not in workers]),
    )


def _total(files: Sequence[EventFile], slot: int) -> int:
    return sum(max(0, file.slots[slot]) for file in files)


def _sum_of_all(values: Sequence[int | None]) -> int | None:
    """The sum; None unless all are known."""
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _owners(recording: Contents, files: Sequence[EventFile]) -> list[EventFile]:
    """Their parents, of which the fork server is none that counts."""
    parents = {file.slots[layout.PARENT_PID] for file in files}
    return [
        file for file in recording.all_files if file.pid in parents and file.slots[layout.ROLE] != layout.ROLE_HELPER
    ]


def _of_others(file: EventFile) -> int | None:
    """CPU time of a worker's other threads; None where it was not noted, because the worker was ended from outside."""
    return max(0, file.slots[layout.OTHERS_CPU]) if file.slots[layout.USED_CPU] else None


def _is_thread(recording: Contents, file: EventFile) -> bool:
    """Whether a worker is a thread of the runner: its file has the number of a thread, no start method and no pool."""
    slots = file.slots
    return file is not recording.runner and not slots[layout.START_METHOD] and not slots[layout.POOL]


def _start_of(recording: Contents, file: EventFile) -> int:
    """Until a worker was ready, from when its parent began to start it."""
    started = recording.started(file)
    begin = started.time_ns if started is not None else file.created_ns
    return max(0, (file.slots[layout.ENTERED] or file.slots[layout.FIRST_RECEIVED] or begin) - begin)


def _start_method(files: Sequence[EventFile]) -> StartMethod | None:
    methods: tuple[StartMethod, ...] = ("fork", "spawn", "forkserver")
    numbers = {file.slots[layout.START_METHOD] for file in files} - {0}
    number = max(numbers, default=0)
    return methods[number - 1] if 0 < number <= len(methods) else None


def _side_by_side(recording: Contents, files: Sequence[EventFile]) -> int:
    """How many lived at once at most."""
    moments = []
    for file in files:
        moments.append((file.created_ns, 1))
        end = recording.end_ns(file)
        if end is not None:
            moments.append((end, -1))
    most = now = 0
    for _, step in sorted(moments):
        now += step
        most = max(most, now)
    return most


def _tail(files: Sequence[EventFile]) -> int:
    last = [file.slots[layout.LAST_SENT] for file in files if file.slots[layout.LAST_SENT]]
    return sum(max(last) - moment for moment in last) // len(last) if last else 0


def _imports(file: EventFile) -> tuple[tuple[str, int], ...]:
    """What the recorder said of a worker's imports; the text is data of unknown origin."""
    from ...text import clean

    found = []
    for part in file.text_of(layout.ENTERED_TARGET, 0, 0).split(",")[:_MOST_IMPORTS]:
        name, equals, spent = part.partition("=")
        if equals and spent.isdecimal() and len(spent) < 19:
            found.append((clean(name, 60), int(spent)))
    return tuple(found)


def _span(recording: Contents, files: Sequence[EventFile], now_ns: int) -> tuple[int, int]:
    """From the first worker's start to the last one's end."""
    begins = [
        started.time_ns if (started := recording.started(file)) is not None else file.created_ns for file in files
    ]
    ends = [recording.end_ns(file) or now_ns for file in files]
    return min(begins), max(ends)


def _ledger_of_program(accounts: Sequence[ProcessLedger], wall_ns: int) -> Ledger:
    """Where the workers' time went on average, of as long as there were any; what is left over they waited."""
    count = max(1, len(accounts))
    starting = sum(each.starting_ns for each in accounts) // count
    sending = sum(each.receiving_ns for each in accounts) // count
    computing = sum(each.computing_ns + each.blocked_ns for each in accounts) // count
    returning = sum(each.sending_ns for each in accounts) // count
    stopping = sum(each.stopping_ns for each in accounts) // count
    rest = max(0, wall_ns - starting - sending - computing - returning - stopping)
    return Ledger(starting, sending, computing, returning, rest, stopping)
