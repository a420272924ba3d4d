"""Arguments by the names of other libraries: the TypeError says what they are called here."""

import copy
import inspect
import re

import numpy as np
import pytest

import tinynet as tn
from tinynet.checks.habits import HABITS
from tinynet.checks.settings import Configured

X, LABELS = np.eye(4), [0, 1, 2, 0]


def network():
    return tn.Sequential([tn.Dense(3)], 4, loss=tn.SoftmaxCrossEntropy(), rng=0)


def fit(**settings):
    return network().fit(X, LABELS, **settings)


def evaluate(**settings):
    return network().evaluate(X, LABELS, **settings)


def predict(**settings):
    return network().predict(X, **settings)


def dense(**settings):
    return tn.Dense(3, **settings)


def sequential(**settings):
    return tn.Sequential([tn.Dense(3)], 4, **settings)


@pytest.mark.parametrize("call, argument, advice", [
    (fit, "validation_split", "pass validation=0.2 for a share"),
    (fit, "validation_data", r"pass validation=\(x, t\)"),
    (fit, "metrics", r"a callback f\(net, epoch, record\) may add others"),
    (fit, "class_weights", "pass class_weight"),
    (fit, "learning_rate", r"pass optimizer=Adam\(lr=0.01\)"),
    (fit, "callback", "pass callbacks"),
    (fit, "loss", r"the loss belongs to the network: Sequential\(\.\.\., loss="),
    (fit, "epoch", r"is it epochs\?"),
    (fit, "device", "the arguments are x, t, and by their names optimizer, epochs, batch_size"),
    (tn.GELU, "approximate", "it takes no arguments"),
    (evaluate, "batch_size", "in blocks that suit the memory"),
    (predict, "verbose", "evaluate and predict print nothing"),
    (dense, "activation", r"a layer of its own: Dense\(\.\.\.\), ReLU\(\)"),
    (dense, "input_dim", "from the layer before, and for the first layer from the input_shape"),
    (dense, "use_bias", "there always is a bias"),
    (sequential, "metrics", "which score is recorded follows from the loss"),
    (sequential, "optimizer", r"an argument of fit: net.fit\(x, t, optimizer="),
    (sequential, "random_state", "pass rng=0"),
    (tn.SoftmaxCrossEntropy, "from_logits", r"SoftmaxCrossEntropy\(\) and .* take logits"),
    (tn.BinaryCrossEntropy, "from_logits", r"BinaryCrossEntropy\(\) probabilities"),
    (tn.SigmoidCrossEntropy, "from_logits", "take logits"),
    (tn.MeanSquaredError, "reduction", "a loss is the mean over the rows"),
    (tn.Adam, "learning_rate", "pass lr"),
    (tn.EarlyStopping, "restore_best_weights", 'pass restore="stopped", "always" or "never"'),
    (tn.Checkpoint, "filepath", "pass path"),
])
def test_the_error_names_what_the_argument_is_here(call, argument, advice):
    with pytest.raises(TypeError, match=f"argument '{argument}'.*; .*{advice}"):
        call(**{argument: 1})


@pytest.mark.parametrize("cls", [tn.CrossEntropy, tn.Huber, tn.HalfSquaredError,
                                 tn.MeanAbsoluteError, tn.SigmoidCrossEntropy])
def test_no_loss_takes_from_logits_and_each_says_which_takes_logits(cls):
    with pytest.raises(TypeError, match=rf"^{cls.__name__}\(\) got .*'from_logits'; "
                                        "SoftmaxCrossEntropy.* take logits"):
        cls(from_logits=True)


def test_an_argument_that_a_subclass_passes_on_is_explained_too():
    class Layer(tn.Dense):
        def __init__(self, units):
            super().__init__(units, activation="relu")

    with pytest.raises(TypeError, match=r"Dense.*'activation'; .* Dense\(\.\.\.\), ReLU\(\)"):
        Layer(3)


def test_too_many_arguments_by_position_are_answered_with_the_names():
    with pytest.raises(TypeError, match="but 4 were given; the arguments are x, t, and by "
                       "their names optimizer, epochs"):
        network().fit(X, LABELS, 5)


def test_an_argument_that_is_missing_is_named():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'units'"):
        tn.Dense()


def test_a_type_error_from_inside_a_call_is_left_alone():
    def callback(net, epoch, record):
        return len(3)

    with pytest.raises(TypeError) as caught:
        fit(callbacks=[callback])
    assert str(caught.value) == "object of type 'int' has no len()"


def test_signatures_and_docs_are_those_of_the_functions_behind():
    assert str(inspect.signature(tn.Dense)).startswith("(units, init=")
    assert str(inspect.signature(tn.SigmoidCrossEntropy)) == "()"
    assert [*inspect.signature(network().fit).parameters][:3] == ["x", "t", "optimizer"]
    assert tn.Sequential.fit.__doc__.startswith("Train: make the loss small")


CALLS = {name: thing for name, thing in vars(tn).items()
         if inspect.isclass(thing) and issubclass(thing, Configured) and thing is not tn.Optimizer}
CALLS |= {"Checkpoint": tn.Checkpoint, **{name: getattr(tn.Sequential, name)
                                          for name in ("fit", "evaluate", "predict", "gradient")},
          "preflight": tn.study.preflight}


@pytest.mark.parametrize("call", CALLS)
def test_what_is_said_to_be_passed_can_be_passed(call):
    known = inspect.signature(CALLS[call]).parameters
    owners = [cls.__name__ for cls in getattr(CALLS[call], "__mro__", ())] or [call]
    habits = [habit for owner in owners for habit in HABITS.get(owner, {}).items()]
    advised = {name for argument, advice in habits if argument not in known
               for name in re.findall(r"^pass (\w+)", advice)}
    assert advised <= set(known)


@pytest.mark.parametrize("owner", HABITS)
def test_habits_are_about_what_there_is(owner):
    bases = {base.__name__ for call in CALLS.values() for base in getattr(call, "__mro__", ())}
    assert owner in CALLS or owner in bases


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "gradient"])
def test_no_habit_is_about_an_argument_that_the_method_has(method):
    assert not inspect.signature(getattr(tn.Sequential, method)).parameters.keys() & HABITS[method]


# ---- attributes by other names ----

@pytest.mark.parametrize("thing, name, advice", [
    (tn.Dense(3), "requires_grad", "set layer.trainable to False"),
    (network(), "requires_grad", "set layer.trainable to False"),
    (tn.SGD(), "learning_rate", "the learning rate is lr"),
    (tn.Adam(), "learning_rate", "the learning rate is lr")], ids=str)
def test_an_attribute_by_another_name_cannot_be_set(thing, name, advice):
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'; {advice}"):
        setattr(thing, name, False)
    assert not hasattr(thing, name)


def test_classes_of_ones_own_may_have_the_name():
    class Sign(tn.Optimizer):
        def __init__(self, lr=0.125):
            self.learning_rate = self.lr = lr

        def step(self, params, grads):
            params -= self.begin_step(params) * np.sign(grads)

    class Marked(tn.Dense):
        def build(self, input_shape, rng):
            self.requires_grad = True
            return super().build(input_shape, rng)

    net = tn.Sequential([Marked(3)], 4, loss=tn.SoftmaxCrossEntropy())
    net.fit(X, LABELS, optimizer=Sign(), epochs=1)
    assert net.optimizer.learning_rate == 0.125 and net.layers[0].requires_grad is True
    assert copy.deepcopy(net.layers[0]).requires_grad is True
