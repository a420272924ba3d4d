"""scikit-learn's own callbacks, such as ProgressBar and ScoringMonitor, are told of each epoch.

They came with scikit-learn 1.9 and are experimental there; for older versions the estimators do
without.
"""

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:
    class CallbackSupportMixin:
        """Stands for the one of scikit-learn 1.9, which gives an estimator the method
        set_callbacks.
        """

    def with_callbacks(method):
        """Stands for the one of scikit-learn 1.9, which tears callbacks down after the method."""
        return method


class EpochTasks:
    """A callback of ours that calls scikit-learn's: a fit is a task for them, and each epoch a task
    within it.

    attributes    function () -> what a copy of the estimator needs to predict as if fit had stopped
                  now
    """

    def __init__(self, estimator, X, y, sample_weight, epochs, attributes):
        self.estimator, self.epochs_left, self.attributes = estimator, epochs, attributes
        self.data = {"X": X, "y": y,
                     "metadata": None if sample_weight is None
                     else {"sample_weight": sample_weight}}
        self.fit_task = estimator._init_callback_context(max_subtasks=epochs)
        self.fit_task.call_on_fit_task_begin(estimator=estimator, **self.data)
        self.epoch_task = None

    def begin(self, net, x, t):
        self.start_epoch()

    def start_epoch(self):
        self.epoch_task = None
        if self.epochs_left:
            self.epochs_left -= 1
            self.epoch_task = self.fit_task.subcontext(task_name="epoch")
            self.epoch_task.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def __call__(self, net, epoch, record):
        stop = self.epoch_task.call_on_fit_task_end(estimator=self.estimator, **self.data,
                                                    reconstruction_attributes=self.attributes())
        self.start_epoch()
        return bool(stop)

    def end(self, net):
        if self.epoch_task is not None:  # begun, and not to be made any more
            self.epoch_task.call_on_fit_task_end(estimator=self.estimator)

    def close(self):
        """Call when the estimator is fitted."""
        self.fit_task.call_on_fit_task_end(estimator=self.estimator, **self.data,
                                           reconstruction_attributes=self.attributes())
