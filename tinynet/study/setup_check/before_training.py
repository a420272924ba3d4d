"""Before training: the arguments of `fit`, and what will go wrong with them."""

import copy
import warnings
from time import perf_counter

from threadpoolctl import threadpool_limits

from ...checks.habits import names_the_argument
from ...sequential import Sequential
from ...training.arguments import prepare_training
from ..report import Report
from .budget import SLOW
from .diagnosis import diagnose
from .findings import SetupFinding
from .network_changes import use_usual_ending
from .own_code import look_at_own_code
from .refusals import find_refusal, find_warning
from .rows import look_at_rows, look_at_validation, note_rows
from .setup import Setup

LIMIT = 9.0     # seconds


@names_the_argument
def preflight(net, x, t, *, optimizer=None, epochs=10, batch_size=32, validation=None, shuffle=True,
              rng=None, sample_weight=None, class_weight=None, l2=0.0, clip_norm=None, callbacks=(),
              verbose="auto"):
    """Say what will go wrong if `net.fit` is called with these arguments; a Report.

    The arguments are those of `Sequential.fit`; callbacks and verbose are checked and not used.

    It looks at the rows, checks layers and losses of your own, and trains copies for a few seconds:
    first as you ask for it, then in an ordinary way. If the ordinary way does far better, also on
    held-out rows, one thing after the other is changed. What brings most of the difference is the
    fault. So a learning rate, say, has no limits to keep to, and a set-up that works gets no
    finding. Classes are judged by accuracy; where they have weights, or a rare one is never named,
    by balanced accuracy.

    The network, the optimizer, callbacks and random streams stay as they are. The report is the
    same each time, unless the machine is so slow that trials have to be left out after 9 seconds;
    then `is_whole` is False, and a note says so. `fit` never calls it.

    Each of its `findings` has

        kind       "activation", "loss", "learning_rate", "optimizer", "epochs", "batch_size",
                   "preprocessing", "labels", "initialization", "layers", "regularization",
                   "validation" or "data"
        sentence   what is wrong, with the numbers by which one sees it
        remedy     what to do about it, as code where that is possible

    and `ok` says whether there are none. What `fit` refuses is a finding, too. Raises ValueError if
    net is not a Sequential, and TypeError for an argument that fit does not have.

    >>> x = np.linspace(0, 1000, 200)[:, None]
    >>> net = Sequential([Dense(16), Tanh(), Dense(2)], 1, loss=SoftmaxCrossEntropy(), rng=0)
    >>> report = preflight(net, x, x[:, 0] // 250 % 2, optimizer=Adam(lr=0.01), epochs=40)
    >>> report.ok, report.findings[0].kind
    (False, 'preprocessing')
    """
    start = perf_counter()
    if not isinstance(net, Sequential):
        raise ValueError(f"net is {net!r}; it must be a Sequential")
    asked = dict(optimizer=optimizer, epochs=epochs, batch_size=batch_size, validation=validation,
                 shuffle=shuffle, rng=copy.deepcopy(rng), sample_weight=sample_weight,
                 class_weight=class_weight, l2=l2, clip_norm=clip_norm, callbacks=callbacks,
                 verbose=verbose)
    subject = f"fit of {net!r}"
    try:
        twin, asked["optimizer"] = copy.deepcopy((net, optimizer))
    except Exception as error:
        return Report(subject, (SetupFinding(
            "layers", "the network or its optimizer cannot be copied, so that nothing can be tried "
            f"on a copy: {type(error).__name__}: {error}", "copy.deepcopy(net)"),), (),
            perf_counter() - start)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            run = prepare_training(twin, x, t, **asked)
        except Exception as error:  # code of the user's own may raise anything
            return Report(subject, (find_refusal(error),), (), perf_counter() - start)
    setup = Setup.from_training(run, x)
    ending = use_usual_ending(setup)
    findings = [find_warning(str(each.message), ending) for each in said
                if "out of their reach" in str(each.message)]
    if findings and ending:
        setup = ending.setup.change(premise=f"with the {ending.kind} mended, ")
    rows, targets = run.data.of_rows(run.data.x), run.data.of_rows(run.data.t)
    findings += look_at_rows(rows, targets, setup.task)
    if run.validation is not None:
        other_rows, other_targets, _ = run.validation.all()
        findings += look_at_validation(rows, targets, other_rows, other_targets, setup.task)
        if not isinstance(validation, (tuple, list)):    # drawn from the rows, and so of their kind
            setup = setup.change(val_x=setup.val_x[:0], val_t=setup.val_t[:0])
    can_learn = (rows != rows[0]).any() and (targets != targets[0]).any()
    notes = [*note_rows(rows, targets)]
    # small products are faster in one thread
    with threadpool_limits(1, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = [*look_at_own_code(net, rows)]
        found, said = ([], []) if own or not can_learn else diagnose(setup, start + LIMIT)
    findings += own
    kinds = {finding.kind for finding in findings}
    findings += [finding for finding in found if setup.premise or finding.kind not in kinds]
    notes += said
    if said and net.history:
        notes.append("the network was trained before, so that held-out rows may be among those it "
                     "has learned")
    return Report(subject, tuple(findings), tuple(notes), perf_counter() - start,
                  is_whole=SLOW not in notes)
