"""Ctrl-C: the running batch is finished, and then KeyboardInterrupt goes on to the caller."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import tinynet as tn
from tinynet.training.interruption import HeldInterrupt

SCRIPT = """
import time
import numpy as np, tinynet as tn

class InTwoHalves(tn.SGD):
    def step(self, params, grads):
        self.begin_step(params)
        print(self.steps, flush=True)
        params[:20] -= 1
        time.sleep(0.2)             # in which Ctrl-C is pressed
        params[20:] -= 1

rng = np.random.default_rng(0)
net = tn.Sequential([tn.Dense(10)], 3, loss=tn.SoftmaxCrossEntropy(), rng=0)
net.params[:] = 0
try:
    net.fit(rng.normal(size=(320, 3)), rng.integers(0, 10, 320), optimizer=InTwoHalves(),
            epochs=1000, batch_size=160)
except KeyboardInterrupt:
    is_whole = (net.params == -net.optimizer.steps).all()
    print("whole" if is_whole else "torn", len(net.history), flush=True)
"""


@pytest.mark.parametrize("step", [1, 4])
def test_a_process_that_gets_sigint_ends_within_its_batch_and_sees_whole_weights(step):
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True)
    while process.stdout.readline() != f"{step}\n":
        pass
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    # no further step, all weights moved alike, and the epochs in the history are the whole ones, of
    # two steps each
    assert process.communicate(timeout=30)[0] == f"whole {(step - 1) // 2}\n"


def small():
    return tn.Sequential([tn.Dense(3)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)


x, labels = (np.random.default_rng(0).normal(size=(40, 2)),
             np.random.default_rng(1).integers(0, 3, 40))


class Interrupting(tn.SGD):
    """An optimizer in whose third step Ctrl-C is pressed."""

    def step(self, params, grads):
        if self.steps == 2:
            os.kill(os.getpid(), signal.SIGINT)
        super().step(params, grads)


def test_an_interrupted_fit_has_made_the_step_and_keeps_to_whole_epochs_in_its_history():
    net, same, ended = small(), small(), []

    class Ending:
        def __call__(self, net, epoch, record):
            pass

        def end(self, net):
            ended.append(net.optimizer.steps)

    with pytest.raises(KeyboardInterrupt):
        net.fit(x, labels, optimizer=Interrupting(0.1), epochs=5, batch_size=20,
                callbacks=[Ending()], shuffle=False)
    assert (net.optimizer.steps, len(net.history), ended) == (3, 1, [3])
    for rows in (slice(0, 20), slice(20, 40), slice(0, 20)):
        same.gradient(x[rows], labels[rows])
        same.params -= 0.1 * same.grads
    np.testing.assert_array_equal(net.params, same.params)
    net.fit(x, labels, epochs=1)
    assert len(net.history) == 2


def test_the_handler_from_before_is_called_and_put_back():
    received = []
    before = signal.signal(signal.SIGINT, lambda *signal: received.append(signal[0]))
    try:
        net = small()
        net.fit(x, labels, optimizer=Interrupting(0.1), epochs=2, batch_size=20)
        assert received == [signal.SIGINT] and len(net.history) == 2
        os.kill(os.getpid(), signal.SIGINT)
        assert received == [signal.SIGINT] * 2
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_handler_that_is_set_during_the_training_stays():
    before = signal.getsignal(signal.SIGINT)
    try:
        small().fit(x, labels, epochs=1,
                    callbacks=lambda *_: None if signal.signal(signal.SIGINT, signal.SIG_IGN)
                    else None)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_handler_is_put_back_after_an_error():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError):
        small().fit(x, labels, callbacks=lambda net, epoch, record: 1 / 0)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_is_not_held_back():
    with pytest.raises(KeyboardInterrupt):
        with HeldInterrupt() as held:
            with held.back:
                os.kill(os.getpid(), signal.SIGINT)
                reached = True
                os.kill(os.getpid(), signal.SIGINT)
                reached = False
    assert reached


def test_outside_of_a_batch_an_interrupt_is_not_held_back():
    with pytest.raises(KeyboardInterrupt):
        small().fit(x, labels, epochs=5, callbacks=lambda net, epoch,
                    record: os.kill(os.getpid(), signal.SIGINT))
