"""Habits: what Keras, PyTorch and scikit-learn call an argument, and what it is called here."""

import difflib
import functools
import inspect

INPUTS = ("the number of inputs follows from the layer before, and for the first layer from the "
          "input_shape of the network")
SCORE = ("which score is recorded follows from the loss and the form of t; a callback "
         "f(net, epoch, record) may add others to the record")
SEED = "pass rng=0, which seeds everything"
IN_FIT = "the optimizer is an argument of fit: net.fit(x, t, optimizer=Adam(lr=0.01))"
WEIGHTED = "weights are arguments of fit: class_weight and sample_weight"
MEAN = "a loss is the mean over the rows; those of regression take mean_over="
ROWS = {"y": "the targets are called t", "X": "the rows are called x"}
WEIGHTS = {"sample_weights": "pass sample_weight", "class_weights": "pass class_weight"}
AT_INFERENCE = {
    "batch_size": "rows go through the network in blocks that suit the memory",
    "verbose": "evaluate and predict print nothing",
}
WITH_INPUTS = {
    **dict.fromkeys(["input_shape", "input_dim", "in_features", "in_channels"], INPUTS),
    "activation": "an activation is a layer of its own: {place}(...), ReLU()",
    "use_bias": "there always is a bias", "bias": "there always is a bias",
    "kernel_regularizer": "the penalty of the weights is an argument of fit: l2=1e-4",
    "kernel_initializer": "pass init", "weight_init": "pass init",
}
HABITS = {  # method or class, or a base of the class -> argument -> what to do here
    "Layer": {
        "input_shape": INPUTS, "num_features": INPUTS, "normalized_shape": INPUTS,
        "seed": "the rng of the network seeds its layers: Sequential(..., rng=0)",
        "trainable": "set it afterwards: layer.trainable = False",
    },
    "Dense": {**WITH_INPUTS, "out_features": "pass units"},
    "Conv2D": {**WITH_INPUTS, "out_channels": "pass filters", "strides": "pass stride"},
    "Pool2D": {"pool_size": "pass size", "kernel_size": "pass size", "strides": "pass stride"},
    "Dropout": {"p": "pass rate"},
    "BatchNorm": {"epsilon": "pass eps"}, "LayerNorm": {"epsilon": "pass eps"},
    "LeakyReLU": {"alpha": "pass negative_slope"},
    "Reshape": {"target_shape": "pass shape"},
    "Loss": {
        "from_logits": "SoftmaxCrossEntropy() and SigmoidCrossEntropy() take logits, "
                       "CrossEntropy() and BinaryCrossEntropy() probabilities",
        "reduction": MEAN, "size_average": MEAN,
        "weight": WEIGHTED, "class_weight": WEIGHTED, "pos_weight": WEIGHTED,
    },
    "Huber": {"beta": "pass delta"},
    "Optimizer": {
        "learning_rate": "pass lr", "learning_rate_init": "pass lr", "eta": "pass lr",
        "params": "the parameters are those of the network that fit trains",
        "weight_decay": "AdamW has it; for others, fit has l2",
        "clipnorm": "fit has clip_norm", "global_clipnorm": "fit has clip_norm",
        "decay": "lr may be a schedule, such as ExponentialDecay",
    },
    "SGD": {"use_nesterov": "pass nesterov"},
    "RMSprop": {"alpha": "pass rho", "epsilon": "pass eps"},
    "Adam": {
        "alpha": "pass lr", "epsilon": "pass eps", "betas": "pass beta1 and beta2",
        "beta_1": "pass beta1", "beta_2": "pass beta2",
    },
    "Watch": {"tol": "pass min_delta", "n_iter_no_change": "pass patience"},
    "EarlyStopping": {"restore_best_weights": 'pass restore="stopped", "always" or "never"'},
    "Checkpoint": {
        "filepath": "pass path", "period": "pass every", "save_freq": "pass every, in epochs",
        "save_best_only": "pass monitor, the column that must have become better",
    },
    "Sequential": {
        "optimizer": IN_FIT, "lr": IN_FIT, "learning_rate": IN_FIT, "metrics": SCORE,
        "input_dim": "pass input_shape", "n_features": "pass input_shape",
        "criterion": "pass loss", "seed": SEED, "random_state": SEED,
    },
    "fit": {
        **ROWS, **WEIGHTS, "metrics": SCORE, "seed": SEED, "random_state": SEED,
        "validation_split": "pass validation=0.2 for a share of the rows",
        "validation_fraction": "pass validation=0.2 for a share of the rows",
        "validation_data": "pass validation=(x, t)",
        "validation_batch_size": AT_INFERENCE["batch_size"],
        "lr": "pass optimizer=Adam(lr=0.01)", "learning_rate": "pass optimizer=Adam(lr=0.01)",
        "momentum": "pass optimizer=SGD(lr=0.1, momentum=0.9)",
        "weight_decay": "pass optimizer=AdamW(weight_decay=0.01), or l2=1e-4", "alpha": "pass l2",
        "clipnorm": "pass clip_norm", "max_norm": "pass clip_norm", "callback": "pass callbacks",
        "early_stopping": "pass callbacks=[EarlyStopping()]",
        "patience": "pass callbacks=[EarlyStopping(patience=5)]",
        "loss": "the loss belongs to the network: Sequential(..., loss=SoftmaxCrossEntropy())",
        **dict.fromkeys(["n_epochs", "num_epochs", "nb_epoch", "max_iter"], "pass epochs"),
        "steps_per_epoch": "pass batch_size",
        "initial_epoch": "fit goes on after the last epoch, and epochs are further ones",
    },
    "evaluate": {**ROWS, **WEIGHTS, **AT_INFERENCE, "metrics": SCORE},
    "predict": {**AT_INFERENCE, "X": ROWS["X"]},
    "gradient": ROWS,
}
HABITS["preflight"] = HABITS["fit"]


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
        parameters = {name: p for name, p in signature.parameters.items() if name != "self"}
    names = [*parameters]
    by_name = [name for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY]
    owners = find_owners(call, arguments)
    if call.__name__ == "__init__":
        said = said.replace(call.__qualname__, owners[0])
    unknown = next((name for name in settings if name not in names), None)
    similar = difflib.get_close_matches(str(unknown), names, n=1)
    listed = [HABITS[owner][unknown] for owner in owners if unknown in HABITS.get(owner, ())]
    if listed:
        advice = listed[0].format(place=owners[0])
    elif similar:
        advice = f"is it {similar[0]}?"
    elif not names:
        advice = "it takes no arguments"
    else:
        advice = f"the arguments are {', '.join(name for name in names if name not in by_name)}"
        if by_name:
            advice += f", and by their names {', '.join(by_name)}"
    return f"{said}; {advice}"


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
    """An attribute by the name of another library: to set it would change nothing, so that is an
    AttributeError, which says what to do. Classes that do not come with tinynet may have it.
    """

    def __init__(self, advice):
        self.advice = advice

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, thing, owner=None):
        if thing is None:
            return self
        if self.name not in vars(thing):
            raise AttributeError(f"{type(thing).__name__} has no attribute {self.name!r}")
        return vars(thing)[self.name]

    def __set__(self, thing, value):
        if type(thing).__module__.partition(".")[0] == "tinynet":
            raise AttributeError(f"{type(thing).__name__} has no attribute {self.name!r}; "
                                 f"{self.advice}")
        vars(thing)[self.name] = value
