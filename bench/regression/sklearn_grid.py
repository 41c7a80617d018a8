# SPDX-License-Identifier: Apache-2.0
"""The lowest error that scikit-learn's RBFSampler + Ridge reaches on colorado's held-out stations.

Over a grid of gamma and alpha, on standardised columns, judged by the held-out rows themselves.
Prints the error, gamma and alpha; nothing where scikit-learn is missing.

Usage: sklearn_grid.py FOLDER FEATURES
"""

import sys


def main():
    folder, features = sys.argv[1], int(sys.argv[2])
    try:
        import numpy
        import scipy.linalg
        from sklearn.kernel_approximation import RBFSampler
    except ImportError:
        return
    table = numpy.loadtxt(folder + "/colorado.csv", delimiter=",", skiprows=1, dtype=numpy.float32)
    _, station = numpy.unique(table[:, :3], axis=0, return_inverse=True)
    held_out = station % 5 == 0
    x, y = table[:, :6], table[:, 6]
    x = (x - x[~held_out].mean(axis=0)) / x[~held_out].std(axis=0)
    mean = y[~held_out].mean()
    best = (numpy.inf, 0, 0)
    for gamma in (0.01, 0.03, 0.1, 0.3, 1.0):
        sampler = RBFSampler(gamma=gamma, n_components=features, random_state=1).fit(x[:2])
        phi = sampler.transform(x[~held_out])
        centre = phi.mean(axis=0)
        phi -= centre
        # What Ridge(solver="cholesky") solves, its matrix made once for all alphas.
        gram = (phi.T @ phi).astype(numpy.float64)
        side = (phi.T @ (y[~held_out] - mean)).astype(numpy.float64)
        del phi
        unseen = sampler.transform(x[held_out]) - centre
        for alpha in (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0):
            shifted = gram + alpha * numpy.eye(features)
            theta = scipy.linalg.solve(shifted, side, assume_a="pos", overwrite_a=True)
            error = numpy.sqrt(numpy.mean((unseen @ theta + mean - y[held_out]) ** 2))
            best = min(best, (float(error), gamma, alpha))
    print(*best)


main()
