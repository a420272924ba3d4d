"""Ctrl-C: the running batch is finished, and then KeyboardInterrupt goes on to the caller."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import tinynet as tn
from tinynet.interruption import HeldInterrupt

SCRIPT = """
import numpy as np, tinynet as tn

class Doubled(tn.SGD):
    '''Two halves of a step, with time between them for an interrupt.'''
    def step(self, params, grads):
        lr = self.begin_step(params)
        half = params.size // 2
        params[:half] -= 1
        for _ in range(2000):
            pass
        params[half:] -= 1

rng = np.random.default_rng(0)
net = tn.Sequential([tn.Dense(10), tn.Dense(10)], 100, loss=tn.SoftmaxCrossEntropy(), rng=0)
start = net.params.copy()
print("ready", flush=True)
try:
    net.fit(rng.normal(size=(320, 100)), rng.integers(0, 10, 320), optimizer=Doubled(), epochs=10**9, verbose=0)
except KeyboardInterrupt:
    steps = net.optimizer.steps
    whole = np.allclose(net.params, start - steps, atol=1e-3 * steps)
    print("whole" if whole and 10 * len(net.history) <= steps < 10 * len(net.history) + 11 else "torn", flush=True)
"""


def test_a_process_that_gets_sigint_finishes_its_batch_and_sees_whole_weights():
    for delay in (0.02, 0.05, 0.09, 0.14, 0.2):
        process = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n"
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        sent = time.monotonic()
        assert process.communicate(timeout=10)[0] == "whole\n"
        assert time.monotonic() - sent < 5


def small():
    return tn.Sequential([tn.Dense(3)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)


x, labels = np.random.default_rng(0).normal(size=(40, 2)), np.random.default_rng(1).integers(0, 3, 40)


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
        net.fit(x, labels, optimizer=Interrupting(0.1), epochs=5, batch_size=20, callbacks=[Ending()], shuffle=False)
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
        small().fit(x, labels, epochs=5, callbacks=lambda net, epoch, record: os.kill(os.getpid(), signal.SIGINT))


def test_in_another_thread_nothing_is_held_back_and_fit_works():
    errors = []

    def run():
        try:
            small().fit(x, labels, epochs=2)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert errors == []
