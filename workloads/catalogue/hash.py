"""Digests large blocks of bytes: work in C that lets go of the interpreter's lock, so threads win."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Digests large blocks of bytes that are in memory already. The work is done in C, by hashlib, which lets go of the \
interpreter's lock (the GIL) while it digests: other threads can compute meanwhile, on other cores.

Watch the cores in the lane with threads: all are busy, within one process. Watch the ledger of the pool: each block \
has to be pickled, written to a worker through a pipe and copied there before it can be digested, and that is the \
time called sending. Threads look at the very same memory, and send nothing. Watch the memory, too: every worker of \
the pool holds blocks of its own.

Expect threads to be faster than the serial lane by nearly as many times as there are cores, and the pool to be \
slower than threads; with passes = 1 it may well be slower than one process alone.

Try next: passes = 16, where there is so much to compute for each byte sent that the pool comes close; size = 1, \
where the blocks are so small that hashlib keeps the lock or hardly lets go of it, and threads stop paying; and \
primes, whose tasks are Python through and through, so that threads cannot win."""

MOST_KIBIBYTES = 65_536
_KIBIBYTE = 1_024
_DIGEST_BYTES = 64
_ALGORITHMS = ("blake2b", "sha256", "sha3_256", "md5")
_CHECKED = 8

Task = tuple[int, bytes, int, str]
"""Number of the block, the block, how often it is digested, and by which algorithm."""
Digested = tuple[int, str]


def digest_block(task: Task) -> Digested:
    """Digest one block, each pass together with the digest of the one before: one task."""
    import hashlib

    number, block, passes, algorithm = task
    digest = b""
    for _ in range(passes):
        hashed = hashlib.new(algorithm, digest, usedforsecurity=False)
        hashed.update(block)
        digest = hashed.digest()
    return number, digest.hex()


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="hash",
        summary="digests of large blocks",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="blocks",
                kind="integer",
                default=256,
                help="How many blocks, and so tasks, there are.",
                minimum=1,
                maximum=100_000,
                presets=(16, 256),
            ),
            Parameter(
                name="size",
                kind="integer",
                default=1_024,
                help="Size of each block in KiB.",
                minimum=1,
                maximum=MOST_KIBIBYTES,
                presets=(1, 1_024, 4_096),
            ),
            Parameter(
                name="passes",
                kind="integer",
                default=4,
                help="How often each block is digested.",
                minimum=1,
                maximum=10_000,
                presets=(1, 4, 16),
            ),
            Parameter(
                name="algorithm",
                kind="choice",
                default="blake2b",
                help="What digests them.",
                choices=_ALGORITHMS,
                presets=_ALGORITHMS,
            ),
        ),
        function=digest_block,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("threads"), Lane("pool")),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: cast("int", parameters["blocks"]),
        topic="perfectly parallel",
        check=_check,
    )


def _task(number: int, parameters: Parameters) -> Task:
    """Make a block that is like no other one, and the same in every run."""
    import hashlib

    pattern = hashlib.blake2b(number.to_bytes(8, "little")).digest()
    block = pattern * (cast("int", parameters["size"]) * _KIBIBYTE // len(pattern))
    return number, block, cast("int", parameters["passes"]), cast("str", parameters["algorithm"])


def _inputs(parameters: Parameters) -> Sequence[Task]:
    return [_task(number, parameters) for number in range(cast("int", parameters["blocks"]))]


def _summarise(results: Sequence[Digested], parameters: Parameters) -> str:
    size, passes = cast("int", parameters["size"]), cast("int", parameters["passes"])
    mebibytes = len(results) * size * passes / _KIBIBYTE
    digested = f"{mebibytes:,.0f} MiB" if mebibytes >= 10 else f"{mebibytes:,.1f} MiB"
    return f"{len(results):,} digests by {parameters['algorithm']}, {digested} digested"


def _check(results: Sequence[Digested], parameters: Parameters) -> str | None:
    """Digest a few blocks again; the others must at least differ from each other, as the blocks do."""
    blocks = cast("int", parameters["blocks"])
    digests = dict(results)
    if len(results) != blocks or sorted(digests) != list(range(blocks)):
        return f"There are digests of {len(digests):,} blocks instead of {blocks:,}."
    if len(set(digests.values())) != blocks:
        return f"Only {len(set(digests.values())):,} of {blocks:,} digests differ, but no two blocks are the same."
    for number in range(0, blocks, -(-blocks // _CHECKED)):
        if digests[number] != digest_block(_task(number, parameters))[1]:
            return f"The digest of block {number + 1:,} is wrong: {digests[number][:40]}."
    return None


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes

    block = 200 + cast("int", parameters["size"]) * _KIBIBYTE
    blocks = cast("int", parameters["blocks"])
    return peak_bytes(blocks, lane, argument=block, result=300, held=block, travelling=block)
