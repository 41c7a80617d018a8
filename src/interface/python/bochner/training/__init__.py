# SPDX-License-Identifier: Apache-2.0
"""Performers that train on real sequences, and which attention trains best.

`load_sequences` brings pixels, text or proteins from Debian's packages, `TrainingOptions` name a
task, a model and one of `ATTENTIONS`, and `train` trains it, from a checkpoint where there is one.
Needs PyTorch: ``pip install bochner[torch]``.
"""

from bochner.training._arguments import add_training_arguments, training_options
from bochner.training._attentions import ATTENTIONS
from bochner.training._kernel_study import QUESTIONS, AttentionKernels, attention_kernels
from bochner.training._kernel_summary import KernelRow, kernel_rows
from bochner.training._model import SequenceModel
from bochner.training._paper_errors import (
    AttentionApproximations,
    VarianceRatios,
    attention_approximations,
    variance_ratios,
)
from bochner.training._paper_speed import modelled_microseconds
from bochner.training._paper_training import LearningCurves, carried_over, redraw_curves
from bochner.training._rows import Rows, Sequences, sequences_of
from bochner.training._tasks import load_sequences
from bochner.training._train import DivergenceError, train
from bochner.training._training_costs import TrainingCosts, training_costs
from bochner.training._training_options import TrainingOptions
from bochner.training._training_run import CheckpointError, Point, TrainingRun

__all__ = [
    "ATTENTIONS",
    "QUESTIONS",
    "AttentionApproximations",
    "AttentionKernels",
    "CheckpointError",
    "DivergenceError",
    "KernelRow",
    "LearningCurves",
    "Point",
    "Rows",
    "SequenceModel",
    "Sequences",
    "TrainingCosts",
    "TrainingOptions",
    "TrainingRun",
    "VarianceRatios",
    "add_training_arguments",
    "attention_approximations",
    "attention_kernels",
    "carried_over",
    "kernel_rows",
    "load_sequences",
    "modelled_microseconds",
    "redraw_curves",
    "sequences_of",
    "train",
    "training_costs",
    "training_options",
    "variance_ratios",
]
