# SPDX-License-Identifier: Apache-2.0
"""What the three programs share: the data, the map and the ridge."""

import sys
from pathlib import Path

import numpy as np

import bochner as bo

DATA = Path(__file__).parents[2] / "data" / "concrete.csv"
SPEC = bo.FeatureMapSpec(8, 256, kernel=bo.GaussianKernel(bo.Isotropic(2.5)), seed=1)
RIDGE = 1e-5


def rows():
    """Mixtures in units of their deviations, and their strengths."""
    table = np.loadtxt(DATA, delimiter=",", skiprows=1)
    x, y = table[:, :-1], table[:, -1]
    return (x - x.mean(axis=0)) / x.std(axis=0), y


def output():
    """The folder for models: the program's argument."""
    return Path(sys.argv[1])
