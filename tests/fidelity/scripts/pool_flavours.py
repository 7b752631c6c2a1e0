"""Every way to give work to a pool."""
# records: tasks=56 failed=0 workers=2 main=1

import multiprocessing
from operator import add


def square(number):
    return number * number


def prepare(factor):
    multiprocessing.current_process().factor = factor


if __name__ == "__main__":
    with multiprocessing.Pool(2, prepare, (3,)) as pool:
        print(pool.map(square, range(8)))
        print(pool.map(square, range(8), chunksize=3))
        print(list(pool.imap(square, range(8))))
        print(list(pool.imap(square, range(8), chunksize=3)))
        print(sorted(pool.imap_unordered(square, range(8))))
        print(pool.starmap(add, [(1, 2), (3, 4)]))
        print(pool.apply(square, (5,)))
        print(pool.apply_async(square, (6,)).get(30))
        print(pool.map_async(square, range(8)).get(30))
        print(pool.starmap_async(add, [(1, 2), (3, 4), (5, 6), (7, 8)]).get(30))
    print("done")
