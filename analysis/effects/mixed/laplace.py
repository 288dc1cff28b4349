"""Logits with crossed random effects, by Laplace's approximation.

The likelihood is what ``glmer`` of R's lme4 maximises by default (Bates, Maechler, Bolker & Walker
2015): random effects are b = Lambda u with u standard normal, their mode is found by penalised
iteratively reweighted least squares, and -2 log L is the penalised deviance there plus the
log-determinant of its curvature. Its gradient is exact, so that few evaluations are needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import dpotri
from scipy.optimize import minimize
from scipy.special import expit, gammaln

_NEWTON_STEPS = 60
_SMALL = 1e-4  # a standard deviation of random effects that stands for none


@dataclass(frozen=True, eq=False)
class RandomTerm:
    """Random effects of one kind of unit: an intercept, or an intercept and a slope.

    Attributes
    ----------
    unit : array (rows,)
        Number of the unit of every row, from 0.
    covariates : array (rows, 1 or 2)
        What the effects are multiplied by: ones, and the covariate of the slope.
    """

    unit: np.ndarray
    covariates: np.ndarray

    @property
    def n_units(self) -> int:
        return int(self.unit.max()) + 1

    @property
    def lower(self) -> list[tuple[int, int]]:
        """Places in the lower triangle of the Cholesky factor: (0, 0), (1, 0), (1, 1)."""
        size = self.covariates.shape[1]
        return [(row, column) for column in range(size) for row in range(column, size)]


@dataclass(frozen=True, eq=False)
class LaplaceFit:
    """A fitted model.

    Attributes
    ----------
    beta, covariance : arrays (p,), (p, p)
        Fixed effects; their covariance, with the uncertainty of the random effects' spread.
    factors
        Cholesky factor of the covariance of each term's random effects.
    deviance
        -2 log L, as ``glmer`` prints it.
    converged
        Whether a minimum was found and its curvature is positive.
    """

    beta: np.ndarray
    covariance: np.ndarray
    factors: Sequence[np.ndarray]
    deviance: float
    converged: bool


class _Deviance:
    """-2 log L of a model and its gradient, by fixed effects and factors in one vector."""

    def __init__(
        self, hits: np.ndarray, n: np.ndarray, fixed: np.ndarray, terms: Sequence[RandomTerm]
    ) -> None:
        self.hits, self.n, self.fixed, self.terms = hits, n, fixed, terms
        starts = np.cumsum([0, *(one.n_units * one.covariates.shape[1] for one in terms)])
        self.size = int(starts[-1])
        columns, covariates = list[np.ndarray](), list[np.ndarray]()
        places = list[tuple[int, int, bool]]()
        for start, term in zip(starts, terms, strict=False):
            first = len(columns)
            for number in range(term.covariates.shape[1]):
                columns.append(start + number * term.n_units + term.unit)
                covariates.append(term.covariates[:, number])
            # An entry of the factor puts a covariate (row) on a standard effect (column).
            places += [(first + row, first + column, row == column) for row, column in term.lower]
        self.columns, self.covariates = np.column_stack(columns), np.column_stack(covariates)
        self.places = places
        pairs = self.columns[:, :, None] * self.size + self.columns[:, None, :]
        self._pairs = pairs.ravel()
        self.mode = np.zeros(self.size)
        self._constant = -2 * float(
            (gammaln(n + 1) - gammaln(hits + 1) - gammaln(n - hits + 1)).sum()
        )

    @cached_property
    def bounds(self) -> list[tuple[float | None, float | None]]:
        free = [(None, None)] * self.fixed.shape[1]
        return free + [(0.0, None) if diagonal else (None, None) for *_, diagonal in self.places]

    def _across(self, values: np.ndarray) -> np.ndarray:
        """Return the sums over rows of values ``(rows, columns)`` for every random effect."""
        return np.bincount(self.columns.ravel(), values.ravel(), minlength=self.size)

    def __call__(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        p = self.fixed.shape[1]
        beta, theta = parameters[:p], parameters[p:]
        loadings = np.zeros_like(self.covariates)
        for (row, column, _), value in zip(self.places, theta, strict=True):
            loadings[:, column] += value * self.covariates[:, row]
        offset = self.fixed @ beta
        u, share, factor = self._find_mode(offset, loadings)
        eta = offset + (loadings * u[self.columns]).sum(axis=1)
        rest = self.hits - self.n * share
        weight = self.n * share * (1 - share)
        deviance = self._constant - 2 * float(
            (self.hits * eta - self.n * np.logaddexp(0, eta)).sum()
        )
        deviance += float(u @ u) + 2 * float(np.log(np.diag(factor[0])).sum())

        # The gradient: of the penalised deviance at its mode, and of the log-determinant, whose
        # weights move with the mode.
        inverse, _ = dpotri(factor[0], lower=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        near = inverse.ravel()[self._pairs].reshape(len(eta), *[loadings.shape[1]] * 2)
        reached = np.einsum("rab,rb->ra", near, loadings)  # inverse times loadings of the row
        pull = (reached * loadings).sum(axis=1) * weight * (1 - 2 * share)
        carried = inverse @ self._across(loadings * pull[:, None])
        total = pull - weight * (loadings * carried[self.columns]).sum(axis=1)
        gradient = [*(self.fixed.T @ (total - 2 * rest))]
        for row, column, _ in self.places:
            moved = self.covariates[:, row] * u[self.columns[:, column]]
            direct = float(moved @ (total - 2 * rest))
            tilt = float((self.covariates[:, row] * rest) @ carried[self.columns[:, column]])
            spread = 2 * float((weight * self.covariates[:, row]) @ reached[:, column])
            gradient.append(direct + tilt + spread)
        return deviance, np.array(gradient)

    def _find_mode(
        self, offset: np.ndarray, loadings: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, bool]]:
        """Return the mode of the random effects, the shares there, and the curvature's factor."""

        def penalised(u: np.ndarray) -> tuple[float, np.ndarray]:
            eta = offset + (loadings * u[self.columns]).sum(axis=1)
            loss = (self.n * np.logaddexp(0, eta) - self.hits * eta).sum() + 0.5 * u @ u
            return float(loss), eta

        # From the last mode, unless loadings went so far that no effects at all are nearer.
        starts = [(*penalised(one), one) for one in (self.mode, np.zeros(self.size))]
        loss, eta, u = min(starts, key=lambda one: one[0])
        rounding = 1e-10 + 1e-13 * abs(loss)
        for _ in range(_NEWTON_STEPS):
            share = expit(eta)
            weighted = loadings * (self.n * share * (1 - share))[:, None]
            products = (weighted[:, :, None] * loadings[:, None, :]).ravel()
            curvature = np.bincount(self._pairs, products, minlength=self.size**2).astype(float)
            curvature = curvature.reshape(self.size, self.size) + np.eye(self.size)
            factor = cho_factor(curvature, lower=True, check_finite=False)
            slope = self._across(loadings * (self.hits - self.n * share)[:, None]) - u
            step = cho_solve(factor, slope)
            if float(slope @ step) < 1e-11:
                break
            length = 1.0
            while length > 1e-4:
                tried, tried_eta = penalised(u + length * step)
                if tried <= loss + rounding:
                    break
                length /= 2
            u, loss, eta = u + length * step, tried, tried_eta
        self.mode = u
        return u, share, factor


def fit_laplace(
    hits: np.ndarray, n: np.ndarray, fixed: np.ndarray, terms: Sequence[RandomTerm]
) -> LaplaceFit:
    """Fit a logit with crossed random effects.

    Parameters
    ----------
    hits, n : arrays (rows,)
        Successes and trials of every row.
    fixed : array (rows, p)
        Covariates of the fixed effects, an intercept among them.
    terms
        Random effects, independent of each other; those of one term may correlate.

    Raises
    ------
    numpy.linalg.LinAlgError, ValueError
        If the numbers admit no fit.
    """
    deviance = _Deviance(hits.astype(float), n.astype(float), fixed, terms)
    p = fixed.shape[1]
    share = float(hits.sum() / n.sum())
    start = np.zeros(p + len(deviance.places))
    start[0] = np.log(share / (1 - share))
    start[p:] = [0.5 if diagonal else 0.0 for *_, diagonal in deviance.places]
    found = minimize(
        deviance, start, jac=True, method="L-BFGS-B", bounds=deviance.bounds,
        options={"maxiter": 300, "ftol": 1e-12, "gtol": 1e-5},
    )  # fmt: skip
    covariance, sound = _covariance(deviance, found.x, p)
    factors, theta = [], list(found.x[p:])
    for term in terms:
        factor = np.zeros((term.covariates.shape[1],) * 2)
        for row, column in term.lower:
            factor[row, column] = theta.pop(0)
        factors.append(factor)
    return LaplaceFit(found.x[:p], covariance, factors, float(found.fun), sound)


def _covariance(deviance: _Deviance, best: np.ndarray, p: int) -> tuple[np.ndarray, bool]:
    """Return the fixed effects' covariance by the curvature at the minimum.

    Spreads of random effects that vanish stay as they are: at the end of their range the curvature
    says nothing of them.
    """
    kept = [
        place for place, (low, _) in enumerate(deviance.bounds)
        if low is None or best[place] > _SMALL
    ]  # fmt: skip
    curvature, step = np.empty((len(kept), len(kept))), 1e-4
    for number, place in enumerate(kept):
        ends = []
        for side in (-step, step):
            moved = best.copy()
            moved[place] += side
            ends.append(deviance(moved)[1][kept])
        curvature[number] = (ends[1] - ends[0]) / (2 * step)
    curvature = (curvature + curvature.T) / 4  # of -log L
    for chosen in (curvature, curvature[:p, :p]):
        with np.errstate(invalid="ignore"):
            values = np.linalg.eigvalsh(chosen) if np.isfinite(chosen).all() else np.zeros(1)
        if values.min() > 1e-8 * max(values.max(), 1.0):
            return np.linalg.inv(chosen)[:p, :p], len(chosen) == len(curvature)
    return np.full((p, p), np.nan), False
