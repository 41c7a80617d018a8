# SPDX-License-Identifier: Apache-2.0
"""The model of one process."""

from concrete import RIDGE, SPEC, output, rows

import bochner as bo

x, y = rows()
sums = bo.NormalEquations(SPEC, target_offset=y.mean()).add(x, y)
bo.RidgeRegression(sums, ridge=RIDGE).save(output() / "one_process.safetensors")
print(f"one process: {sums.num_rows} rows")
