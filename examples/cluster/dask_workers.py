# SPDX-License-Identifier: Apache-2.0
"""The model of a cluster of Dask's: two workers, here on one machine."""

import dask.array as da
from concrete import RIDGE, SPEC, output, rows
from distributed import Client, LocalCluster

from bochner.dask import fit_ridge


def main() -> None:
    """Fit on a cluster that lasts as long as this."""
    x, y = rows()
    options = {"processes": True, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(n_workers=2, **options) as cluster, Client(cluster):
        parts = da.from_array(x, chunks=(128, 8))
        model = fit_ridge(SPEC, parts, da.from_array(y, chunks=128), ridge=RIDGE)
    model.save(output() / "dask.safetensors")
    print(f"Dask: two workers, {parts.numblocks[0]} partitions")


if __name__ == "__main__":  # workers import this file
    main()
