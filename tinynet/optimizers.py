"""Optimizers: how gradients change parameters, all of them at once, as flat vectors."""

import copy
import math

import numpy as np

from .checks.habits import ForeignName
from .checks.settings import Configured, as_flag, as_learning_rate, as_real
from .layers.arrays import aligned_zeros

__all__ = ["Optimizer", "SGD", "RMSprop", "Adam", "AdamW"]


class Optimizer(Configured):
    """What every optimizer keeps to.

    lr, the learning rate, is a number, or a function of the number of steps made so far; `last_lr`
    is that of the last step. `steps` and the vectors in state_names are an optimizer's memory; they
    belong to the first parameters that it steps. `decays`, which `fit` sets, is a vector with 1 for
    the parameters that weight decay is for and 0 for the rest; None stands for all.

    An optimizer of your own needs one method:

        class SignSGD(Optimizer):
            '''params <- params - lr sign(grads)'''

            def __init__(self, lr=0.01):
                self.lr = lr

            def step(self, params, grads):
                lr = self.begin_step(params)        # counts the step
                params -= lr * np.sign(grads)       # in place
    """

    state_names = ()    # ("m", "v"): vectors as long as params, zeros at first
    decays = None       # for AdamW: a 0/1 vector of the parameters that decay; None stands for all
    steps = 0
    last_lr = math.nan  # the learning rate of the last step
    _params = None
    learning_rate = ForeignName("the learning rate is lr")

    def step(self, params, grads):
        """Change params, in place."""
        raise NotImplementedError(f"{type(self).__name__} needs a method step(self, params, grads)")

    def begin_step(self, params):
        """Count the step, and return its learning rate."""
        if params is not self._params:
            self._attach(params)
        self.last_lr = lr = self.current_lr()
        self.steps += 1
        return lr

    def current_lr(self):
        """The learning rate of the next step; a ValueError if it is not a number in [0, inf)."""
        lr = self.lr(self.steps) if callable(self.lr) else self.lr
        if type(lr) is float and 0 <= lr < math.inf:
            return lr
        return as_real(f"the learning rate of step {self.steps}", lr, "[0, inf)")

    def recorded_lr(self):
        """The learning rate of the last step, also of an optimizer that leaves out begin_step."""
        return self.current_lr() if math.isnan(self.last_lr) else self.last_lr

    def _attach(self, params):
        """Belong to params from now on; a ValueError if these are not the ones it belongs to."""
        if params is self._params:
            return
        if self._params is not None:
            raise ValueError(f"this {self!r} has been used for another network; make a new one")
        for name in self.state_names:
            if name not in vars(self):
                setattr(self, name, aligned_zeros(params.size, params.dtype))
            elif getattr(self, name).shape != params.shape:
                raise ValueError(f"this copy of {self!r} remembers {getattr(self, name).size} "
                                 f"parameters, not {params.size}; make a new one")
        self._params = params

    def __copy__(self):
        return copy.deepcopy(self)  # two optimizers cannot share vectors

    def __getstate__(self):
        """For copy and pickle: a copy goes on with the memory of this one, for the next parameters
        that it steps.
        """
        return {name: value
                for name, value in vars(self).items() if name != "_params"} | {"_form": 2}

    def __setstate__(self, state):
        if state.get("_form") != 2:
            raise ValueError(f"this {type(self).__name__} was pickled by tinynet 0.1, which kept "
                             "other vectors than those of the published formulas; make a new one")
        vars(self).update({name: np.array(value) if isinstance(value, np.ndarray) else value
                           for name, value in state.items() if name != "_form"})


class SGD(Optimizer):
    """Stochastic gradient descent (Robbins and Monro, 1951).

        params <- params - lr grads

    with momentum (Polyak, 1964)

        v <- momentum v + grads
        params <- params - lr v

    and with nesterov=True (Nesterov, 1983; in this form Bengio, Boulanger-Lewandowski and Pascanu,
    2013)

        params <- params - lr (grads + momentum v)
    """

    state_names = ("v",)

    def __init__(self, lr=0.1, momentum=0.0, nesterov=False):
        self.lr = as_learning_rate(lr)
        self.momentum = as_real("momentum", momentum, "[0, 1)")
        self.nesterov = as_flag("nesterov", nesterov)
        if nesterov and momentum == 0:
            raise ValueError("nesterov=True needs a momentum above 0, such as momentum=0.9")

    def step(self, params, grads):
        lr, direction = self.begin_step(params), grads
        if self.momentum:
            self.v *= self.momentum
            self.v += grads
            direction = grads + self.momentum * self.v if self.nesterov else self.v
        params -= lr * direction


class RMSprop(Optimizer):
    """Each gradient divided by the root of its mean square of late (Hinton, lecture 6e, 2012).

        v <- rho v + (1 - rho) grads²
        params <- params - lr grads / (√v + eps)
    """

    state_names = ("v",)

    def __init__(self, lr=0.001, rho=0.9, eps=1e-8):
        self.lr = as_learning_rate(lr)
        self.rho = as_real("rho", rho, "[0, 1)")
        self.eps = as_real("eps", eps, "(0, inf)")

    def step(self, params, grads):
        lr = self.begin_step(params)
        self.v *= self.rho
        self.v += (1 - self.rho) * grads * grads
        params -= lr * grads / (np.sqrt(self.v) + self.eps)


class Adam(Optimizer):
    """Momentum and a rate for each parameter (Kingma and Ba, 2015).

        m <- beta1 m + (1 - beta1) grads            m̂ = m / (1 - beta1^steps)
        v <- beta2 v + (1 - beta2) grads²           v̂ = v / (1 - beta2^steps)
        params <- params - lr m̂ / (√v̂ + eps)

    The last line is computed in the order that the paper recommends at the end of its section 2,
    which takes fewer operations on whole vectors: with r = √(1 - beta2^steps),

        params <- params - (lr r / (1 - beta1^steps)) m / (√v + eps r)
    """

    state_names = ("m", "v")

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr = as_learning_rate(lr)
        self.beta1 = as_real("beta1", beta1, "[0, 1)")
        self.beta2 = as_real("beta2", beta2, "[0, 1)")
        self.eps = as_real("eps", eps, "(0, inf)")

    def step(self, params, grads):
        self.move(params, grads, lr=self.begin_step(params))

    def move(self, params, grads, lr):
        """The step itself, with this learning rate."""
        m, v = self.m, self.v
        m *= self.beta1
        m += (1 - self.beta1) * grads
        v *= self.beta2
        v += (1 - self.beta2) * (grads * grads)
        r = math.sqrt(1 - self.beta2 ** self.steps)
        change = np.sqrt(v)
        change += self.eps * r
        np.divide(m, change, out=change)
        change *= lr * r / (1 - self.beta1 ** self.steps)
        params -= change


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019).

        params <- params - lr weight_decay params, where they decay, and then the step of Adam

    `fit` lets weights decay, but not biases and the like: what has two or more dimensions.
    """

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
        super().__init__(lr, beta1, beta2, eps)
        self.weight_decay = as_real("weight_decay", weight_decay, "[0, inf)")

    def step(self, params, grads):
        lr = self.begin_step(params)
        params *= 1 - lr * self.weight_decay * (1 if self.decays is None else self.decays)
        self.move(params, grads, lr)
