# SPDX-License-Identifier: Apache-2.0
"""Models of files, as the command line fits, writes and reads them."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from bochner import _core
from bochner._archives import Kept, State
from bochner._arrays import ArrayLike, doubles, threads
from bochner._core.options import (
    GaussianKernel,
    MaclaurinFeatures,
    OrthogonalProjection,
    RectifiedFeatures,
    TensorSketchFeatures,
    TrigonometricFeatures,
)
from bochner._logistic import LogisticRegression, LogisticReport, largest_output
from bochner._options import flag, function_or_none, is_single, path, real, seed_of, whole, word
from bochner._regression import FitReport, RidgePath, RidgeRegression, arrays_of
from bochner._results import Result
from bochner._validation import LogisticValidation, SearchResult, kernels_of, search_result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import DTypeLike, NDArray
    from typing_extensions import Self

    from bochner._core.options import FeatureMapSpec
    from bochner._regression import Posterior
    from bochner._validation import Criterion, LengthscaleSearch

    Columns: TypeAlias = str | int | Sequence[str | int]


@dataclasses.dataclass(frozen=True)
class ReadOptions:
    """How a table is written. What is "automatic" is detected from the beginning of the file.

    Attributes
    ----------
    columns, drop : column or sequence of columns
        The inputs of a fit: those to keep, and then those to leave out; nothing of either means all
        that have no other role. A column is a name, a number counted from 1, or a range such as
        "2-5"; a name that could be a number is written in quotes: '"2"'.
    format : {"automatic", "npy", "csv", "svmlight"}
    header : {"automatic", "present", "absent"}
        Whether the first line of a text holds names.
    delimiter : {"automatic", "comma", "semicolon", "tab", "blanks"}
    decimal : {"point", "comma"}
    leading : {"refuse", "flatten"}
        What to do with an array of more than two dimensions: "flatten" makes all but the last rows.
    first_index : int
        Of svmlight text: 1, or 0 where the file counts from 0.
    width : int, optional
        Columns of svmlight text beside the label; else as the largest index says.
    label : {"column", "left-out"}
        Whether the label of svmlight text is a column.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.ReadOptions(delimiter="semicolon", decimal="comma").delimiter
    'semicolon'
    """

    columns: Columns = ()
    drop: Columns = ()
    format: Literal["automatic", "npy", "csv", "svmlight"] = "automatic"
    header: Literal["automatic", "present", "absent"] = "automatic"
    delimiter: Literal["automatic", "comma", "semicolon", "tab", "blanks"] = "automatic"
    decimal: Literal["point", "comma"] = "point"
    leading: Literal["refuse", "flatten"] = "refuse"
    first_index: int = 1
    width: int | None = None
    label: Literal["column", "left-out"] = "column"

    def _plain(self) -> dict[str, Any]:
        owner = "ReadOptions"
        words = ("format", "header", "delimiter", "decimal", "leading", "label")
        return {
            "columns": _columns(owner, "columns", self.columns),
            "drop": _columns(owner, "drop", self.drop),
            "first_index": whole(owner, "first_index", self.first_index, 0, 1),
            "width": None if self.width is None else whole(owner, "width", self.width, 0),
            **{name: word(owner, name, getattr(self, name)) for name in words},
        }


def _columns(function: str, name: str, value: Any) -> list[str]:
    """Entries of a selection of columns."""
    entries = [value] if isinstance(value, (str, int, np.integer)) else value
    if not isinstance(entries, (list, tuple)):
        raise TypeError(f"{function}: {name} is {value!r}, expected columns")
    out = []
    for entry in entries:
        if isinstance(entry, str):
            out.append(word(function, name, entry))
        else:
            out.append(str(whole(function, name, entry, 1)))
    return out


def _reading(function: str, reading: object) -> dict[str, Any]:
    if reading is None:
        reading = ReadOptions()
    if not isinstance(reading, ReadOptions):
        raise TypeError(f"{function}: reading is {type(reading).__name__}, expected ReadOptions")
    return reading._plain()


def _is_file(data: object) -> bool:
    return isinstance(data, (str, os.PathLike))


class Model(Kept):
    """A regression, and how the columns of a file become its inputs.

    Made by `fit` and `load_model`. Immutable, safe to share between threads, picklable.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 6.0, 300)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "train.npy")
    ...     np.save(file, np.column_stack([x, np.sin(x)]))
    ...     model = bo.fit(file, 2, num_frequencies=32, ridge=1e-8, lengthscales="fixed").model
    ...     same = bo.predict(model, file)
    >>> model.inputs, model.targets
    (('1',), ('2',))
    >>> bool(np.abs(model.predict(x[:, None]) - np.sin(x)).max() < 0.01)
    True
    """

    __slots__ = ("_model",)

    _model: _core.Model

    def __init__(self, model: _core.Model) -> None:
        if not isinstance(model, _core.Model):
            raise TypeError("Model: is made by fit and load_model")
        self._model = model

    def _state(self) -> State:
        words, arrays = self._model.save()
        return words, arrays

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        return cls(_core.Model.load(words, arrays))

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of columns, or numbers from 1."""
        return tuple(self._model.inputs)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of columns, or numbers from 1."""
        return tuple(self._model.targets)

    @property
    def classes(self) -> tuple[str, ...]:
        """In order, one per output; empty for a regression."""
        return tuple(self._model.classes)

    @property
    def places(self) -> tuple[int, ...]:
        """Where inputs and targets stood in the file, counted from 0; empty if it is not known."""
        return tuple(self._model.places)

    @property
    def named(self) -> bool:
        """Whether the file named its columns."""
        return bool(self._model.named)

    @property
    def centre(self) -> NDArray[np.float64]:
        """What is subtracted from the inputs, one number per column."""
        return np.array(self._model.centre)

    @property
    def scale(self) -> NDArray[np.float64]:
        """By what the centred inputs are divided, one number per column."""
        return np.array(self._model.scale)

    @property
    def data_digest(self) -> str:
        """SHA-256 of the file it was fitted to."""
        return str(self._model.data_digest)

    @property
    def num_rows(self) -> int:
        """Of that file."""
        return int(self._model.num_rows)

    @property
    def spec(self) -> FeatureMapSpec:
        """The features, of standardised inputs."""
        return self._model.spec

    @property
    def ridge(self) -> float:
        """The penalty."""
        return float(self._model.ridge)

    @property
    def num_outputs(self) -> int:
        """Targets, or classes."""
        return int(self._model.num_outputs)

    @property
    def probabilistic(self) -> bool:
        """Whether the outputs are probabilities of the classes."""
        return bool(self._model.probabilistic)

    @property
    def has_posterior(self) -> bool:
        """Whether variances are to be had: a regression with its whole posterior."""
        return bool(self._model.has_posterior)

    @property
    def regression(self) -> RidgeRegression | LogisticRegression:
        """The regression, whose inputs are standardised: ``(x - centre) / scale``."""
        held: Any = self._model.regression()
        if isinstance(held, _core.Ridge):
            return RidgeRegression._of(held, False)
        return LogisticRegression._of(held)

    def outputs(
        self,
        data: ArrayLike | str | os.PathLike[str],
        *,
        reading: ReadOptions | None = None,
        num_threads: int | None = None,
    ) -> NDArray[np.float64]:
        """Targets, or for classes a score or a probability each.

        O(n (m d + D t)).

        Parameters
        ----------
        data : array of shape (n, len(inputs)) or path
            Raw rows, not standardised; or a file, whose columns are found by the names the model
            has, or by their places where it has none. Blocks of its rows go by.
        reading : ReadOptions, optional
            How a file is written; it chooses no columns.
        num_threads : int, optional

        Returns
        -------
        array of shape (n, num_outputs)

        Raises
        ------
        OSError
            For what is wrong with the file, naming the place.
        TypeError
            On another dtype than float32 and float64.
        ValueError
            For rows of another width, NaN or infinity (naming row and column), and for `reading`
            beside an array or with options that say nothing about the format that was found.
        """
        function = "outputs"
        used = threads(function, num_threads)
        if _is_file(data):
            return np.asarray(
                self._model.outputs_of_file(
                    path(function, "data", data), _reading(function, reading), used
                )
            )
        rows = self._rows(function, data, reading)
        out = np.empty((rows.shape[0], self.num_outputs))
        self._model.outputs(rows, out, used)
        return out

    def _rows(self, function: str, data: ArrayLike, reading: object) -> NDArray[np.float64]:
        if reading is not None:
            raise ValueError(f"{function}: reading is for a file, and data is an array")
        return doubles(function, "data", data, "rows, columns")

    def predict(
        self,
        data: ArrayLike | str | os.PathLike[str],
        *,
        return_std: bool = False,
        reading: ReadOptions | None = None,
        num_threads: int | None = None,
    ) -> Any:
        """The targets, or the class of each row.

        Parameters
        ----------
        data : array of shape (n, len(inputs)) or path
            As `outputs`.
        return_std : bool
            Whether to return, beside the targets, the standard deviations of the posterior, without
            the noise of an observation; for an array and a model that `has_posterior`. O(n D^2).
        reading : ReadOptions, optional
        num_threads : int, optional

        Returns
        -------
        array of shape (n,) or (n, len(targets))
            A vector of one target, and of the classes' names.
        std : array of the same shape
            Only where asked for.

        Raises
        ------
        OSError
            As `outputs`.
        ValueError
            As `outputs`, and on `return_std` without a posterior or of a file.
        """
        function = "predict"
        if flag(function, "return_std", return_std):
            return self._predict_with_std(function, data, reading, num_threads)
        out = self.outputs(data, reading=reading, num_threads=num_threads)
        if self.classes:
            return np.array(self.classes)[largest_output(out)]
        return out[:, 0] if self.num_outputs == 1 else out

    def _predict_with_std(
        self, function: str, data: Any, reading: object, num_threads: int | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if _is_file(data):
            raise ValueError(f"{function}: return_std is for an array, and data is a file")
        rows = self._rows(function, data, reading)
        count = self.num_outputs
        both = np.empty((rows.shape[0], 2 * count))
        self._model.outputs_and_variances(rows, both, threads(function, num_threads))
        mean, std = both[:, :count], np.sqrt(both[:, count:])
        return (mean[:, 0], std[:, 0]) if count == 1 else (mean, std)

    def __repr__(self) -> str:
        what = f"classes {list(self.classes)}" if self.classes else f"targets {list(self.targets)}"
        inputs = list(self.inputs[:5]) + ["..."] * (len(self.inputs) > 5)
        return f"Model of {what} from inputs {inputs}, spec={self.spec}, ridge={self.ridge:.6g}"


def load_model(file: str | os.PathLike[str]) -> Model:
    """The model in a file that `save_model`, `fit` or ``bochner fit`` wrote.

    Parameters
    ----------
    file : path

    Returns
    -------
    Model

    Raises
    ------
    OSError
        For anything but a model, whole and consistent.
    """
    return Model(_core.load_model(path("load_model", "file", file)))


def save_model(model: Model, file: str | os.PathLike[str]) -> None:
    """Write the file that ``bochner fit`` writes: whole, or the old one stays.

    Parameters
    ----------
    model : Model
    file : path

    Raises
    ------
    OSError
        When it cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 6.0, 100)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     data, file = pathlib.Path(folder, "x.npy"), pathlib.Path(folder, "model")
    ...     np.save(data, np.column_stack([x, np.sin(x)]))
    ...     model = bo.fit(data, 2, num_frequencies=16, ridge=1e-6, lengthscales="fixed").model
    ...     bo.save_model(model, file)
    ...     again = bo.load_model(file)
    >>> bool((again.predict(x[:, None]) == model.predict(x[:, None])).all())
    True
    """
    _core.save_model(_as_model("save_model", model)._model, path("save_model", "file", file))


def _as_model(function: str, model: object) -> Model:
    if not isinstance(model, Model):
        raise TypeError(f"{function}: model is {type(model).__name__}, expected a Model")
    return model


def predict(
    model: Model | str | os.PathLike[str],
    data: ArrayLike | str | os.PathLike[str],
    *,
    return_std: bool = False,
    reading: ReadOptions | None = None,
    num_threads: int | None = None,
) -> Any:
    """What a model, or the model in a file, predicts: `Model.predict`.

    Parameters
    ----------
    model : Model or path
    data : array of shape (n, len(inputs)) or path
    return_std : bool
    reading : ReadOptions, optional
    num_threads : int, optional

    Returns
    -------
    array of shape (n,) or (n, len(targets))
    std : array of the same shape
        Only where asked for.
    """
    if isinstance(model, (str, os.PathLike)):
        model = load_model(model)
    held = _as_model("predict", model)
    return held.predict(data, return_std=return_std, reading=reading, num_threads=num_threads)


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


def _one_of(function: str, name: str, value: object, classes: Any, expected: str) -> None:
    if not isinstance(value, tuple(classes)):
        raise TypeError(f"{function}: {name} is {value!r}, expected {expected}")


def _completed(kernel: Any, projection: Any, features: Any) -> tuple[Any, Any]:
    """A projection and a feature function: those given, or the first that go with the kernel."""
    functions: list[Any] = (
        [TrigonometricFeatures(), RectifiedFeatures(), TensorSketchFeatures(), MaclaurinFeatures()]
        if features is None
        else [features]
    )
    projections: list[Any] = (
        [OrthogonalProjection(), *(one() for one in _core.projections)]
        if projection is None
        else [projection]
    )
    return next(
        (
            (p, f)
            for f in functions
            for p in projections
            if _core.incompatibility(kernel, p, f) is None
        ),
        (projections[0], functions[0]),
    )


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
    solver: Literal["automatic", "cholesky", "conjugate-gradients"] = "automatic",
    dtype: DTypeLike = np.float32,
    study: bool = False,
    output: str | os.PathLike[str] | None = None,
    checkpoint_interval: float = 60.0,
    resume: bool = False,
    on_progress: Callable[[str, float, float, str], object] | None = None,
    num_threads: int | None = None,
) -> Fitted:
    """Fit a model to the rows of a file of any size.

    Reads the file twice, by blocks of rows: once for means, deviations and rows to search on, once
    for the sums of least squares, whose size does not depend on the number of rows (a logistic
    regression holds the rows, conjugate gradients a temporary file of them). Inputs are
    standardised. The same bits come for any number of threads and of interruptions.

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
    on_progress : callable, optional
        Called with the stage, the work done, that of the whole stage and its unit ("rows"), at most
        every 50 ms. What it raises ends the fit.
    num_threads : int, optional

    Returns
    -------
    Fitted
        The model, and what happened.

    Raises
    ------
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
    kernel = GaussianKernel() if kernel is None else kernel
    (kernel,) = kernels_of(function, "kernel", (kernel,))
    if projection is not None:
        _one_of(function, "projection", projection, _core.projections, "a projection")
    if features is not None:
        _one_of(function, "features", features, _core.feature_functions, "a feature function")
    projection, features = _completed(kernel, projection, features)
    request = {
        "data": path(function, "data", data),
        "reading": _reading(function, reading),
        "targets": _columns(function, "targets", targets),
        "groups": _columns(function, "groups", groups),
        "weights": [] if weights is None else _columns(function, "weights", weights),
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
        "solver": word(function, "solver", solver),
        "single": is_single(function, dtype),
        "study": flag(function, "study", study),
        "output": "" if output is None else path(function, "output", output),
        "checkpoint_interval": real(function, "checkpoint_interval", checkpoint_interval),
        "resume": flag(function, "resume", resume),
        "num_threads": threads(function, num_threads),
    }
    model, found = _core.fit_model(request, function_or_none(function, "on_progress", on_progress))
    return Fitted(Model(model), _outcome(found))
