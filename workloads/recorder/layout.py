"""The layout of an event file: one page of exact counters, then fixed-size records.

A process writes one file, ``<pid>.<created_ns>.ev``, mapped into memory and extended in segments that are allocated
before they are mapped, so that a full disk costs detail and never a SIGBUS::

    byte 0                      HEADER_SIZE             + RECORD_SIZE ...
    | slots (int64) | texts     | record 0              | record 1 ...

The slots are single int64 stores: a reader in another process sees each one old or new, never torn. A record counts
once its last four bytes, the commit word, hold ``record number + 1``; they are written last. All integers are
little-endian; times are ``time.perf_counter_ns``. This module is read by the recorder and by the reader of
recordings; it holds constants only.
"""

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from struct import Struct

    CHUNK_RECORD: Struct
    LIFE_RECORD: Struct
    TEXT_RECORD: Struct

MAGIC = int.from_bytes(b"POOLSCP1", "little")
VERSION = 1
HEADER_SIZE = 4096
SEGMENT_SIZE = 40 * 4096  # a multiple of the page size and of RECORD_SIZE
RECORD_SIZE = 80
DEFAULT_RECORD_CAP = 1_000_000  # records of one process; past it detail stops and counters go on

# Slots of the header, as indexes of int64.
MAGIC_SLOT = 0
VERSION_SLOT = 1
HEADER_SIZE_SLOT = 2
RECORD_SIZE_SLOT = 3
ROLE = 4
PID = 5
PARENT_PID = 6
CREATED = 7  # time of creation
CREATED_EPOCH = 8  # time.time_ns() at the same moment
START_METHOD = 9  # index into START_METHODS plus one; 0 unknown
ENTERED = 10  # ready for work: target or worker loop entered; 0 not yet
EXITING = 11  # left its target or loop in an orderly way; 0 not yet
EXIT_CODE = 12  # what it was about to exit with, or EXIT_CODE_UNKNOWN; counts only if EXITING is set
POOL = 13  # number of the pool or executor that it works for, as its parent counts them; 0 unknown or none

PHASE = 16  # one of the PHASE_... codes
PHASE_SINCE = 17
JOB = 18  # job number of the pool, of the chunk in hand
INDEX = 19  # index of the chunk within its job
ITEMS = 20  # tasks in that chunk
LOCKS = 21  # bit set of the LOCK_... flags

CHUNKS_STARTED = 24
CHUNKS_DONE = 25  # ended, in whatever way
CHUNKS_FAILED = 26  # ended by an exception
ITEMS_DONE = 27
WAITING = 28  # ns waited for a task, up to the last change of phase
RECEIVING = 29  # ns read and unpickled arguments
COMPUTING = 30
RETURNING = 31  # ns pickled and wrote results
BYTES_IN = 32
BYTES_OUT = 33
FIRST_RECEIVED = 34  # when the first chunk was there, not yet unpickled; 0 none
LAST_SENT = 35  # when the last result had been written; 0 none

CHUNKS_SENT = 40  # the parent's side of a pool
SENDING = 41  # ns pickled and wrote chunks
SENT_BYTES = 42
RESULTS_RECEIVED = 43
UNPICKLING = 44  # ns unpickled results
RESULT_BYTES = 45
LAST_RESULT = 46  # when the last result was there

RECORDS_WRITTEN = 48
RECORDS_DROPPED = 49

RUN_BEGUN = 56  # the runner's marks; 0 not yet
RESULTS_THERE = 57
RUN_ENDED = 58
TASKS_PLANNED = 59
CHUNKS_PLANNED = 60

BLOCKED = 64  # ns in which a thread of this process waited for results, futures or children; overlaps count once
BLOCKED_SINCE = 65  # since when one does; 0 if none
COMPUTING_CPU = 66  # ns of CPU in those chunks in which it was measured
COMPUTING_MEASURED = 67  # ns of wall time of the same chunks
USED_CPU = 68  # ns of CPU of all its threads, over its life, noted at its end; of the runner: in the timed region
DELAYED = 69  # ns in which its main thread could have run but had no CPU, likewise; 0 unknown
THREADS = 70  # how many threads it had at its end; 0 unknown
OTHERS_CPU = 71  # ns of CPU of all its threads but the main one, likewise

SLOTS = 80  # how many int64 a reader takes; the texts begin behind them

# Texts of the header: UTF-8, cut to fit, padded with zeros, as (offset, size).
NAME_TEXT = (2048, 256)  # multiprocessing name of the process
FUNCTION_TEXT = (2304, 256)  # qualified name of the function in hand
ERROR_TEXT = (2560, 1024)  # the exception that ended it

START_METHODS = ("fork", "spawn", "forkserver")

EXIT_CODE_UNKNOWN = 1 << 32  # a program that ended without an exception that nobody caught: its parent knows

ROLE_UNKNOWN = 0  # also a process of multiprocessing that has not got as far as to say what it is
ROLE_RUNNER = 1
ROLE_WORKER = 2  # of a pool
ROLE_CHILD = 3  # a Process with a target of its own
ROLE_PROGRAM = 4  # a Python program: the one that is observed, or one that it started
ROLE_FORK = 5  # made by a plain os.fork
ROLE_HELPER = 6  # multiprocessing's own, such as the fork server

PHASE_NONE = 0
PHASE_WAITING = 1
PHASE_RECEIVING = 2
PHASE_COMPUTING = 3
PHASE_RETURNING = 4

LOCK_READING = 1  # it holds the pool's read lock; whoever waits for it has the bit not set
LOCK_WRITING = 2  # likewise the write lock

# Records. Every record begins with its kind (uint8) and ends with the commit word (uint32).
CHUNK_FORMAT = "<BBHIIIqqqqqqIIII"
"""kind, flags, cpu, items, job, index, waiting from, received, compute begin, compute end, pickled, sent,
bytes in, bytes out, cpu microseconds (0: not measured), commit. cpu is 65535 where unknown; byte counts saturate."""

LIFE_FORMAT = "<BBHIIIqqqqqqIIII"
"""kind, flags, cpu, value, a, b, time, v1, v2, v3, v4, v5, 0, 0, 0, commit. The kinds say what the fields mean."""

TEXT_FORMAT = "<BBHIII60sI"
"""kind, length, 0, what it names (one of the kinds), a, b, UTF-8 text, commit: names the record with that a and b."""

FLAG_FAILED = 1  # in a CHUNK: the task raised
PENDING = 1 << 31
"""In the commit word of a CHUNK while its result is being sent: the record is complete but for `sent`, which is
`pickled` so far. It counts once the process is gone; a pool that has all results may end its workers just then."""

CHUNK = 1  # written by the worker, once the result was sent
RESULT = 2  # parent: a=job, b=index, time=was there, v1=ns of unpickling, v2=bytes
STARTED = 3
"""parent: a=child's pid, value=start method code, time=begin, v1=end of start(), v2=one of START_..., v3=number of the
pool that a worker is of. With START_SUBPROCESS, a TEXT with the same a and b=0 is the command line. With START_FORK, it
is the child that writes this into its parent's file, v1 being when it did."""
ENTERED_TARGET = 4  # child: time; a TEXT that names it with a=0, b=0 says what it imported before: name=ns,name=ns
EXITED_TARGET = 5  # child: time, v1=exit code
REAPED = 6  # parent: a=child's pid, time, v1=exit status (negative: signal)
POOL_CREATED = 7  # parent: a=pool number, value=most workers, time=begin, v1=end of Pool(), v2=one of POOL_KIND_...
POOL_CLOSED = 8  # parent: a=pool number, time
POOL_TERMINATED = 9
POOL_JOINED = 10  # parent: a=pool number, time=begin, v1=end of join()
JOB_SUBMITTED = 11  # parent: a=job, value=chunksize, b=chunks, v1=items, v2=pool number (0 unknown), time
RUN_MARK = 12  # runner: value=slot number (RUN_BEGUN, RESULTS_THERE, RUN_ENDED), time
HANDLER_DIED = 13  # parent: a thread of the pool died, so it is broken; time; a TEXT names it
TEXT = 14
"""A TEXT that names a CHUNK (a=job, b=index) is the short form of the arguments of one of a worker's slowest chunks, in
up to TEXT_RECORDS_MOST records to be joined; it comes before the record of the chunk itself."""
BLOCKED_FOR = 15  # time=begin, v1=end of a wait that was long enough to be worth a record, value=one of BLOCKED_BY_...

START_PROCESS = 0  # a multiprocessing Process with a target of its own
START_WORKER = 1  # a worker of a pool or executor
START_SUBPROCESS = 2  # by the subprocess module; a TEXT names the command line
START_FORK = 3  # by os.fork

POOL_KIND_POOL = 0
POOL_KIND_EXECUTOR = 1  # concurrent.futures.ProcessPoolExecutor
POOL_KIND_LOKY = 2

BLOCKED_BY_RESULTS = 1  # of a pool
BLOCKED_BY_FUTURE = 2
BLOCKED_BY_JOIN = 3  # of a process, pool or executor
BLOCKED_BY_CHILD = 4  # os.wait and its like, os.system

OTHER_JOBS = 1 << 30
"""Jobs of pools that are not those of `multiprocessing` itself are numbered from here on, such as of `multiprocess`."""
EXECUTOR_JOBS = 1 << 31
"""Jobs of executors are numbered from here on: this plus the number of the executor, which is its pool number."""

TEXT_RECORDS_MOST = 3  # a text that takes more is cut

# Lines of the multiprocessing log in stderr.log or log.log: LOG_MARK ns SEP level SEP pid SEP process name SEP message
# "\n", one write a line. Newlines and backslashes in name and message are escaped as \n and \\.
LOG_MARK = "\x1e"
LOG_SEPARATOR = "\x1f"


def __getattr__(name: str) -> "Struct":
    """Make `CHUNK_RECORD` and the like when they are first asked for: most interpreters start and never write one."""
    if name not in ("CHUNK_RECORD", "LIFE_RECORD", "TEXT_RECORD"):
        raise AttributeError(name)
    from struct import Struct

    record: Struct = Struct(globals()[name.replace("RECORD", "FORMAT")])
    globals()[name] = record
    return record
