"""A ProcessPoolExecutor: map, submit, a task that raises, and a broken pool."""
# records: workers=3 failed=1 main=1

import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool


def half(number):
    if number == 7:
        raise ValueError("seven is odd")
    return number / 2


def vanish(status):
    os._exit(status)


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        print(list(executor.map(half, range(0, 12, 2), chunksize=2)))
        futures = [executor.submit(half, number) for number in (2, 4)]
        print(sorted(future.result() for future in as_completed(futures)))
        try:
            executor.submit(half, 7).result()
        except ValueError as error:
            print(repr(error), type(error.__cause__).__name__)
    try:
        with ProcessPoolExecutor(1) as executor:
            executor.submit(vanish, 3).result()
    except BrokenProcessPool as error:
        print(error)
