# SPDX-License-Identifier: Apache-2.0
"""Three models of the same rows, by their predictions."""

import sys

import numpy as np
from concrete import output, rows

import bochner as bo

x, y = rows()
first, *others = (
    bo.RidgeRegression.load(output() / f"{name}.safetensors")
    for name in ("one_process", "dask", "mpi")
)
expected = first.predict(x)
print(f"residuals of one process: {np.sqrt(np.mean((expected - y) ** 2)):.2f} MPa")
largest = 0.0
for name, model in zip(("Dask", "MPI"), others, strict=True):
    difference = np.abs(model.predict(x) - expected).max() / np.abs(expected).max()
    print(f"{name}: largest difference of predictions {difference:.1e} of the largest")
    largest = max(largest, difference)
print("the three models agree" if largest <= 1e-10 else "the three models differ")
sys.exit(0 if largest <= 1e-10 else 1)
