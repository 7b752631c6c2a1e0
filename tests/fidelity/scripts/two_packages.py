"""Pools of multiprocessing and of multiprocess in one program, which both number their jobs from 0."""
# needs: multiprocess
# records: tasks=26 chunks=26 jobs=3 failed=0 workers=3 main=1

import multiprocessing

import multiprocess

if __name__ == "__main__":
    with multiprocessing.Pool(1) as pool:
        print(pool.map(abs, range(-10, 0), chunksize=1))
    with multiprocess.Pool(1) as pool:
        print(pool.map(lambda number: -number, range(12), chunksize=1))
    with multiprocessing.Pool(1) as pool:
        print(pool.map(abs, range(4), chunksize=1))
