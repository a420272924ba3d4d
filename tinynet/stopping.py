"""How an estimator's learning rate falls while it trains, and when its training ends, as in MLPClassifier."""

from .callbacks import EarlyStopping


class InverseScaling:
    """lr / (rows seen so far + 1)^power, after each epoch: learning_rate="invscaling"."""

    def __init__(self, lr, power):
        self.lr, self.power, self.seen = lr, power, 0

    def begin(self, net, x, t):
        self.n = len(x)

    def __call__(self, net, epoch, record):
        self.seen += self.n
        net.optimizer.lr = self.lr / (self.seen + 1) ** self.power


class Stopping(EarlyStopping):
    """Early stopping as estimators have it: on the loss it puts no weights back, and a decay comes before the end.

    With decay, a number, the learning rate is multiplied by it where training would stop, as long as it is above 1e-6.
    """

    state_names = ()  # an estimator is saved as a whole, by pickle

    def __init__(self, monitor, patience, min_delta, decay=None):
        super().__init__(monitor, patience, min_delta)
        self.decay = decay

    def __call__(self, net, epoch, record):
        super().__call__(net, epoch, record)
        if self.monitor == "loss":
            self.params = None
        if self.stopped and self.decay is not None and net.optimizer.lr > 1e-6:
            net.optimizer.lr *= self.decay
            self.waited, self.stopped = 0, False
        return self.stopped
