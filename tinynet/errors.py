"""Errors that have a name of their own."""


class ModelFileError(ValueError):
    """What a file holds is not a model that this tinynet can take; nothing was taken from it."""


class DivergenceError(ArithmeticError):
    """Training came to a loss or a gradient that is not finite.

    The weights, the optimizer and the running statistics are those before that batch.

    epoch, batch: where it happened, both counted from 1; batch is None if it showed at the end of the epoch
    last_loss: the loss of the batch before, or None if it was the first
    """

    def __init__(self, message, epoch=None, batch=None, last_loss=None):
        super().__init__(message)
        self.epoch, self.batch, self.last_loss = epoch, batch, last_loss

    def __reduce__(self):
        return type(self), (*self.args, self.epoch, self.batch, self.last_loss)
