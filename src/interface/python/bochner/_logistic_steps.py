# SPDX-License-Identifier: Apache-2.0
"""Newton's method for logistic regression over rows that are somewhere else."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Protocol

import numpy as np

from bochner._logistic import LogisticRegression, LogisticReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bochner._logistic_sums import LogisticSums
    from bochner._normal_equations import NormalEquations

_MAX_PRODUCTS = 200
# Armijo's share of the decrease that the gradient promises.
_SUFFICIENT = 1e-4
_MAX_HALVINGS = 40
# Approximate Wolfe conditions: the objective may rise by this share of itself, which is more than
# its rounding, where the slope lies between these shares of that at the start [Hager05].
_VALUE_ROUNDING = 1e-6
_LOWEST_SLOPE = 0.9
_HIGHEST_SLOPE = 2.0 * 0.1 - 1.0


@dataclasses.dataclass(frozen=True)
class Point:
    """A point, or a direction: coefficients and intercepts."""

    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]


class RowSums(Protocol):
    """Sums over all rows, wherever they are."""

    def __call__(self, point: Point, direction: Point | None) -> LogisticSums:
        """`logistic_gradient` at a point, or `logistic_product` there with a direction."""
        ...


@dataclasses.dataclass(frozen=True)
class Options:
    """Those of `LogisticRegression`."""

    ridge: float
    intercept: bool
    tolerance: float
    max_steps: int


class _Objective:
    """The objective in centred coordinates: theta, and intercepts of centred features in row D."""

    def __init__(self, bound: NormalEquations, sums: RowSums, options: Options) -> None:
        moments = bound.moments()
        features = bound.num_features
        self.weight = float(moments[-1, -1])
        self.mean = np.zeros(features)
        square = moments[:features, :features]
        if options.intercept:
            self.mean = moments[-1, :features] / self.weight
            square = square - self.weight * np.outer(self.mean, self.mean)
        # The Hessian is at most this for every class [Bohning92].
        square = square / (2.0 * self.weight)
        square[np.diag_indices(features)] += options.ridge
        self.inverse = np.linalg.inv(square)
        self.sums = sums
        self.options = options
        self.products = 0

    def outside(self, inner: NDArray[np.float64]) -> Point:
        theta = inner[:-1]
        constants = inner[-1] if self.options.intercept else np.zeros(inner.shape[1])
        return Point(theta, constants - self.mean @ theta)

    def _derivative(self, sums: LogisticSums, inner: NDArray[np.float64]) -> NDArray[np.float64]:
        constants = sums.intercepts / self.weight
        out = np.empty_like(inner)
        out[:-1] = sums.coefficients / self.weight - np.outer(self.mean, constants)
        out[:-1] += self.options.ridge * inner[:-1]
        # A shift common to all intercepts changes nothing; a curvature of one keeps the system
        # regular.
        out[-1] = constants + inner[-1].mean() if self.options.intercept else inner[-1]
        return out

    def at(self, inner: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Value and gradient."""
        sums = self.sums(self.outside(inner), None)
        penalty = 0.5 * self.options.ridge * float(np.square(inner[:-1]).sum())
        return sums.loss / self.weight + penalty, self._derivative(sums, inner)

    def product(
        self, inner: NDArray[np.float64], direction: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        self.products += 1
        sums = self.sums(self.outside(inner), self.outside(direction))
        return self._derivative(sums, direction)

    def preconditioned(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.vstack([self.inverse @ x[:-1], 2.0 * x[-1:]])

    def newton_step(
        self, inner: NDArray[np.float64], slope: NDArray[np.float64], tolerance: float
    ) -> NDArray[np.float64]:
        """``-H^-1 slope`` by preconditioned conjugate gradients."""
        step = np.zeros_like(slope)
        residual = -slope
        scaled = self.preconditioned(residual)
        direction, energy = scaled, float((residual * scaled).sum())
        enough = tolerance * float(np.linalg.norm(residual))
        for _ in range(_MAX_PRODUCTS):
            if np.linalg.norm(residual) <= enough:
                break
            image = self.product(inner, direction)
            curvature = float((direction * image).sum())
            if not curvature > 0.0:
                break
            step = step + energy / curvature * direction
            residual = residual - energy / curvature * image
            scaled = self.preconditioned(residual)
            before, energy = energy, float((residual * scaled).sum())
            direction = scaled + energy / before * direction
        return step

    def shortened(
        self,
        inner: NDArray[np.float64],
        value: float,
        slope: NDArray[np.float64],
        step: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], float, NDArray[np.float64]] | None:
        """Where along the step the objective falls enough, with its value and gradient there."""
        promise = float((slope * step).sum())
        if not promise < 0.0:
            return None
        visible = -promise > np.finfo(np.float64).eps * abs(value)
        for halving in range(_MAX_HALVINGS if visible else 1):
            length = 0.5**halving
            candidate = inner + length * step
            now, gradient = self.at(candidate)
            if visible:
                along = float((gradient * step).sum())
                enough = now <= value + _SUFFICIENT * length * promise or (
                    now <= value + _VALUE_ROUNDING * abs(value)
                    and _LOWEST_SLOPE * promise <= along <= _HIGHEST_SLOPE * promise
                )
            else:
                enough = bool(np.linalg.norm(gradient) < np.linalg.norm(slope))
            if enough:
                return candidate, now, gradient
        return None


def fit_logistic(
    bound: NormalEquations,
    num_classes: int,
    sums: RowSums,
    options: Options,
    on_step: Callable[[LogisticReport], object] | None = None,
) -> tuple[LogisticRegression, LogisticReport]:
    """The model that `LogisticRegression` would be, from sums over rows alone.

    `bound` has seen the rows' features and weights, whatever the target: their second moments bound
    the Hessian.
    """
    objective = _Objective(bound, sums, options)
    inner = np.zeros((bound.num_features + 1, num_classes))
    value, slope = objective.at(inner)
    start = float(np.linalg.norm(slope))
    gradient = 1.0 if start > 0.0 else 0.0
    steps, stuck = 0, False

    def report() -> LogisticReport:
        converged = gradient <= options.tolerance
        return LogisticReport(
            steps=steps,
            products=objective.products,
            gradient=gradient,
            objective=value,
            converged=converged,
            outcome="converged" if converged else "precision" if stuck else "step-limit",
        )

    while gradient > options.tolerance and steps < options.max_steps and not stuck:
        step = objective.newton_step(inner, slope, min(0.1, gradient**0.5))
        found = objective.shortened(inner, value, slope, step)
        if found is None:
            stuck = True
            continue
        inner, value, slope = found
        steps += 1
        gradient = float(np.linalg.norm(slope)) / start
        if on_step is not None:
            on_step(report())
    point = objective.outside(inner)
    model = LogisticRegression.from_coefficients(
        bound.feature_map,
        point.coefficients,
        intercepts=point.intercepts,
        ridge=options.ridge,
        intercept=options.intercept,
        dtype=bound.dtype,
    )
    return model, report()
