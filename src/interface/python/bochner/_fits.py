# SPDX-License-Identifier: Apache-2.0
"""Fits to files, as the command line makes them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bochner import _core
from bochner._arrays import threads
from bochner._core.options import (
    GaussianKernel,
)
from bochner._cross_validation import LogisticValidation
from bochner._hyperparameter_search import (
    Criterion,
    LengthscaleSearch,
    SearchResult,
    search_result,
)
from bochner._logistic import LogisticReport
from bochner._models import Model
from bochner._options import flag, is_single, one_of, path, real, seed_of, whole, word
from bochner._progress import progress
from bochner._reading import Columns, ReadOptions, reading_of, selection_of
from bochner._results import Result, arrays_of
from bochner._ridge_fit import FitReport
from bochner._ridge_path import RidgePath
from bochner._specs import features_of, kernel_of, projection_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray

    from bochner._ridge_regression import Posterior


@dataclasses.dataclass(frozen=True, eq=False)
class FitOutcome(Result):
    """What happened in a `fit`.

    Attributes
    ----------
    layout : str
        Of the file: "CSV, comma, header, 9 columns".
    constant : tuple of str
        Inputs that are always the same.
    resumed_rows : int
        Rows that a checkpoint had.
    seconds : float
        Of this process.
    logistic : LogisticReport or None
    iterative : FitReport or None
        Of conjugate gradients.
    search : SearchResult or None
        Of kernel and ridge by least squares.
    ridge_search : LogisticValidation or None
        Of the ridge of a logistic regression.
    path : RidgePath or None
        With ``study=True``: of ridges around the one chosen, on all rows.
    left_out : array of shape (n, 2)
        With ``study=True``: the first target and what a model that has not seen its row predicts,
        of rows drawn at random.
    """

    layout: str
    constant: tuple[str, ...]
    resumed_rows: int
    seconds: float
    logistic: LogisticReport | None
    iterative: FitReport | None
    search: SearchResult | None
    ridge_search: LogisticValidation | None
    path: RidgePath | None
    left_out: NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class Fitted(Result):
    """A model, and what happened.

    Attributes
    ----------
    model : Model
    outcome : FitOutcome
    """

    model: Model
    outcome: FitOutcome


def _outcome(found: dict[str, Any]) -> FitOutcome:
    def made(name: str, kind: Callable[..., Any]) -> Any:
        return None if found[name] is None else kind(**arrays_of(found[name]))

    return FitOutcome(
        layout=found["layout"],
        constant=tuple(found["constant"]),
        resumed_rows=found["resumed_rows"],
        seconds=found["seconds"],
        logistic=made("logistic", LogisticReport),
        iterative=made("iterative", FitReport),
        search=None if found["search"] is None else search_result(found["search"]),
        ridge_search=made("ridge_search", LogisticValidation),
        path=made("path", RidgePath),
        left_out=found["left_out"],
    )


def _held_out(function: str, intervals: str | int) -> tuple[str, int]:
    """What is left out, and the number of folds."""
    if isinstance(intervals, str):
        said = one_of(function, "intervals", intervals, ("none", "loo"))
        return {"none": "none", "loo": "rows"}[said], 10
    return "folds", whole(function, "intervals", intervals, 2, 1000)


def fit(
    data: str | os.PathLike[str],
    targets: Columns,
    *,
    groups: Columns = (),
    weights: str | int | None = None,
    reading: ReadOptions | None = None,
    task: Literal["regress", "classify"] = "regress",
    objective: Literal["squared", "logistic"] = "squared",
    kernel: Any = None,
    projection: Any = None,
    features: Any = None,
    num_frequencies: int = 1024,
    seed: int = 1,
    scale: str = "given",
    lengthscales: LengthscaleSearch = "per-column",
    criterion: Criterion = "k-fold",
    num_folds: int = 5,
    ridge: float | None = None,
    posterior: Posterior = "mean",
    intervals: Literal["none", "loo"] | int = "none",
    feature_errors: bool = False,
    solver: Literal["automatic", "cholesky", "conjugate-gradients"] = "automatic",
    dtype: DTypeLike = np.float32,
    study: bool = False,
    output: str | os.PathLike[str] | None = None,
    checkpoint_interval: float = 60.0,
    resume: bool = False,
    on_progress: Callable[[str, float, float, str], object] | Literal["bar"] | None = None,
    num_threads: int | None = None,
) -> Fitted:
    """Fit a model to the rows of a file of any size.

    Reads the file twice, by blocks of rows: once for means, deviations and rows to search on, once
    for the sums of least squares, whose size does not depend on the number of rows (a logistic
    regression and intervals hold the rows, conjugate gradients a temporary file of them). Inputs
    are standardised. The same bits come for any number of threads and of interruptions.

    An interrupt (Ctrl-C) is obeyed between blocks of rows, between candidates of a search and
    within the solution; with an `output` the sums are saved first, and ``resume=True`` goes on from
    them. So does what `on_progress` raises.

    Parameters
    ----------
    data : path
        Of a .npy, .npz (``file.npz:name``), text or svmlight file.
    targets : column or sequence of columns
        What to predict: a name, a number counted from 1, or a range such as "2-5".
    groups : column or sequence of columns
        Rows of equal values, words or numbers, are held out together.
    weights : column, optional
        How much each row counts.
    reading : ReadOptions, optional
        How the file is written, and which columns are the inputs: all that have no other role,
        unless it says.
    task : {"regress", "classify"}
        classify: values of the target, numbers or words, are classes.
    objective : {"squared", "logistic"}
        logistic, for classes: minus the log-likelihood, so that outputs are probabilities.
    kernel, projection, features : options
        Of the map. By default a Gaussian kernel, and the projection and the feature function that
        go with the kernel: orthogonal and trigonometric as a rule.
    num_frequencies : int
    seed : int
        Of the frequencies and of the rows drawn.
    scale : str
        Where no lengthscales are searched: "given", "median", "dimension" or
        "mean-square-sum(target=4)".
    lengthscales : {"per-column", "common", "fixed"}
        Which are searched; with "fixed" those of `kernel` count, in deviations of the columns.
    criterion : {"k-fold", "leave-one-out", "generalised-cross-validation", "evidence"}
        Of the search.
    num_folds : int
    ridge : float, optional
        Without it, searched.
    posterior : {"mean", "full"}
        full: the model gives variances.
    intervals : {"none", "loo"} or int
        What the model keeps for intervals and label sets: the models without each of so many folds
        or, of a regression of up to some thousands of rows, without each row (without each group,
        where there are some). The rows are held in memory.
    feature_errors : bool
        Whether the model of a regression keeps what `Model.predict_with_feature_error` takes: at
        most 64 fits to the same sums (200 of fewer than eight blocks of frequencies) that imitate
        other draws.
    solver : {"automatic", "cholesky", "conjugate-gradients"}
        cholesky: one pass over the rows and D^2 numbers; conjugate-gradients: a pass per iteration
        and D^2 / 16; automatic: the former up to 8,192 features.
    dtype : float32 or float64
        Of the features.
    study : bool
        Whether to look at a path of ridges, and at rows predicted without themselves.
    output : path, optional
        The model's file, as ``bochner fit`` writes it. Without it there are no checkpoints.
    checkpoint_interval : float
        Seconds between checkpoints, in OUTPUT.checkpoint0 and OUTPUT.checkpoint1.
    resume : bool
        Whether to go on from a checkpoint, if there is one; else one that is there is refused.
    on_progress : callable or "bar", optional
        Called with the stage, the work done, that of the whole stage and its unit ("rows"), at most
        every 50 ms. What it raises ends the fit. With "bar", a bar of tqdm shows all that.
    num_threads : int, optional

    Returns
    -------
    Fitted
        The model, and what happened.

    Raises
    ------
    ImportError
        On "bar" where tqdm is not installed.
    OSError
        For what is wrong with the file, naming the place, and for rows or matrices larger than this
        process's memory may be.
    ValueError
        For a request that is wrong in itself or does not go with the columns, and for what cannot
        be solved.
    KeyboardInterrupt
        Saying what is kept.

    Warns
    -----
    RuntimeWarning
        When a checkpoint cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 6.0, 200)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "train.csv")
    ...     np.savetxt(file, np.column_stack([x, np.sin(x)]), header="x,y", delimiter=",",
    ...                comments="")
    ...     fitted = bo.fit(file, "y", num_frequencies=32, lengthscales="fixed", ridge=1e-6)
    >>> fitted.outcome.layout
    'CSV, comma, header, 2 columns'
    """
    function = "fit"
    kernel = GaussianKernel() if kernel is None else kernel_of(function, kernel)
    if projection is not None:
        projection = projection_of(function, projection)
    if features is not None:
        features = features_of(function, features)
    try:
        features, projection = _core.suitable_map(kernel, features, projection)
    except ValueError as error:
        raise ValueError(f"{function}: {error}") from None
    held_out, interval_folds = _held_out(function, intervals)
    request = {
        "data": path(function, "data", data),
        "reading": reading_of(function, reading),
        "targets": selection_of(function, "targets", targets),
        "groups": selection_of(function, "groups", groups),
        "weights": [] if weights is None else selection_of(function, "weights", weights),
        "task": word(function, "task", task),
        "objective": word(function, "objective", objective),
        "kernel": kernel,
        "projection": projection,
        "features": features,
        "num_frequencies": whole(function, "num_frequencies", num_frequencies, 1, 2**40),
        "seed": seed_of(function, seed),
        "scale": word(function, "scale", scale),
        "lengthscales": word(function, "lengthscales", lengthscales),
        "criterion": word(function, "criterion", criterion),
        "num_folds": whole(function, "num_folds", num_folds, 0),
        "ridge": None if ridge is None else real(function, "ridge", ridge),
        "posterior": word(function, "posterior", posterior),
        "held_out": held_out,
        "interval_folds": interval_folds,
        "feature_errors": flag(function, "feature_errors", feature_errors),
        "solver": word(function, "solver", solver),
        "single": is_single(function, dtype),
        "study": flag(function, "study", study),
        "output": "" if output is None else path(function, "output", output),
        "checkpoint_interval": real(function, "checkpoint_interval", checkpoint_interval),
        "resume": flag(function, "resume", resume),
        "num_threads": threads(function, num_threads),
    }
    with progress(function, "on_progress", on_progress) as shown:
        model, found = _core.fit_model(request, shown)
    return Fitted(Model(model), _outcome(found))
