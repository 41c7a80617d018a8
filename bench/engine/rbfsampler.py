# SPDX-License-Identifier: Apache-2.0
"""Paired features against scikit-learn's RBFSampler, in one process, in turn.

Usage: rbfsampler.py LIBRARY [--quick]
"""

import ctypes
import os
import statistics
import sys
import time

ROWS, DIM, COLUMNS = 20000, 64, 1024
BARS = {"rbfsampler": (3.0, 0), "rbfsampler_hadamard": (4.5, 1)}


def measure(threads, library_path, quick):
    import numpy
    from sklearn.kernel_approximation import RBFSampler

    library = ctypes.CDLL(library_path)
    library.rbf_features_new.restype = ctypes.c_void_p
    library.rbf_features_new.argtypes = [ctypes.c_ssize_t, ctypes.c_ssize_t, ctypes.c_int]
    library.rbf_features_apply.argtypes = [
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_ssize_t,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_int,
    ]
    library.rbf_features_delete.argtypes = [ctypes.c_void_p]

    x = numpy.random.default_rng(1).standard_normal((ROWS, DIM), dtype=numpy.float32)
    sampler = RBFSampler(gamma=0.5, n_components=COLUMNS, random_state=1).fit(x)
    assert sampler.transform(x[:2]).dtype == numpy.float32
    exponent = numpy.empty(ROWS, dtype=numpy.int32)
    for name, (bar, hadamard) in BARS.items():
        features = library.rbf_features_new(DIM, COLUMNS // 2, hadamard)

        def ours(features=features):
            # A new array for each call, as scikit-learn has.
            phi = numpy.empty((ROWS, COLUMNS), dtype=numpy.float32)
            library.rbf_features_apply(
                features, x.ctypes.data, ROWS, phi.ctypes.data, exponent.ctypes.data, threads
            )
            return phi

        def seconds(work):
            start = time.perf_counter()
            work()
            return time.perf_counter() - start

        ours(), sampler.transform(x)
        deadline, times = time.perf_counter() + 60, []
        while len(times) < (3 if quick else 9) and (not times or time.perf_counter() < deadline):
            if len(times) % 2 == 0:
                theirs = seconds(lambda: sampler.transform(x))
                times.append((theirs, seconds(ours)))
            else:
                mine = seconds(ours)
                times.append((seconds(lambda: sampler.transform(x)), mine))
        value = statistics.median(theirs / mine for theirs, mine in times)
        theirs, mine = (statistics.median(side) for side in zip(*times, strict=True))
        remark = f" {len(times)} pairs" if len(times) < 9 else ""
        if threads == 1:
            print(f"# {name}: ours {1e3 * mine:.4g} ms, peer {1e3 * theirs:.4g} ms a call")
            print(
                f"{name} {value:.4g} >={bar:g} {'holds' if value >= bar else 'short'}{remark}",
                flush=True,
            )
        else:
            print(f"# {name} on {threads} threads: {value:.3g}", flush=True)
        library.rbf_features_delete(features)


def main():
    library, quick = sys.argv[1], "--quick" in sys.argv
    if "--threads" in sys.argv:
        measure(int(sys.argv[sys.argv.index("--threads") + 1]), library, quick)
        return
    try:
        import sklearn
    except ImportError:
        print("# rbfsampler: scikit-learn is not installed")
        return
    print(f"# scikit-learn {sklearn.__version__}")
    # The threads of numpy's products are decided when it is loaded: a process for each count.
    for threads in (1, os.cpu_count()):
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ[variable] = str(threads)
        pid = os.spawnv(
            os.P_WAIT, sys.executable, [sys.executable, *sys.argv, "--threads", str(threads)]
        )
        if pid != 0:
            sys.exit(1)


main()
