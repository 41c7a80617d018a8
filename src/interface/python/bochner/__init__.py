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
from bochner._attention import (
    attention,
    attention_gradient,
    attention_report,
    attention_rows,
    attention_with_error,
    head_maps,
    head_specs,
)
from bochner._attention_costs import AttentionCosts, attention_backend, attention_nanoseconds
from bochner._attention_results import (
    AttentionComparison,
    AttentionErrorReport,
    AttentionReport,
    EffectiveNorms,
)
from bochner._attention_state import AttentionState
from bochner._core import feature_functions, kernels, metrics, projections
from bochner._core import version as __version__
from bochner._core.options import *  # noqa: F403
from bochner._exact_attention import (
    exact_attention,
    exact_attention_gradient,
    exact_attention_rows,
    softmax_scale_gradient,
)
from bochner._map import FeatureMap, incompatibility, num_frequencies_for

__all__ = [
    "AttentionComparison",
    "AttentionCosts",
    "AttentionErrorReport",
    "AttentionReport",
    "AttentionState",
    "EffectiveNorms",
    "FeatureMap",
    "__version__",
    "attention",
    "attention_backend",
    "attention_gradient",
    "attention_nanoseconds",
    "attention_report",
    "attention_rows",
    "attention_with_error",
    "exact_attention",
    "exact_attention_gradient",
    "exact_attention_rows",
    "feature_functions",
    "head_maps",
    "head_specs",
    "incompatibility",
    "kernels",
    "metrics",
    "num_frequencies_for",
    "projections",
    "softmax_scale_gradient",
    *(name for name in vars(_core.options) if not name.startswith("_")),
]
