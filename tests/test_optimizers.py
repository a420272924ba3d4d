"""Optimizers: fifty steps of each against its published formula, written out as it is published."""

import copy
import math
import pickle
import re

import numpy as np
import pytest

from tinynet import SGD, Adam, AdamW, Optimizer, RMSprop

STEPS, N = 50, 7
# from thousandths to thousands
GRADS = np.random.default_rng(0).normal(size=(STEPS, N)) * 10.0 ** np.arange(-3, 4)
START = np.random.default_rng(1).normal(size=N)
DECAYS = np.array([1.0, 0, 1, 1, 0, 0, 1])

OPTIMIZERS = [SGD(0.05), SGD(0.05, momentum=0.9), SGD(0.05, momentum=0.9, nesterov=True),
              RMSprop(0.01), Adam(0.01),
              AdamW(0.01, weight_decay=0.1)]


@pytest.fixture(params=OPTIMIZERS, ids=repr)
def optimizer(request):
    return copy.deepcopy(request.param)


def run(optimizer, params, grads):
    for g in grads:
        optimizer.step(params, g)
    return params


def memory(optimizer):
    return [optimizer.steps,
            *(getattr(optimizer, name).tolist() for name in optimizer.state_names
              if hasattr(optimizer, name))]


# ---- the formulas of the literature, step by step ----
# theta are the parameters, g is the gradient, t counts from 1

def gradient_descent(theta, grads, lr):
    for g in grads:
        theta = theta - lr * g
    return theta


def polyak(theta, grads, lr, mu):
    """theta_t+1 = theta_t - lr g_t + mu (theta_t - theta_t-1)        (the heavy ball)"""
    before = theta
    for g in grads:
        theta, before = theta - lr * g + mu * (theta - before), theta
    return theta


def momentum_with_a_schedule(theta, grads, lr, mu):
    """v = mu v + g,  theta = theta - lr(t) v"""
    v = 0
    for t, g in enumerate(grads):
        v = mu * v + g
        theta = theta - lr(t) * v
    return theta


def rmsprop(theta, grads, lr, rho, eps):
    """E[g²] = rho E[g²] + (1 - rho) g²,  theta = theta - lr g / (√E[g²] + eps)"""
    mean_square = 0
    for g in grads:
        mean_square = rho * mean_square + (1 - rho) * g ** 2
        theta = theta - lr * g / (np.sqrt(mean_square) + eps)
    return theta


def adam(theta, grads, lr, beta1, beta2, eps):
    """Kingma and Ba, Algorithm 1"""
    m = v = 0
    for t, g in enumerate(grads, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g ** 2
        m_hat = m / (1 - beta1 ** t)
        v_hat = v / (1 - beta2 ** t)
        theta = theta - lr * m_hat / (np.sqrt(v_hat) + eps)
    return theta


def adamw(theta, grads, lr, beta1, beta2, eps, weight_decay, decays):
    """Loshchilov and Hutter, Algorithm 2, with the schedule 1 and lr times weight_decay as the
    decay of a step
    """
    m = v = 0
    for t, g in enumerate(grads, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g ** 2
        m_hat = m / (1 - beta1 ** t)
        v_hat = v / (1 - beta2 ** t)
        theta = theta - lr * m_hat / (np.sqrt(v_hat) + eps) - lr * weight_decay * decays * theta
    return theta


@pytest.mark.parametrize("optimizer, formula", [
    (SGD(lr=0.05), lambda: gradient_descent(START, GRADS, lr=0.05)),
    (SGD(lr=0.05, momentum=0.9), lambda: polyak(START, GRADS, lr=0.05, mu=0.9)),
    (SGD(lr=lambda t: 1 / (t + 1), momentum=0.5),
     lambda: momentum_with_a_schedule(START, GRADS, lr=lambda t: 1 / (t + 1), mu=0.5)),
    (RMSprop(), lambda: rmsprop(START, GRADS, lr=0.001, rho=0.9, eps=1e-8)),
    (RMSprop(lr=0.02, rho=0.5, eps=0.1), lambda: rmsprop(START, GRADS, lr=0.02, rho=0.5, eps=0.1)),
    (Adam(), lambda: adam(START, GRADS, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8)),
    (Adam(lr=0.1, beta1=0.5, beta2=0.8, eps=0.1),
     lambda: adam(START, GRADS, lr=0.1, beta1=0.5, beta2=0.8, eps=0.1)),
    (Adam(beta1=0, beta2=0), lambda: adam(START, GRADS, lr=0.001, beta1=0, beta2=0, eps=1e-8)),
    (AdamW(), lambda: adamw(START, GRADS, 0.001, 0.9, 0.999, 1e-8, weight_decay=0.01, decays=1)),
    (AdamW(lr=0.1, weight_decay=0.5),
     lambda: adamw(START, GRADS, 0.1, 0.9, 0.999, 1e-8, weight_decay=0.5, decays=1)),
    (AdamW(weight_decay=0), lambda: adam(START, GRADS, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8)),
], ids=lambda value: repr(value) if isinstance(value, Optimizer) else "")
def test_fifty_steps_follow_the_published_formula(optimizer, formula):
    np.testing.assert_allclose(run(optimizer, START.copy(), GRADS), formula(), rtol=1e-12)


def test_fifty_steps_of_adamw_follow_the_published_formula_where_only_some_parameters_decay():
    optimizer = AdamW(lr=0.1, weight_decay=0.5)
    optimizer.decays = DECAYS
    expected = adamw(START, GRADS, 0.1, 0.9, 0.999, 1e-8, weight_decay=0.5, decays=DECAYS)
    np.testing.assert_allclose(run(optimizer, START.copy(), GRADS), expected, rtol=1e-12)


def test_fifty_steps_of_nesterov_are_the_points_that_sutskever_looks_ahead_to():
    # v = mu v - lr gradient(theta + mu v), theta = theta + v;
    # the optimizer's params are theta + mu v
    curvature, lr, mu = np.arange(1.0, N + 1), 0.02, 0.9
    gradient = lambda theta: curvature * (theta - 3)
    theta, v, params = START, np.zeros(N), START.copy()
    optimizer = SGD(lr, momentum=mu, nesterov=True)
    for _ in range(STEPS):
        v = mu * v - lr * gradient(theta + mu * v)
        theta = theta + v
        optimizer.step(params, gradient(params))
    np.testing.assert_allclose(params, theta + mu * v, rtol=1e-12)


def test_the_first_step_of_adam_is_lr_in_each_direction():
    # m̂ = g, v̂ = g²: lr g / (|g| + eps)
    params = run(Adam(lr=0.5), np.zeros(3), [np.array([1e-3, -7.0, 1e3])])
    np.testing.assert_allclose(params, [-0.5, 0.5, -0.5], rtol=1e-5)


def test_momentum_of_a_constant_gradient_gathers_speed():
    # v = 1, 1.5, 1.75: params = -(1 + 1.5 + 1.75)
    assert run(SGD(lr=1, momentum=0.5), np.zeros(1), np.ones((3, 1))).tolist() == [-4.25]


def test_nesterov_of_a_constant_gradient_is_one_momentum_ahead():
    # g + v/2 = 1.5, 1.75, 1.875
    assert run(SGD(lr=1, momentum=0.5, nesterov=True), np.zeros(1),
               np.ones((3, 1))).tolist() == [-5.125]


def test_weight_decay_shrinks_only_what_decays():
    # without a gradient: params (1 - lr weight_decay) = 8 (1 - 0.5 0.5)
    optimizer = AdamW(lr=0.5, weight_decay=0.5)
    optimizer.decays = np.array([1.0, 0.0])
    assert run(optimizer, np.full(2, 8.0), np.zeros((1, 2))).tolist() == [6, 8]


# ---- the learning rate as a function ----

def test_a_learning_rate_function_gets_the_number_of_steps_made_so_far(optimizer):
    asked = []
    optimizer.lr = lambda steps: asked.append(steps) or 0.1
    run(optimizer, START.copy(), GRADS[:4])
    assert asked == [0, 1, 2, 3]


def test_a_learning_rate_function_gives_the_learning_rate_of_each_step():
    # 0 + 1 + 2 + 3
    assert run(SGD(lr=lambda steps: steps), np.zeros(1), np.ones((4, 1))).tolist() == [-6]


def test_the_last_learning_rate_can_be_read(optimizer):
    optimizer.lr = lambda steps: 1 / (1 + steps)
    run(optimizer, START.copy(), GRADS[:4])
    assert optimizer.last_lr == 0.25


def test_a_learning_rate_of_0_moves_nothing(optimizer):
    optimizer.lr = 0
    assert np.array_equal(run(optimizer, START.copy(), GRADS), START)


@pytest.mark.parametrize("bad", [math.nan, -0.1, math.inf])
def test_a_learning_rate_function_that_gives_no_rate_is_an_error_that_names_the_step(
        optimizer, bad):
    optimizer.lr = lambda steps: bad if steps == 2 else 0.1
    with pytest.raises(ValueError, match=r"learning rate of step 2 is .*\[0, inf\)"):
        run(optimizer, START.copy(), GRADS)


@pytest.mark.parametrize("bad", [math.nan, -0.1, math.inf])
def test_a_learning_rate_function_that_gives_no_rate_changes_nothing(optimizer, bad):
    optimizer.lr = lambda steps: bad if steps == 2 else 0.1
    params = run(optimizer, START.copy(), GRADS[:2])
    before = params.copy(), memory(optimizer)
    with pytest.raises(ValueError):
        optimizer.step(params, GRADS[2])
    assert (params.tolist(), memory(optimizer)) == (before[0].tolist(), before[1])


# ---- whose parameters, whose memory ----

def test_params_are_changed_in_place(optimizer):
    params = START.copy()
    view = params[:]
    assert optimizer.step(params, GRADS[0]) is None and not np.array_equal(view, START)


def test_grads_are_not_written_to(optimizer):
    grads = GRADS.copy()
    grads.flags.writeable = False
    run(optimizer, START.copy(), grads)
    assert np.array_equal(grads, GRADS)


def test_grads_may_change_after_the_step(optimizer):
    grads, other = GRADS[0].copy(), copy.deepcopy(optimizer)
    params, expected = START.copy(), run(other, START.copy(), GRADS[:2])
    optimizer.step(params, grads)
    grads[:] = GRADS[1]
    optimizer.step(params, grads)
    assert np.array_equal(params, expected)


def test_an_optimizer_refuses_the_parameters_of_another_network(optimizer):
    optimizer.step(START.copy(), GRADS[0])
    with pytest.raises(ValueError, match="another network"):
        optimizer.step(START.copy(), GRADS[1])


def test_an_optimizer_that_refuses_leaves_the_other_parameters_as_they_are(optimizer):
    optimizer.step(START.copy(), GRADS[0])
    other, before = START.copy(), memory(optimizer)
    with pytest.raises(ValueError):
        optimizer.step(other, GRADS[1])
    assert np.array_equal(other, START) and memory(optimizer) == before


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))],
                         ids=["deepcopy", "pickle"])
def test_a_copy_goes_on_with_the_same_bits(optimizer, copied):
    params = run(optimizer, START.copy(), GRADS[:20])
    twin, twin_params = copied(optimizer), params.copy()
    run(optimizer, params, GRADS[20:])
    assert np.array_equal(run(twin, twin_params, GRADS[20:]), params)


def test_a_copy_goes_on_counting(optimizer):
    run(optimizer, START.copy(), GRADS[:20])
    assert copy.deepcopy(optimizer).steps == 20


def test_a_copy_with_a_memory_refuses_parameters_of_another_number():
    optimizer = Adam()
    optimizer.step(START.copy(), GRADS[0])
    with pytest.raises(ValueError, match="Adam.* 7 parameters.* 3"):
        copy.deepcopy(optimizer).step(np.zeros(3), np.ones(3))


def test_float32_parameters_have_a_float32_memory(optimizer):
    params = START.astype(np.float32)
    optimizer.step(params, GRADS[0].astype(np.float32))
    assert {getattr(optimizer, name).dtype
            for name in optimizer.state_names} == {np.dtype(np.float32)}


def test_float32_parameters_follow_those_of_float64(optimizer):
    # 50 steps, each with at most four roundings of 6e-8 of the largest number
    other = copy.deepcopy(optimizer)
    params = run(optimizer, START.astype(np.float32), GRADS.astype(np.float32))
    expected = run(other, START.copy(), GRADS)
    assert params.dtype == np.float32
    np.testing.assert_allclose(params, expected, rtol=0,
                               atol=50 * 4 * 6e-8 * max(1, np.abs(expected).max()))


def test_an_optimizer_of_ones_own_needs_a_step():
    class Lazy(Optimizer):
        pass
    with pytest.raises(NotImplementedError, match="Lazy .*step"):
        Lazy().step(START.copy(), GRADS[0])


# ---- settings ----

NO_RATES = [-1, math.nan, math.inf, True, "fast", None]
NO_SHARES = [-0.1, 1, 1.5, math.nan, True, "much"]


@pytest.mark.parametrize("make, name, value, interval", [
    *((make, "lr", value, "[0, inf)") for make in (SGD, RMSprop, Adam, AdamW)
      for value in NO_RATES),
    *((SGD, "momentum", value, "[0, 1)") for value in NO_SHARES),
    *((RMSprop, "rho", value, "[0, 1)") for value in NO_SHARES),
    *((make, name, value, "[0, 1)") for make in (Adam, AdamW) for name in ("beta1", "beta2")
      for value in NO_SHARES),
    *((make, "eps", value, "(0, inf)") for make in (RMSprop, Adam, AdamW)
      for value in (0, -1e-8, math.nan, math.inf)),
    *((AdamW, "weight_decay", value, "[0, inf)") for value in (-0.01, math.nan, math.inf, True)),
])
def test_a_setting_that_is_not_allowed_is_refused(make, name, value, interval):
    with pytest.raises(ValueError, match=re.escape(f"{name} is {value!r};") + ".*"
                       + re.escape(interval)):
        make(**{name: value})


def halves(steps):
    return 0.5 ** steps


@pytest.mark.parametrize("optimizer, text", [
    (SGD(), "SGD()"),
    (SGD(0.5), "SGD(lr=0.5)"),
    (SGD(lr=0.1, momentum=0.9, nesterov=True), "SGD(momentum=0.9, nesterov=True)"),
    (RMSprop(rho=0.5), "RMSprop(rho=0.5)"),
    (Adam(0.001, eps=1e-7), "Adam(eps=1e-07)"),
    (Adam(lr=halves), "Adam(lr=halves)"),
    (AdamW(), "AdamW()"),
    (AdamW(beta2=0.99, weight_decay=0.1), "AdamW(beta2=0.99, weight_decay=0.1)"),
], ids=str)
def test_it_prints_as_the_call_that_makes_it_without_the_defaults(optimizer, text):
    assert repr(optimizer) == text


def test_it_prints_the_same_after_training():
    optimizer = AdamW(0.1)
    run(optimizer, START.copy(), GRADS)
    assert repr(optimizer) == "AdamW(lr=0.1)"


@pytest.mark.parametrize("optimizer", [Adam(0.001), AdamW(0.001, weight_decay=0), RMSprop(0.001)],
                         ids=str)
@pytest.mark.parametrize("size", [1e-12, 1.0, 5e17])
def test_a_gradient_that_stays_the_same_is_followed_by_lr_a_step_whatever_its_size(optimizer, size):
    params, optimizer = np.zeros(1, np.float32), copy.deepcopy(optimizer)
    optimizer.eps = 1e-20
    for _ in range(1000):
        # RMSprop's first steps are longer: v begins at 0
        optimizer.step(params, np.full(1, size, np.float32))
    assert -1.2 < params[0] < -0.999


@pytest.mark.parametrize("bad", ["0.1", None, [0.1], 1j], ids=repr)
def test_a_learning_rate_function_that_gives_no_number_is_an_error(optimizer, bad):
    optimizer.lr = lambda steps: bad
    with pytest.raises(ValueError, match="learning rate of step 0 is .*; it must be a number"):
        run(optimizer, START.copy(), GRADS)


def test_copies_share_no_memory(optimizer):
    params = run(optimizer, START.copy(), GRADS[:20])
    twin = copy.copy(optimizer)
    before = memory(twin)
    run(optimizer, params, GRADS[20:])
    assert memory(twin) == before and twin.steps == 20
