"""Formulas of normalization: means over a row, or over a channel of the batch."""

import numpy as np

from ....layers import BatchNorm, LayerNorm
from .base import Formulas
from .expressions import Number, Square, total
from .functions import sqrt


class OfLayerNorm(Formulas):
    @staticmethod
    def extras(layer, x, cache):
        x_hat, s = cache
        return {"mean": x.mean(axis=-1), "var": x.var(axis=-1), "s": s[..., 0], "x_hat": x_hat}

    @staticmethod
    def extras_of_backward(layer, arrays):
        dx_hat = layer.gamma * arrays["dy"]
        return {"dx_hat": dx_hat, "mean_dx_hat": dx_hat.mean(axis=-1),
                "mean_dx_hat_x_hat": (dx_hat * arrays["x_hat"]).mean(axis=-1)}

    def mean(self, *row):
        x = self.cells("x")
        return total(x[*row, j] for j in range(x.shape[-1])) / Number(x.shape[-1], "k")

    def var(self, *row):
        x, mean = self.cells("x", "mean")
        squares = total(Square(x[*row, j] - mean[row]) for j in range(x.shape[-1]))
        return squares / Number(x.shape[-1], "k")

    def s(self, *row):
        return sqrt(self.cells("var")[row] + self.setting("eps"))

    def x_hat(self, *index):
        x, mean, s = self.cells("x", "mean", "s")
        return (x[index] - mean[index[:-1]]) / s[index[:-1]]

    def y(self, *index):
        gamma, x_hat, beta = self.cells("gamma", "x_hat", "beta")
        return gamma[index[-1]] * x_hat[index] + beta[index[-1]]

    def dgamma(self, j):
        dy, x_hat = self.cells("dy", "x_hat")
        return total(dy[*row, j] * x_hat[*row, j] for row in np.ndindex(dy.shape[:-1]))

    def dbeta(self, j):
        dy = self.cells("dy")
        return total(dy[*row, j] for row in np.ndindex(dy.shape[:-1]))

    def dx_hat(self, *index):
        gamma, dy = self.cells("gamma", "dy")
        return gamma[index[-1]] * dy[index]

    def mean_dx_hat(self, *row):
        dx_hat = self.cells("dx_hat")
        k = dx_hat.shape[-1]
        return total(dx_hat[*row, j] for j in range(k)) / Number(k, "k")

    def mean_dx_hat_x_hat(self, *row):
        dx_hat, x_hat = self.cells("dx_hat", "x_hat")
        k = dx_hat.shape[-1]
        return total(dx_hat[*row, j] * x_hat[*row, j] for j in range(k)) / Number(k, "k")

    def dx(self, *index):
        row = index[:-1]
        dx_hat, x_hat = self.cells("dx_hat", "x_hat")
        mean, mean_with_x_hat, s = self.cells("mean_dx_hat", "mean_dx_hat_x_hat", "s")
        return (dx_hat[index] - mean[row] - x_hat[index] * mean_with_x_hat[row]) / s[row]


class OfBatchNorm(Formulas):
    """In training; and at inference, as where the layer is frozen."""

    @staticmethod
    def extras(layer, x, cache):
        x_hat, s, training = cache
        axes = tuple(range(x.ndim - 1))
        mean, var = ((x.mean(axis=axes), x.var(axis=axes)) if training else
                     (layer.running_mean, layer.running_var))
        return {"mean": mean, "var": var, "s": s, "x_hat": x_hat}

    def column(self, name, j):
        """All entries of a channel: a column, or all pixels of all rows."""
        cells = self.cells(name)
        return [cells[*row, j] for row in np.ndindex(cells.shape[:-1])]

    @property
    def m(self):
        """How many numbers are in each mean."""
        x = self.cells("x")
        return Number(x.array.size // x.shape[-1], "m")

    @property
    def is_training(self):
        return self.thing.trainable

    def mean(self, j):
        if not self.is_training:
            return self.cells("running_mean")[j]
        return total(self.column("x", j)) / self.m

    def var(self, j):
        if not self.is_training:
            return self.cells("running_var")[j]
        mean = self.cells("mean")[j]
        return total(Square(x - mean) for x in self.column("x", j)) / self.m

    s = OfLayerNorm.s

    def x_hat(self, *index):
        x, mean, s = self.cells("x", "mean", "s")
        return (x[index] - mean[index[-1]]) / s[index[-1]]

    y, dgamma, dbeta = OfLayerNorm.y, OfLayerNorm.dgamma, OfLayerNorm.dbeta

    def dx(self, *index):
        j = index[-1]
        dy, x_hat = (cells[index] for cells in self.cells("dy", "x_hat"))
        gamma, s, dgamma, dbeta = (cells[j] for cells in self.cells("gamma", "s", "dgamma",
                                                                    "dbeta"))
        if not self.is_training:
            return gamma * dy / s
        return gamma * (dy - dbeta / self.m - x_hat * (dgamma / self.m)) / s

    def running_mean_after(self, j):
        if not self._updates:
            return self.cells("running_mean")[j]
        momentum = self.setting("momentum")
        return (momentum * self.cells("running_mean")[j]
                + (1 - momentum) * self.cells("mean")[j])

    def running_var_after(self, j):
        if not self._updates:
            return self.cells("running_var")[j]
        momentum, m = self.setting("momentum"), self.m
        return (momentum * self.cells("running_var")[j]
                + (1 - momentum) * (m / (m - 1)) * self.cells("var")[j])

    @property
    def _updates(self):
        """Whether the running statistics change."""
        return self.is_training and self.m.value > 1


OF_NORMALIZATION = {LayerNorm: OfLayerNorm, BatchNorm: OfBatchNorm}
