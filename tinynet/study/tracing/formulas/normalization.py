"""Formulas of normalization: means over a row, or over a channel of the batch."""

import numpy as np

from ....layers import BatchNorm, LayerNorm
from .base import Formulas
from .expressions import Number, Square, total
from .functions import sqrt


class OfNormalization(Formulas):
    """y = gamma x̂ + beta; which mean and s belong to a number, `place` says by its index."""

    def of_s(self, *place):
        return sqrt(self.cells_of("var")[place] + self.setting("eps"))

    def of_x_hat(self, *index):
        x, mean, s = self.cells("x", "mean", "s")
        place = self.place(index)
        return (x[index] - mean[place]) / s[place]

    def of_y(self, *index):
        gamma, x_hat, beta = self.cells("gamma", "x_hat", "beta")
        return gamma[index[-1]] * x_hat[index] + beta[index[-1]]

    def of_dgamma(self, j):
        dy, x_hat = self.cells("dy", "x_hat")
        return total(dy[*row, j] * x_hat[*row, j] for row in np.ndindex(dy.shape[:-1]))

    def of_dbeta(self, j):
        dy = self.cells_of("dy")
        return total(dy[*row, j] for row in np.ndindex(dy.shape[:-1]))


class OfLayerNorm(OfNormalization):
    @staticmethod
    def extras(layer, x, cache):
        x_hat, s = cache
        return {"mean": x.mean(axis=-1), "var": x.var(axis=-1), "s": s[..., 0], "x_hat": x_hat}

    @staticmethod
    def extras_of_backward(layer, arrays):
        dx_hat = layer.gamma * arrays["dy"]
        return {"dx_hat": dx_hat, "mean_dx_hat": dx_hat.mean(axis=-1),
                "mean_dx_hat_x_hat": (dx_hat * arrays["x_hat"]).mean(axis=-1)}

    def place(self, index):
        return index[:-1]

    def mean_of(self, numbers):
        """The mean of the k numbers of a row."""
        numbers = list(numbers)
        return total(numbers) / Number(len(numbers), "k")

    def row(self, name, row):
        """All entries of a row."""
        cells = self.cells_of(name)
        return [cells[*row, j] for j in range(cells.shape[-1])]

    def of_mean(self, *row):
        return self.mean_of(self.row("x", row))

    def of_var(self, *row):
        mean = self.cells_of("mean")[row]
        return self.mean_of(Square(x - mean) for x in self.row("x", row))

    def of_dx_hat(self, *index):
        gamma, dy = self.cells("gamma", "dy")
        return gamma[index[-1]] * dy[index]

    def of_mean_dx_hat(self, *row):
        return self.mean_of(self.row("dx_hat", row))

    def of_mean_dx_hat_x_hat(self, *row):
        return self.mean_of(dx_hat * x_hat for dx_hat, x_hat in zip(
            self.row("dx_hat", row), self.row("x_hat", row)))

    def of_dx(self, *index):
        dx_hat, x_hat = (cells[index] for cells in self.cells("dx_hat", "x_hat"))
        mean, mean_with_x_hat, s = (cells[index[:-1]] for cells in self.cells(
            "mean_dx_hat", "mean_dx_hat_x_hat", "s"))
        return (dx_hat - mean - x_hat * mean_with_x_hat) / s


class OfBatchNorm(OfNormalization):
    """In training; and at inference, as where the layer is frozen."""

    @staticmethod
    def extras(layer, x, cache):
        x_hat, s, training = cache
        axes = tuple(range(x.ndim - 1))
        mean, var = ((x.mean(axis=axes), x.var(axis=axes)) if training else
                     (layer.running_mean, layer.running_var))
        return {"mean": mean, "var": var, "s": s, "x_hat": x_hat}

    def place(self, index):
        return index[-1:]

    @property
    def is_training(self):
        return self.thing.trainable

    @property
    def m(self):
        """How many numbers are in each mean."""
        x = self.cells_of("x")
        return Number(x.array.size // x.shape[-1], "m")

    def channel(self, j):
        """All x of a channel: a column, or all pixels of all rows."""
        x = self.cells_of("x")
        return [x[*row, j] for row in np.ndindex(x.shape[:-1])]

    def of_mean(self, j):
        if not self.is_training:
            return self.cells_of("running_mean")[j]
        return total(self.channel(j)) / self.m

    def of_var(self, j):
        if not self.is_training:
            return self.cells_of("running_var")[j]
        mean = self.cells_of("mean")[j]
        return total(Square(x - mean) for x in self.channel(j)) / self.m

    def of_dx(self, *index):
        dy, x_hat = (cells[index] for cells in self.cells("dy", "x_hat"))
        gamma, s, dgamma, dbeta = (cells[index[-1]] for cells in self.cells(
            "gamma", "s", "dgamma", "dbeta"))
        if not self.is_training:
            return gamma * dy / s
        return gamma * (dy - dbeta / self.m - x_hat * (dgamma / self.m)) / s

    def of_running_mean_after(self, j):
        mean, running = (cells[j] for cells in self.cells("mean", "running_mean"))
        return self.update(running, mean)

    def of_running_var_after(self, j):
        var, running = (cells[j] for cells in self.cells("var", "running_var"))
        return self.update(running, self.m / (self.m - 1) * var)

    def update(self, running, latest):
        """The running statistic after a batch; one with a single value in each mean does not count.
        """
        if not self.is_training or self.m.value == 1:
            return running
        momentum = self.setting("momentum")
        return momentum * running + (1 - momentum) * latest


OF_NORMALIZATION = {LayerNorm: OfLayerNorm, BatchNorm: OfBatchNorm}
