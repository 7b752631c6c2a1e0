"""A worker that prints ten megabytes."""
# records: tasks=1 workers=1

import multiprocessing
import sys


def chatter(count):
    line = "x" * 99 + "\n"
    for _ in range(count):
        sys.stdout.write(line)
    sys.stdout.flush()
    return count


if __name__ == "__main__":
    with multiprocessing.Pool(1) as pool:
        print(pool.apply(chatter, (100_000,)))
