"""The package that pickles lambdas."""
# needs: multiprocess
# records: tasks=10 failed=0 workers=2

import multiprocess

if __name__ == "__main__":
    with multiprocess.Pool(2) as pool:
        print(pool.map(lambda number: number + 1, range(10)))
