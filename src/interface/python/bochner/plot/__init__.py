# SPDX-License-Identifier: Apache-2.0
"""Figures of errors, studies and paths, with matplotlib.

Every function draws into the axes that it is given, or into new ones, and returns them. matplotlib
is imported when a figure is drawn: ``pip install bochner[plot]``.
"""

from bochner.plot._attention_study import attention_study
from bochner.plot._calibration import calibration
from bochner.plot._error_curve import error_curve
from bochner.plot._heads import heads
from bochner.plot._plan import plan
from bochner.plot._ratio_map import ratio_map
from bochner.plot._ridge_path import ridge_path

__all__ = [
    "attention_study",
    "calibration",
    "error_curve",
    "heads",
    "plan",
    "ratio_map",
    "ridge_path",
]
