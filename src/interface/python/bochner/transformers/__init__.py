# SPDX-License-Identifier: Apache-2.0
"""Attention for Hugging Face transformers, 5.0 or newer.

`register` makes ``model.set_attn_implementation("bochner")`` known: exact attention by this
library. `calibrate` plans every head on the user's data, exact, random features or some of both,
and writes the plans into the model's configuration, where they are saved and loaded with it;
`use_features` puts random features into every head, and `distill` trains such a model to give what
it gave with exact attention. `plans_of` reads plans, `forget` removes them.
"""

try:
    import transformers as _transformers
except ModuleNotFoundError as error:
    if error.name != "transformers":
        raise
    raise ImportError(
        "bochner.transformers needs Hugging Face transformers, which is not installed: pip install "
        "bochner[transformers]",
        name="transformers",
    ) from None

if int(_transformers.__version__.partition(".")[0]) < 5:
    raise ImportError(
        "bochner.transformers needs Hugging Face transformers 5.0 or newer, and "
        f"{_transformers.__version__} is installed: pip install --upgrade bochner[transformers]",
        name="transformers",
    )

try:
    import torch as _torch  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ImportError(
        "bochner.transformers needs PyTorch, which is not installed: pip install "
        "bochner[transformers]",
        name="torch",
    ) from None

from bochner.transformers._calibration import calibrate
from bochner.transformers._distillation import distill
from bochner.transformers._features import use_features
from bochner.transformers._plans import ModelPlans, PlannedHead, forget, plans_of
from bochner.transformers._registration import register

__all__ = [
    "ModelPlans",
    "PlannedHead",
    "calibrate",
    "distill",
    "forget",
    "plans_of",
    "register",
    "use_features",
]
