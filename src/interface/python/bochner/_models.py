# SPDX-License-Identifier: Apache-2.0
"""Models of files, as the command line writes and reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._archives import Kept, State
from bochner._arrays import ArrayLike, doubles, threads
from bochner._logistic import LogisticRegression, largest_output
from bochner._options import flag, fraction, path
from bochner._reading import ReadOptions, is_file, reading_of
from bochner._ridge_regression import RidgeRegression

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import NDArray
    from typing_extensions import Self

    from bochner._core.options import FeatureMapSpec


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
    def has_feature_errors(self) -> bool:
        """Whether errors over draws of the frequencies are to be had."""
        return bool(self._model.has_feature_errors)

    @property
    def has_intervals(self) -> bool:
        """Whether intervals of a regression, or label sets of classes, are to be had."""
        return bool(self._model.has_intervals)

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
        if is_file(data):
            return np.asarray(
                self._model.outputs_of_file(
                    path(function, "data", data), reading_of(function, reading), used
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
        if is_file(data):
            raise ValueError(f"{function}: return_std is for an array, and data is a file")
        rows = self._rows(function, data, reading)
        mean, variance = self._pairs(
            self._model.outputs_and_variances, rows, threads(function, num_threads)
        )
        return mean, np.sqrt(variance)

    def _pairs(
        self, outputs: Callable[..., None], rows: NDArray[np.float64], num_threads: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        count = self.num_outputs
        both = np.empty((rows.shape[0], 2 * count))
        outputs(rows, both, num_threads)
        first, second = both[:, :count], both[:, count:]
        return (first[:, 0], second[:, 0]) if count == 1 else (first, second)

    def predict_with_feature_error(
        self, rows: ArrayLike, *, num_threads: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Targets, and how far they depend on the draw of the frequencies.

        For a regression that `has_feature_errors`: see `RidgeFeatureErrors`. O(n (m d + G D t)), G
        draws that are imitated.

        Parameters
        ----------
        rows : array of shape (n, len(inputs))
            Raw rows, not standardised.
        num_threads : int, optional

        Returns
        -------
        targets, standard_error : array of shape (n,) or (n, len(targets))
            Vectors of one target; the error is over draws of the frequencies, not of the data.

        Raises
        ------
        ValueError
            As `outputs`, and for a model without feature errors.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import numpy as np
        >>> import bochner as bo
        >>> x = np.linspace(0.0, 6.0, 300)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "train.npy")
        ...     np.save(file, np.column_stack([x, np.sin(x)]))
        ...     model = bo.fit(file, 2, num_frequencies=64, ridge=1e-4, feature_errors=True).model
        >>> value, error = model.predict_with_feature_error(np.array([[1.0], [9.0]]))
        >>> bool(error[0] < 0.05 < error[1])  # at 9.0 there are no data
        True
        """
        function = "predict_with_feature_error"
        if not self.has_feature_errors:
            raise ValueError(
                f"{function}: the model holds no feature errors; fit it with feature_errors=True"
            )
        return self._pairs(
            self._model.outputs_and_feature_errors,
            doubles(function, "rows", rows, "rows, columns"),
            threads(function, num_threads),
        )

    def predict_interval(
        self, rows: ArrayLike, level: float = 0.9, *, num_threads: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Ends of the intervals that hold the targets of new rows with probability about `level`.

        For a regression that `has_intervals`: see `PredictionIntervals`.

        Parameters
        ----------
        rows : array of shape (n, len(inputs))
            Raw rows, not standardised.
        level : float
            Between 0 and 1.
        num_threads : int, optional

        Returns
        -------
        lower, upper : array of shape (n,) or (n, len(targets))
            Vectors of one target; infinite where the model was fitted to too few rows for `level`.

        Raises
        ------
        ValueError
            As `outputs`, on a level out of range, and for a model without intervals or of classes.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import numpy as np
        >>> import bochner as bo
        >>> x = np.linspace(0.0, 6.0, 300)
        >>> y = np.sin(x) + 0.1 * np.random.default_rng(0).normal(size=300)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "train.npy")
        ...     np.save(file, np.column_stack([x, y]))
        ...     model = bo.fit(file, 2, num_frequencies=16, ridge=1e-4, intervals=10).model
        >>> lower, upper = model.predict_interval(np.array([[1.0], [5.0]]), 0.9)
        >>> bool(np.all(lower < np.sin([1.0, 5.0])) and np.all(np.sin([1.0, 5.0]) < upper))
        True
        """
        function = "predict_interval"
        if self.classes:
            raise ValueError(f"{function}: the model is of classes, which have predict_set")
        found = self._with_intervals(function, rows, level, num_threads)
        count = self.num_outputs
        lower, upper = found[:, count : 2 * count], found[:, 2 * count :]
        return (lower[:, 0], upper[:, 0]) if count == 1 else (lower, upper)

    def predict_set(
        self, rows: ArrayLike, level: float = 0.9, *, num_threads: int | None = None
    ) -> NDArray[np.bool_]:
        """Which classes are in the sets that hold those of new rows with probability about `level`.

        For a model of classes that `has_intervals`: see `LabelSets`.

        Parameters
        ----------
        rows : array of shape (n, len(inputs))
            Raw rows, not standardised.
        level : float
            Between 0 and 1.
        num_threads : int, optional

        Returns
        -------
        bool array of shape (n, len(classes))

        Raises
        ------
        ValueError
            As `outputs`, on a level out of range, and for a model without sets or of a regression.
        """
        function = "predict_set"
        if not self.classes:
            raise ValueError(f"{function}: the model is of targets, which have predict_interval")
        found = self._with_intervals(function, rows, level, num_threads)
        return np.asarray(found[:, self.num_outputs :] == 1.0)

    def _with_intervals(
        self, function: str, rows: ArrayLike, level: float, num_threads: int | None
    ) -> NDArray[np.float64]:
        if not self.has_intervals:
            raise ValueError(f"{function}: the model holds no intervals; fit it with intervals=10")
        return np.asarray(
            self._model.outputs_and_intervals(
                doubles(function, "rows", rows, "rows, columns"),
                fraction(function, "level", level),
                threads(function, num_threads),
            )
        )

    def __repr__(self) -> str:
        what = f"classes {list(self.classes)}" if self.classes else f"targets {list(self.targets)}"
        inputs = list(self.inputs[:5]) + ["..."] * (len(self.inputs) > 5)
        return f"Model of {what} from inputs {inputs}, spec={self.spec}, ridge={self.ridge:.6g}"
