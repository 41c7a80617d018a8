# SPDX-License-Identifier: Apache-2.0
"""What tests on Dask share."""

import numpy as np
import pytest


@pytest.fixture(name="bd")
def bochner_dask():
    """The module."""
    import bochner.dask

    return bochner.dask


@pytest.fixture(name="da")
def dask_array():
    """Dask's arrays."""
    import dask.array

    return dask.array


@pytest.fixture(scope="session")
def rows():
    """Inputs, targets far from zero, and weights."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1000, 3))
    y = np.column_stack([np.sin(x[:, 0]) + 100.0, x[:, 1] * x[:, 2]])
    return x, y, rng.uniform(0.1, 2.0, size=1000)
