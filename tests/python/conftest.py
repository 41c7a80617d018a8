# SPDX-License-Identifier: Apache-2.0
"""What the tests share."""

import numpy as np
import pytest


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request):
    """Both scalars."""
    return np.dtype(request.param)


def layouts(x):
    """The same values in every layout that NumPy can make, by name."""
    wide = np.zeros((2 * x.shape[0], *x.shape[1:-1], 3 * x.shape[-1]), x.dtype)
    wide[::2, ..., ::3] = x
    read_only = x.copy()
    read_only.flags.writeable = False
    return {
        "C": np.ascontiguousarray(x),
        "F": np.asfortranarray(x),
        "strided": wide[::2, ..., ::3],
        "reversed": np.ascontiguousarray(x[::-1, ..., ::-1])[::-1, ..., ::-1],
        "read-only": read_only,
    }


@pytest.fixture(name="layouts")
def layouts_fixture():
    """`layouts` as a fixture, so that no test imports this file."""
    return layouts
