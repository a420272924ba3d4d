"""Habits: what Keras, PyTorch and scikit-learn call an argument, and what it is called here."""

import difflib
import functools
import inspect

INPUTS = ("the number of inputs follows from the layer before, and for the first layer from the "
          "input_shape of the network")
OPTIMIZER = "the optimizer is an argument of fit: net.fit(x, t, optimizer=Adam(lr=0.01))"
SCORE = ("which score is recorded follows from the loss and the form of t; a callback "
         "f(net, epoch, record) may add others to the record")
SEED = "pass rng=0, which seeds everything"
LAYER = {  # for every layer
    "input_shape": INPUTS, "input_dim": INPUTS, "in_features": INPUTS, "in_channels": INPUTS,
    "num_features": INPUTS, "normalized_shape": INPUTS,
    "activation": "an activation is a layer of its own: {place}(...), ReLU()",
    "use_bias": "there always is a bias", "bias": "there always is a bias",
    "out_features": "pass units", "out_channels": "pass filters",
    "kernel_initializer": "pass init", "weight_init": "pass init",
    "kernel_regularizer": "the penalty of the weights is an argument of fit: l2=1e-4",
    "strides": "pass stride", "pool_size": "pass size", "p": "pass rate", "epsilon": "pass eps",
    "seed": "the rng of the network seeds its layers: Sequential(..., rng=0)",
    "trainable": "set it afterwards: layer.trainable = False",
}
LOSS = {
    "from_logits": "SoftmaxCrossEntropy() and SigmoidCrossEntropy() take logits, CrossEntropy() "
                   "and BinaryCrossEntropy() probabilities",
    "reduction": "a loss is the mean over the rows; those of regression take mean_over=",
    "size_average": "a loss is the mean over the rows; those of regression take mean_over=",
    "weight": "weights are arguments of fit: class_weight and sample_weight",
    "class_weight": "weights are arguments of fit: class_weight and sample_weight",
    "pos_weight": "weights are arguments of fit: class_weight={0: 1, 1: 3}",
    "beta": "pass delta",
}
OF_OPTIMIZER = {
    "learning_rate": "pass lr", "learning_rate_init": "pass lr", "eta": "pass lr",
    "beta_1": "pass beta1", "beta_2": "pass beta2", "betas": "pass beta1 and beta2",
    "epsilon": "pass eps", "alpha": "pass rho", "use_nesterov": "pass nesterov",
    "params": "the parameters are those of the network that fit trains",
    "weight_decay": "AdamW has it; for others, fit has l2",
    "clipnorm": "fit has clip_norm", "global_clipnorm": "fit has clip_norm",
    "decay": "lr may be a schedule, such as ExponentialDecay",
}
WATCH = {
    "restore_best_weights": 'restore is "stopped", "always" or "never"', "tol": "pass min_delta",
    "n_iter_no_change": "pass patience",
}
CHECKPOINT = {
    "filepath": "pass path", "save_freq": "pass every, a number of epochs", "period": "pass every",
    "save_best_only": "pass monitor, the column that must have become better",
}
ROWS = {"y": "the targets are called t", "X": "the rows are called x"}
WEIGHTS = {"sample_weights": "pass sample_weight", "class_weights": "pass class_weight"}
AT_INFERENCE = {
    "batch_size": "rows go through the network in blocks that suit the memory",
    "verbose": "it shows nothing",
}
HABITS = {
    "Layer": LAYER, "Loss": LOSS, "Optimizer": OF_OPTIMIZER, "Watch": WATCH,
    "Checkpoint": CHECKPOINT,
    "Sequential": {
        "optimizer": OPTIMIZER, "lr": OPTIMIZER, "learning_rate": OPTIMIZER, "metrics": SCORE,
        "input_dim": "pass input_shape", "n_features": "pass input_shape",
        "seed": SEED, "random_state": SEED, "criterion": "pass loss",
    },
    "fit": ROWS | WEIGHTS | {
        "validation_split": "pass validation=0.2 for a share of the rows",
        "validation_data": "pass validation=(x, t)",
        "validation_fraction": "pass validation=0.2 for a share of the rows",
        "validation_batch_size": AT_INFERENCE["batch_size"], "metrics": SCORE,
        "lr": "pass optimizer=Adam(lr=0.01)", "learning_rate": "pass optimizer=Adam(lr=0.01)",
        "callback": "pass callbacks",
        "loss": "the loss belongs to the network: Sequential(..., loss=SoftmaxCrossEntropy())",
        "n_epochs": "pass epochs", "num_epochs": "pass epochs", "nb_epoch": "pass epochs",
        "max_iter": "pass epochs", "steps_per_epoch": "pass batch_size",
        "initial_epoch": "fit goes on after the last epoch, and epochs are further ones",
        "early_stopping": "pass callbacks=[EarlyStopping()]",
        "patience": "pass callbacks=[EarlyStopping(patience=5)]",
        "weight_decay": "pass optimizer=AdamW(weight_decay=0.01), or l2=1e-4",
        "alpha": "pass l2", "clipnorm": "pass clip_norm", "max_norm": "pass clip_norm",
        "momentum": "pass optimizer=SGD(lr=0.1, momentum=0.9)",
        "seed": SEED, "random_state": SEED,
    },
    "evaluate": ROWS | WEIGHTS | AT_INFERENCE | {"metrics": SCORE},
    "predict": ROWS | AT_INFERENCE, "gradient": ROWS,
}


def names_the_argument(call):
    """A decorator: where a call does not fit the parameters, the TypeError says what fits."""
    @functools.wraps(call)
    def call_or_explain(*arguments, **settings):
        try:
            return call(*arguments, **settings)
        except TypeError as error:
            explanation = explain_arguments(call, arguments, settings, str(error))
            if explanation is None:
                raise
            raise TypeError(explanation) from None

    return call_or_explain


def explain_arguments(call, arguments, settings, said):
    """What to pass to a method or a constructor instead; None if these arguments do fit it."""
    signature = inspect.signature(call)
    try:
        signature.bind(*arguments, **settings)
        return None
    except TypeError:
        names = [name for name in signature.parameters if name != "self"]
    owners = find_owners(call, arguments)
    if call.__name__ == "__init__":
        said = said.replace(call.__qualname__, owners[0])
    unknown = next((name for name in settings if name not in names), None)
    if unknown is None:
        return f"{said}; the arguments are {', '.join(names)}"
    advice = next((HABITS[place][unknown] for place in owners
                   if unknown in HABITS.get(place, ())), None)
    if advice is None:
        similar = difflib.get_close_matches(unknown, names, n=1)
        advice = f"is it {similar[0]}?" if similar else f"the arguments are {', '.join(names)}"
    return f"{said}; {advice.format(place=owners[0])}"


def find_owners(call, arguments):
    """The names under which habits are listed: of a method, or of the class that a constructor
    makes and of its bases.
    """
    if call.__name__ != "__init__":
        return [call.__name__]
    classes = type(arguments[0]).__mro__
    # a subclass with a constructor of its own may have passed on an argument
    first = next((i for i, cls in enumerate(classes) if inspect.unwrap(cls.__init__) is call), 0)
    return [cls.__name__ for cls in classes[first:]]


class ForeignName:
    """An attribute by the name of another library: setting it is an AttributeError that says what
    to do, unless a class of one's own takes it in its constructor.
    """

    def __init__(self, advice):
        self.advice = advice

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, thing, owner=None):
        if thing is None:
            return self
        if self.name not in vars(thing):
            raise self.error(thing)
        return vars(thing)[self.name]

    def __set__(self, thing, value):
        if self.name not in inspect.signature(type(thing)).parameters:
            raise self.error(thing)
        vars(thing)[self.name] = value

    def error(self, thing):
        return AttributeError(f"{type(thing).__name__} has no attribute {self.name!r}; "
                              f"{self.advice}")
