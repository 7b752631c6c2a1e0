"""The loop of joblib's first page."""
# needs: joblib

from math import sqrt

from joblib import Parallel, delayed

if __name__ == "__main__":
    print(Parallel(n_jobs=2)(delayed(sqrt)(number**2) for number in range(10)))
