"""Progress: what people see of a training run, and what happens where nobody can see it."""

import io
import os
import re
import struct
import subprocess
import sys

import numpy as np
import pytest

import tinynet as tn
from tinynet.training import progress

SCRIPT = """
import numpy as np, tinynet as tn
net = tn.Sequential([tn.Dense(2)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)
net.fit(np.ones((4, 2)), [0, 1, 0, 1], epochs=3, verbose={})
"""


def output_of(verbose):
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(verbose)], capture_output=True,
                          text=True, check=True)
    return done.stdout, done.stderr


def test_pipes_get_not_a_byte():
    assert output_of("'auto'") == output_of(0) == ("", "")


def test_verbose_1_shows_a_bar_over_the_epochs_and_2_a_line_for_each():
    out, err = output_of(1)
    assert out == "" and "3/3" in err and "loss" in err
    out, err = output_of(2)
    assert ([line.split(":")[0] for line in out.splitlines()] == ["epoch 1", "epoch 2", "epoch 3"]
            and err == "")


def test_a_terminal_gets_a_bar():
    import fcntl  # these three are not everywhere
    import pty
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 24, 120, 0, 0))
    process = subprocess.Popen([sys.executable, "-c", SCRIPT.format("'auto'")], stdout=follower,
                               stderr=follower)
    os.close(follower)
    shown = b""
    try:
        while chunk := os.read(leader, 4096):
            shown += chunk
    except OSError:  # how the end of a terminal shows
        pass
    assert process.wait() == 0 and b"3/3" in shown and b"accuracy" in shown


def test_a_notebook_gets_a_bar():
    code = ("import sys, types; sys.modules['ipykernel'] = types.ModuleType('ipykernel')\n"
            + SCRIPT.format("'auto'"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "3/3" in done.stderr


# ---- where there is no screen ----

class Writer:
    """What some programs put in place of sys.stderr: it can write, and no more."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text


class Broken(Writer):
    """A terminal that is gone."""

    def isatty(self):
        return True

    def write(self, text):
        raise OSError(5, "Input/output error")


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


class Detached(Writer):
    """A stream that cannot tell what it is."""

    def isatty(self):
        raise RuntimeError("detached")


STREAMS = {"None": lambda: None, "closed": closed, "without isatty": Writer, "gone": Broken,
           "detached": Detached}


def network():
    return tn.Sequential([tn.Dense(2)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)


def train(**settings):
    net = network()
    net.fit(np.ones((4, 2)), [0, 1, 0, 1], epochs=3, **settings)
    return net.params.tobytes()


@pytest.mark.parametrize("verbose", ["auto", 0, 1, 2])
@pytest.mark.parametrize("stream", STREAMS)
def test_without_a_screen_the_training_is_the_same(monkeypatch, stream, verbose):
    seen = train(verbose=0)
    monkeypatch.setattr(sys, "stderr", STREAMS[stream]())
    assert train(verbose=verbose) == seen


@pytest.mark.parametrize("stream", STREAMS)
def test_without_an_output_for_lines_the_training_is_the_same(monkeypatch, stream):
    seen = train(verbose=0)
    monkeypatch.setattr(sys, "stdout", STREAMS[stream]())
    assert train(verbose=2) == seen


@pytest.mark.parametrize("verbose", [0, 1, 2])
def test_with_neither_an_output_nor_a_screen_the_training_is_the_same(monkeypatch, verbose):
    seen = train(verbose=0)
    monkeypatch.setattr(sys, "stdout", closed())
    monkeypatch.setattr(sys, "stderr", closed())
    assert train(verbose=verbose) == seen


def test_a_writer_gets_the_bar_that_was_asked_for(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Writer())
    train(verbose=1)
    assert "3/3 epochs: 100%" in sys.stderr.text


def test_a_terminal_that_goes_away_in_the_middle_does_not_end_the_training(monkeypatch):
    stream = io.StringIO()
    stream.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", stream)

    def close(net, epoch, record):
        stream.close()

    seen = train(verbose=0)
    assert train(callbacks=[close]) == seen


def test_a_notebook_without_a_stream_gets_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setattr(sys, "stderr", None)
    assert train() == train(verbose=0)


# ---- epochs that take long ----

@pytest.fixture
def shown(monkeypatch):
    """A function that trains 3 epochs of 10 batches of one row, each as long as is said, and
    returns what the bar has shown: its states, one after the other.
    """
    def train(seconds, **settings):
        clock = iter(np.arange(0, 1e4, seconds))
        monkeypatch.setattr(progress, "perf_counter", lambda: next(clock))
        monkeypatch.setattr(sys, "stderr", io.StringIO())
        net = tn.Sequential([tn.Dense(1)], 1, loss=tn.MeanSquaredError(), rng=0)
        net.fit(np.ones((10, 1)), np.arange(10.0), epochs=3, batch_size=1, shuffle=False,
                verbose=1, optimizer=tn.SGD(0.0), **settings)
        return sys.stderr.getvalue().split("\r")

    return train


def test_an_epoch_that_takes_long_shows_its_batches(shown):
    counts = [re.findall(r"(\d)/3 epochs: .*batch (\d+)/10", state) for state in shown(1.0)]
    counts = [tuple(map(int, *found)) for found in counts if found]
    assert counts == sorted(counts) and {epoch for epoch, _ in counts} == {0, 1, 2}
    assert len(counts) > 20


def test_the_first_two_seconds_of_an_epoch_show_none(shown):
    batches = [int(found) for state in shown(0.5) for found in re.findall(r"batch (\d+)/", state)]
    # an epoch starts at 0 s, and each look at the clock takes half a second
    assert min(batches) == 5


def test_the_loss_so_far_is_the_mean_of_the_batches_so_far(shown):
    net = tn.Sequential([tn.Dense(1)], 1, loss=tn.MeanSquaredError(), rng=0)
    y = net.predict([[1.0]]).item()
    states = shown(1.0)
    found = dict(re.findall(r"batch (\d+)/10, loss so far ([\d.]+)", "".join(states)))
    for batch in 4, 7, 10:
        mean = sum((y - t) ** 2 for t in range(batch)) / batch
        assert float(found[str(batch)]) == pytest.approx(mean, abs=5e-5)


def test_the_share_that_is_done_grows_with_every_batch_and_ends_at_100_percent(shown):
    shares = [int(found) for state in shown(1.0) for found in re.findall(r"(\d+)%", state)]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 100
    assert len(set(shares)) > 20


def test_a_bar_shows_how_much_time_is_left(shown):
    *_, last = (state for state in shown(1.0) if "batch" in state)
    assert re.search(r"\[\d\d:\d\d<\d\d:\d\d, ", last)


def test_what_the_last_epoch_came_to_stays_beside_its_batches(shown):
    states = [state for state in shown(1.0, validation=([[1.0]], [0.0])) if "batch" in state]
    later = [state for state in states if state.startswith(("1/3", "2/3"))]
    assert later and all(re.search("loss so far .*; loss .*, val_loss", state) for state in later)
    assert not any("val_loss" in state for state in states if state.startswith("0/3"))


def test_a_quick_epoch_shows_no_batches(shown):
    assert not any("batch" in state for state in shown(1e-3))


def test_a_notebooks_bar_ends_at_a_whole_number(shown, monkeypatch):
    # a bar that is not full when it is closed turns red there
    ends = []
    monkeypatch.setattr("tqdm.auto.tqdm.close", lambda bar: ends.append(bar.n))
    shown(0.7)
    assert set(ends) == {3}


def test_a_bar_is_drawn_five_times_a_second_and_not_for_every_quick_epoch(shown):
    # an epoch looks at the clock about a dozen times: it takes 0.24 s, and 0.06 s
    assert {"1/3", "2/3", "3/3"} <= {state[:3] for state in shown(0.02)}
    assert "2/3" not in {state[:3] for state in shown(0.005)}
