"""Formulas of normalization: means over a row, or over a channel of the batch."""

import numpy as np

from ....layers import BatchNorm, LayerNorm
from ....layers.windows import sum_by_channel
from .base import Formulas
from .expressions import Number, Square, total
from .functions import sqrt


class OfNormalization(Formulas):
    """y = gamma x̂ + beta. `group` is the index of the mean and the s that a number belongs to."""

    def group(self, index):
        raise NotImplementedError

    def of_s(self, *group):
        return sqrt(self.cells_of("var")[group] + self.setting("eps"))

    def of_x_hat(self, *index):
        mean, s = self.at(self.group(index), "mean", "s")
        return (self.cells_of("x")[index] - mean) / s

    def of_y(self, *index):
        gamma, beta = self.at(index[-1], "gamma", "beta")
        return gamma * self.cells_of("x_hat")[index] + beta

    def of_dgamma(self, j):
        dy, x_hat = self.cells("dy", "x_hat")
        return total(dy[*row, j] * x_hat[*row, j] for row in np.ndindex(dy.shape[:-1]))

    def of_dbeta(self, j):
        dy = self.cells_of("dy")
        return total(dy[*row, j] for row in np.ndindex(dy.shape[:-1]))


class OfLayerNorm(OfNormalization):
    def find_extras(self, x, cache):
        x_hat, s = cache
        return {"mean": x.mean(axis=-1), "var": x.var(axis=-1), "s": s[..., 0], "x_hat": x_hat}

    def find_extras_of_backward(self, arrays):
        dx_hat = self.thing.gamma * arrays["dy"]
        return {"dx_hat": dx_hat, "mean_dx_hat": dx_hat.mean(axis=-1),
                "mean_dx_hat_x_hat": (dx_hat * arrays["x_hat"]).mean(axis=-1)}

    def group(self, index):
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
        return self.cells_of("gamma")[index[-1]] * self.cells_of("dy")[index]

    def of_mean_dx_hat(self, *row):
        return self.mean_of(self.row("dx_hat", row))

    def of_mean_dx_hat_x_hat(self, *row):
        return self.mean_of(dx_hat * x_hat for dx_hat, x_hat in zip(
            self.row("dx_hat", row), self.row("x_hat", row)))

    def of_dx(self, *index):
        dx_hat, x_hat = self.at(index, "dx_hat", "x_hat")
        mean, mean_with_x_hat, s = self.at(index[:-1], "mean_dx_hat", "mean_dx_hat_x_hat", "s")
        return (dx_hat - mean - x_hat * mean_with_x_hat) / s


class OfBatchNorm(OfNormalization):
    """With the statistics of the batch, or with the running ones where the layer is frozen."""

    def find_extras(self, x, cache):
        (x_hat, s, training), m = cache, x.size // x.shape[-1]
        mean, var = self.thing.running_mean, self.thing.running_var
        if training:
            mean = sum_by_channel(x) / m  # to the bit that of the layer, also where it is nearly 0
            var = x.var(axis=tuple(range(x.ndim - 1)))
        return {"mean": mean, "var": var, "s": s, "x_hat": x_hat}

    def group(self, index):
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
        dy, x_hat = self.at(index, "dy", "x_hat")
        gamma, s, dgamma, dbeta = self.at(index[-1], "gamma", "s", "dgamma", "dbeta")
        if not self.is_training:
            return gamma * dy / s
        return gamma * (dy - dbeta / self.m - x_hat * (dgamma / self.m)) / s

    def of_running_mean_after(self, j):
        running, mean = self.at(j, "running_mean", "mean")
        return self.update(running, mean)

    def of_running_var_after(self, j):
        running, var = self.at(j, "running_var", "var")
        return self.update(running, self.m / (self.m - 1) * var)

    def update(self, running, latest):
        """The running statistic after a batch; one with a single value in each mean does not count.
        """
        if not self.is_training or self.m.value == 1:
            return running
        momentum = self.setting("momentum")
        return momentum * running + (1 - momentum) * latest


OF_NORMALIZATION = {LayerNorm: OfLayerNorm, BatchNorm: OfBatchNorm}
