# SPDX-License-Identifier: Apache-2.0
"""Ridge regression on colorado against scikit-learn's RBFSampler + Ridge(solver="cholesky"), in one
process, in turn: the same lengthscales, ridge, number of float32 features and threads.

Usage: sklearn_fit.py LIBRARY FOLDER [--quick]
"""

import ctypes
import os
import sys
import time

FEATURES, RIDGE, BAR = 4096, 1e-5, 2.0
LENGTHSCALES = (2.0, 2.0, 1000.0, 50.0, 1.5, 1.5)  # those of colorado_spec


def main():
    library_path, folder, quick = sys.argv[1], sys.argv[2], "--quick" in sys.argv
    threads = os.cpu_count()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    try:
        import numpy
        import sklearn
        from sklearn.kernel_approximation import RBFSampler
        from sklearn.linear_model import Ridge
    except ImportError:
        print("# fit_vs_sklearn: scikit-learn is not installed")
        return

    library = ctypes.CDLL(library_path)
    library.colorado_ridge_fit.restype = ctypes.c_void_p
    library.colorado_ridge_fit.argtypes = [
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_ssize_t,
        ctypes.c_ssize_t,
        ctypes.c_double,
        ctypes.c_int,
    ]
    library.colorado_ridge_predict.argtypes = [
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_ssize_t,
        ctypes.c_void_p,
    ]
    library.colorado_ridge_delete.argtypes = [ctypes.c_void_p]

    table = numpy.loadtxt(folder + "/colorado.csv", delimiter=",", skiprows=1, dtype=numpy.float32)
    table = numpy.ascontiguousarray(table[:: 4 if quick else 1])
    x, y = numpy.ascontiguousarray(table[:, :6]), numpy.ascontiguousarray(table[:, 6])
    scaled = ((x - x.mean(axis=0)) / numpy.array(LENGTHSCALES)).astype(numpy.float32)
    rows = len(y)

    def now():  # the wall, and the processor time of all threads
        return numpy.array([time.perf_counter(), time.process_time()])

    def ours():
        start = now()
        model = library.colorado_ridge_fit(
            x.ctypes.data, y.ctypes.data, rows, FEATURES, RIDGE, threads
        )
        seconds = now() - start
        out = numpy.empty(rows, dtype=numpy.float32)
        library.colorado_ridge_predict(model, x.ctypes.data, rows, out.ctypes.data)
        library.colorado_ridge_delete(model)
        return seconds, out

    def theirs():
        start = now()
        phi = RBFSampler(gamma=0.5, n_components=FEATURES, random_state=1).fit_transform(scaled)
        assert phi.dtype == numpy.float32
        model = Ridge(alpha=RIDGE * rows, solver="cholesky").fit(phi, y)
        seconds = now() - start
        return seconds, model.predict(phi)

    def rmse(out):
        return float(numpy.sqrt(numpy.mean((out - y).astype(numpy.float64) ** 2)))

    times = []
    for pair in range(3):
        sides = [ours(), theirs()] if pair % 2 == 0 else [theirs(), ours()][::-1]
        times.append([side[0] for side in sides])
        errors = [rmse(side[1]) for side in sides]
    # Medians over pairs: of both sides' times and of their ratio, on the wall and of processors.
    mine, peer = (numpy.median(side, axis=0) for side in zip(*times, strict=True))
    value, processors = numpy.median([b / a for a, b in times], axis=0)
    print(
        f"# fit_vs_sklearn: scikit-learn {sklearn.__version__}, {rows} rows, {threads} threads: "
        f"ours {mine[0]:.2f} s, RMSE {errors[0]:.4f}; theirs {peer[0]:.2f} s, RMSE {errors[1]:.4f}"
    )
    print(
        f"# fit_vs_sklearn: processor time ours {mine[1]:.2f} s, theirs {peer[1]:.2f} s, "
        f"ratio {processors:.3g}"
    )
    if abs(errors[0] / errors[1] - 1) > 0.01:
        print("# fit_vs_sklearn: the errors are not equal within 1 %")
        value = 0.0
    print(
        f"fit_vs_sklearn {value:.4g} >={BAR:g} {'holds' if value >= BAR else 'short'} "
        f"{rows} rows, pairs: {len(times)}",
        flush=True,
    )


main()
