# SPDX-License-Identifier: Apache-2.0
"""Random features for scalable kernel methods, with their error in closed form.

Maps are described by a `FeatureMapSpec` (kernel, projection, feature function, seed), a plain value
that prints, parses and pickles, and drawn by `FeatureMap`. Arrays are float32 or float64, of any
strides, and are never copied on the way in; results have the same bits for any number of threads.

>>> import numpy as np
>>> import bochner as bo
>>> spec = bo.FeatureMapSpec(8, 256, kernel=bo.GaussianKernel(bo.Isotropic(2.0)), seed=1)
>>> fm = bo.FeatureMap(spec)
>>> fm.transform(np.zeros((3, 8))).shape
(3, 512)
"""

from bochner import _core
from bochner._core import __version__, feature_functions, kernels, metrics, projections
from bochner._core.options import *  # noqa: F403
from bochner._logistic import (
    LogisticRegression,
    LogisticReport,
    class_targets,
    largest_output,
)
from bochner._map import FeatureMap
from bochner._models import (
    FitOutcome,
    Fitted,
    Model,
    ReadOptions,
    fit,
    load_model,
    predict,
    save_model,
)
from bochner._regression import (
    FitReport,
    NormalEquations,
    RidgeFit,
    RidgePath,
    RidgeRegression,
    fit_ridge,
    ridge_leverage,
    ridge_path,
)
from bochner._validation import (
    CrossValidation,
    Folds,
    LogisticValidation,
    SearchCandidate,
    SearchResult,
    cross_validate,
    cross_validate_logistic,
    group_folds,
    group_labels,
    repeated_columns,
    row_folds,
    search_hyperparameters,
)

__all__ = [
    "CrossValidation",
    "FeatureMap",
    "FitOutcome",
    "FitReport",
    "Fitted",
    "Folds",
    "LogisticRegression",
    "LogisticReport",
    "LogisticValidation",
    "Model",
    "NormalEquations",
    "ReadOptions",
    "RidgeFit",
    "RidgePath",
    "RidgeRegression",
    "SearchCandidate",
    "SearchResult",
    "__version__",
    "class_targets",
    "cross_validate",
    "cross_validate_logistic",
    "feature_functions",
    "fit",
    "fit_ridge",
    "group_folds",
    "group_labels",
    "kernels",
    "largest_output",
    "load_model",
    "metrics",
    "predict",
    "projections",
    "repeated_columns",
    "ridge_leverage",
    "ridge_path",
    "row_folds",
    "save_model",
    "search_hyperparameters",
    *(name for name in vars(_core.options) if not name.startswith("_")),
]
