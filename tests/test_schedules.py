"""Schedules: their values by hand, and in training."""

import copy
import pickle

import numpy as np
import pytest

import tinynet as tn


def near(*expected):
    return pytest.approx(expected, rel=1e-14, abs=1e-17)


@pytest.mark.parametrize("schedule, expected", [
    # 0.8, halved after every 2 steps
    (tn.StepDecay(0.8, every=2, factor=0.5),
     {0: 0.8, 1: 0.8, 2: 0.4, 3: 0.4, 4: 0.2, 100: 0.8 * 0.5 ** 50}),
    # a tenth after 10 steps, so the root of it after 5
    (tn.ExponentialDecay(1.0, every=10), {0: 1, 5: 0.1 ** 0.5, 10: 0.1, 20: 0.01}),
    # cos 0, π/3, π/2, π = 1, 1/2, 0, -1
    (tn.CosineDecay(1.0, steps=6), {0: 1, 2: 0.75, 3: 0.5, 6: 0, 7: 0}),
    (tn.CosineDecay(1.0, steps=6, final=0.2), {0: 1, 3: 0.6, 6: 0.2, 1000: 0.2}),
    (tn.Warmup(0.4, steps=4), {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4, 4: 0.4, 99: 0.4}),
    # up over 4 steps at the cosine's first value, then the cosine from its beginning
    (tn.Warmup(tn.CosineDecay(1.0, steps=6), steps=4),
     {0: 0.25, 3: 1, 4: 1, 6: 0.75, 7: 0.5, 10: 0}),
    # 11 steps, of which 0.5 · 11 - 1 = 4.5 go up: from 1 to 25, and down to 0.0001 at step 10
    (tn.OneCycle(25.0, steps=11, rise=0.5), {0: 1, 3: 19, 10: 0.0001, 50: 0.0001}),
    (tn.OneCycle(25.0, steps=3), {0: 1, 1: 25, 2: 0.0001}),
], ids=str)
def test_a_schedule_has_the_values_of_its_formula(schedule, expected):
    assert [schedule(step) for step in expected] == near(*expected.values())


def test_one_cycle_rises_to_its_rate_and_falls_all_the_rest():
    rates = np.array([tn.OneCycle(0.1, steps=100)(step) for step in range(100)])
    assert rates.argmax() == 29 and rates.max() == pytest.approx(0.1, rel=1e-14)
    assert (np.diff(rates[:30]) > 0).all() and (np.diff(rates[29:]) < 0).all()


def test_training_takes_a_schedule_by_steps_not_epochs():
    rng = np.random.default_rng(0)
    net = tn.Sequential([tn.Dense(2)], 3, loss=tn.SoftmaxCrossEntropy(), rng=0)
    history = net.fit(rng.normal(size=(40, 3)), rng.integers(0, 2, 40), batch_size=10, epochs=3,
                      optimizer=tn.SGD(tn.StepDecay(0.8, every=4, factor=0.5)))
    assert history["lr"] == [0.8, 0.4, 0.2]


def test_a_schedule_is_copied_pickled_and_shown():
    schedule = tn.Warmup(tn.CosineDecay(0.1, 900), 100)
    assert repr(schedule) == "Warmup(CosineDecay(0.1, 900), 100)"
    for other in copy.deepcopy(schedule), pickle.loads(pickle.dumps(schedule)):
        assert other(500) == schedule(500)


@pytest.mark.parametrize("make, message", [
    (lambda: tn.StepDecay(-1, 10), "lr is -1"), (lambda: tn.StepDecay(0.1, 0), "every is 0"),
    (lambda: tn.StepDecay(0.1, 10, factor=2), "factor is 2"),
    (lambda: tn.ExponentialDecay(0.1, 10, factor=0), "factor is 0"),
    (lambda: tn.CosineDecay(0.1, 2.5), "steps is 2.5"),
    (lambda: tn.CosineDecay(0.1, 5, final=float("nan")), "final is nan"),
    (lambda: tn.Warmup("fast", 5), "lr is 'fast'"),
    (lambda: tn.Warmup(tn.CosineDecay, 5), "lr is the class CosineDecay; make"),
    (lambda: tn.OneCycle(0.1, 2), "steps is 2"),
    (lambda: tn.OneCycle(0.1, 10, rise=1), "rise is 1")])
def test_settings_are_checked(make, message):
    with pytest.raises(ValueError, match=message):
        make()
