"""Normalization: mean 0 and variance 1, then a scale and a shift that are learned."""

import numpy as np

from ..checks.settings import as_real
from .layer import Layer
from .windows import broadcast_to_pixels, sum_by_channel

__all__ = ["BatchNorm", "LayerNorm"]


class LayerNorm(Layer):
    """y = gamma x̂ + beta,  x̂ = (x - mean) / s,  s = √(var + eps)

    dx = (dx̂ - mean of dx̂ - x̂ · mean of dx̂ x̂) / s,  dx̂ = gamma dy
    dgamma = sum of dy x̂ over rows and positions      dbeta = sum of dy over rows and positions

    Mean and variance are those of the last axis, for each row and position by itself (Ba, Kiros and
    Hinton, 2016). The same in training and at inference.
    """

    param_names = ("gamma", "beta")

    def __init__(self, eps=1e-5):
        self.eps = as_real("eps", eps, "(0, inf)")
        if self.eps > 1:
            raise ValueError(f"eps is {eps!r}; it must be a small number, such as 1e-5: how many "
                             "inputs there are follows from what comes before")

    def build(self, input_shape, rng):
        if input_shape[-1] < 2:
            raise ValueError(f"{self!r} cannot take an input of shape {input_shape}: a number "
                             "minus the mean of itself is always 0; leave it out, or use "
                             "BatchNorm()")
        self.gamma, self.beta = np.ones(input_shape[-1]), np.zeros(input_shape[-1])
        return input_shape

    def forward(self, x, training=False):
        centred = x - x.mean(axis=-1, keepdims=True)
        s = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + self.eps)
        x_hat = centred / s
        return self.gamma * x_hat + self.beta, (x_hat, s)

    def backward(self, dy, cache):
        x_hat, s = cache
        self.dgamma, self.dbeta = sum_by_channel(dy * x_hat), sum_by_channel(dy)
        dx_hat = self.gamma * dy
        mean = dx_hat.mean(axis=-1, keepdims=True)
        mean_with_x_hat = (dx_hat * x_hat).mean(axis=-1, keepdims=True)
        return (dx_hat - mean - x_hat * mean_with_x_hat) / s


class BatchNorm(Layer):
    """y = gamma x̂ + beta,  x̂ = (x - mean) / s,  s = √(var + eps)

    in training    dx = gamma (dy - mean of dy - x̂ · mean of dy x̂) / s
    at inference   dx = gamma dy / s
    dgamma = sum of dy x̂ over rows and positions      dbeta = sum of dy over rows and positions

    In training, mean and variance are those of the batch, over all axes but the last (Ioffe and
    Szegedy, 2015), and with m values in each mean

        running_mean <- momentum running_mean + (1 - momentum) mean
        running_var  <- momentum running_var + (1 - momentum) m / (m - 1) var

    At inference, and in training where the layer is frozen, they are the running ones. A batch with
    one value in each mean leaves those as they are.
    """

    param_names = ("gamma", "beta")
    state_names = ("running_mean", "running_var")

    def __init__(self, momentum=0.9, eps=1e-5):
        self.momentum = as_real("momentum", momentum, "[0, 1)")
        self.eps = as_real("eps", eps, "(0, inf)")

    def build(self, input_shape, rng):
        channels = input_shape[-1]
        self.gamma, self.beta = np.ones(channels), np.zeros(channels)
        self.running_mean, self.running_var = np.zeros(channels), np.ones(channels)
        return input_shape

    def check_array(self, name, array):
        if name == "running_var" and (array < 0).any():
            channel = (array < 0).argmax()
            raise ValueError(f"{self!r} has a variance of {array[channel]:.4g} in channel "
                             f"{channel}; it must be at least 0 (is it the running_mean?)")

    def forward(self, x, training=False):
        training = training and self.trainable
        m = x.size // x.shape[-1]
        mean = sum_by_channel(x) / m if training else self.running_mean
        centred = x - broadcast_to_pixels(mean, x)
        var = sum_by_channel(centred * centred) / m if training else self.running_var
        s = np.sqrt(var + self.eps)
        x_hat = centred / broadcast_to_pixels(s, x)
        if training:
            # an x is complex in the test by complex steps
            self._update_running(mean.real, var.real, m)
        y = x_hat * broadcast_to_pixels(self.gamma, x)
        y += broadcast_to_pixels(self.beta, x)
        return y, (x_hat, s, training)

    def _update_running(self, mean, var, m):
        """Bring the running statistics nearer to those of this batch of m values in each mean."""
        if m > 1:
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            unbiased_var = m / (m - 1) * var
            self.running_var = (self.momentum * self.running_var
                                + (1 - self.momentum) * unbiased_var)

    def backward(self, dy, cache):
        x_hat, s, training = cache
        self.dgamma, self.dbeta = sum_by_channel(dy * x_hat), sum_by_channel(dy)
        slope = broadcast_to_pixels(self.gamma / s, dy)
        if not training:
            return dy * slope
        m = dy.size // dy.shape[-1]
        mean = broadcast_to_pixels(self.dbeta / m, dy)
        mean_with_x_hat = broadcast_to_pixels(self.dgamma / m, dy)
        return (dy - mean - x_hat * mean_with_x_hat) * slope
