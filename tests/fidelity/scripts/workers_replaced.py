"""Workers that are replaced after a few tasks."""
# records: tasks=12 chunks=12 failed=0 main=1

import multiprocessing


def cube(number):
    return number**3


if __name__ == "__main__":
    multiprocessing.set_start_method("forkserver")
    with multiprocessing.Pool(1, maxtasksperchild=2) as pool:
        print(pool.map(cube, range(12), chunksize=1))
        pool.close()
        pool.join()
