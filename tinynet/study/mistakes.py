"""Mistakes: what people do wrong in a backward pass, and the gradient that comes of it.

Each function here predicts the wrong gradient from the right one and what that is made of, for each
way in which the mistake is made: it yields (label, gradient). Where a mistake has a sign of its
own, such as a dx that stays the same for another dy, it looks for that, and its prediction is what
was found. The first mistake that explains all evidence gives it its name, so those that say most
stand first.

To add a mistake, write such a function of Ingredients, with its name and what is said of it.
"""

from typing import NamedTuple

import numpy as np

from ..layers.activations import sigmoid, softmax

MISTAKES = []


class Mistake(NamedTuple):
    """A mistake: its name, what is said of it, and the function that predicts the gradient."""

    slug: str
    sentence: str
    predict: object


def mistake(slug, sentence):
    """Add the function to MISTAKES. In the sentence, {dx} is the gradient's name, {x} that of what
    it belongs to, and {label} the way in which the mistake was made.
    """
    def add(predict):
        MISTAKES.append(Mistake(slug, sentence, predict))
        return predict
    return add


def is_close(a, b):
    """Where two gradients are the same but for rounding."""
    if a.shape != b.shape:
        return np.zeros(1, bool)
    finite = np.isfinite(a) & np.isfinite(b)
    size = np.maximum(np.abs(a), np.abs(b))[finite].max(initial=0)
    return np.abs(a - b) <= 1e-7 * size


def put_where_found(wrong, e):
    """The right gradient, but the wrong one where that was found."""
    return np.where(is_close(e.found, wrong), wrong, e.right)


# ---- all of it, or all of some places ----

@mistake("zero", "gives a {dx} of 0 {label}, where the derivative is not 0; let dy pass there, too")
def zero(e):
    """Zero where the derivative is not."""
    yield "everywhere", np.zeros_like(e.found)
    yield "in places", np.where(e.found == 0, 0, e.right)
    if e.name == "x" and e.has_dy:
        # behind a weighted sum: units whose dy counts for nothing, in each row others
        dead = ~e.M.any(axis=1) & ((e.J != 0).sum(axis=1) > 1)
        of_rows = e.by_rows(dead)
        if e.n == 1 or not dead.any() or (of_rows != of_rows[0]).any():
            yield "for some units", e.through(e.J * ~dead[:, None])


@mistake("ignores-dy", "gives the same {dx} for every dy; multiply by dy")
def ignores_dy(e):
    """dy is not multiplied in."""
    if e.has_dy:
        yield "", e.found_for(1 - 2 * e.dy[::-1])


@mistake("sign", "gives {dx} the opposite sign{label}")
def sign(e):
    """The opposite sign."""
    yield "", -e.right
    yield " in places", put_where_found(-e.right, e)
    if e.has_dy:
        yield " on some of the paths from {x} to y", e.through(
            np.where(is_close(e.M, -e.J), -e.J, e.J))


@mistake("row-leak", "mixes the rows of the batch in {dx}, although each row of y depends on its "
                     "own row of x alone; reduce over axis=-1, not over all axes")
def row_leak(e):
    """Rows reach each other's dx where the forward pass keeps them apart."""
    if e.name == "x" and not e.is_sampled and (e.is_loss or e.keeps_rows_apart):
        if e.main.n > 1 and (e.n == 1 or e.rows_leak or not e.wrong.any()):
            yield "", e.found


# ---- constant factors ----

def find_counts(e):
    """{words: number} of what a mean may go over."""
    if e.is_loss:
        n = e.n if e.w is None else e.w.sum()
        return {"n": n, "the number of rows": e.n, "n k": n * e.k,
                "Σ w": 1 if e.w is None else n}
    counts = {"n": e.n}
    if e.name == "x" and not e.is_sampled:
        terms = {*(e.J != 0).sum(axis=1)}  # in each y
        if len(terms) == 1 and max(terms) > 1 and is_sum(e.J):
            counts["the number of values that are averaged"] = max(terms)
    return counts


@mistake("missing-mean", "gives the {dx} of a sum, and forward returns a mean; {label}")
def missing_mean(e):
    """1/n is left out."""
    multiply = ", so multiply by self.share(y, sample_weight)" if e.is_loss else ""
    for count, number in find_counts(e).items():
        yield f"divide by {count}{multiply}", e.right * number
    if e.is_loss and not e.main.wrong.all():
        yield f"in places it is not divided by n{multiply}", put_where_found(
            e.right * find_counts(e)["n"], e)


@mistake("extra-mean", "divides {dx} by {label} once too often; take the sum, since the mean "
                       "belongs to the loss, once")
def extra_mean(e):
    """Divided by n once too often, or in a layer."""
    counts, n_positions = find_counts(e), int(np.prod(e.y.shape[1:-1]))
    if n_positions > 1 and e.name != "x":
        counts |= {"the number of positions": n_positions, "n times the positions":
                   e.n * n_positions}
    for count, number in counts.items():
        yield count, e.right / number
    if not e.main.wrong.all():
        yield "n, in places,", put_where_found(e.right / e.n, e)


@mistake("unknown", "leaves the weights of the rows out of {dx}; multiply by self.share(y, "
                    "sample_weight)")
def weights_left_out(e):
    """The rows count alike, whatever their weights."""
    if e.is_loss:
        yield "", e.right_without_weights


@mistake("factor", "gives a {dx} that is {label}")
def factor(e):
    """Another constant factor."""
    ratio = lambda e: (e.found * e.right).sum() / (e.right * e.right).sum()
    yield f"{say(ratio(e.main))} times as large as it must be", ratio(e.main) * e.right
    yield "k times as large as it must be", e.right * e.k
    yield "1/k of what it must be", e.right / e.k
    if np.count_nonzero(e.right) > 2:
        yield "too large by a factor that differs from batch to batch", ratio(e) * e.right


@mistake("factor", "gives a {dx} that is {label}")
def factor_in_places(e):
    """A constant factor, for some numbers or for each column."""
    def ratio(e):
        wrong = ~is_close(e.found, e.right) & (e.right != 0)
        return np.median((e.found / e.right)[wrong]) if wrong.sum() > 1 else np.nan
    yield f"{say(ratio(e.main))} times as large as it must be, in places", put_where_found(
        ratio(e) * e.right, e)
    if e.name == "x" and e.found.ndim == 2 and e.main.n > 1:
        yield "too large by a factor of its own in each column", (
            e.right * np.median(e.main.found / e.main.right, axis=0))


def say(ratio):
    """A factor in as many digits as tell it from 1."""
    return f"{ratio:.3g}" if abs(ratio - 1) > 0.01 else f"{ratio:.10g}"


# ---- Jacobians and slopes ----

@mistake("transposed", "gives {dx} {label}")
def transposed(e):
    """The transpose, of a gradient or of what it goes through."""
    for i in range(e.name == "x", e.found.ndim):
        for j in range(i + 1, e.found.ndim):
            if e.found.shape[i] == e.found.shape[j]:
                yield f"transposed; swap axes {i} and {j}", e.right.swapaxes(i, j)
    if e.name != "x" and e.found.ndim == 2:
        yield "in the order of its transpose", e.right.T.reshape(e.found.shape)
    for name, W in e.params.items():
        if W.ndim == 2 and 1 not in W.shape:
            if W.shape == 2 * e.x.shape[-1:] and e.name == "x":  # dz W, for dz Wᵀ
                turn = np.linalg.pinv(W.T) @ W
                yield f"through {name}, not {name}ᵀ", e.right @ turn
                if e.dy.shape == e.found.shape:
                    yield f"through {name}, not {name}ᵀ, beside dy", (e.right - e.dy) @ turn + e.dy
            yield f"through {name}, not its transpose", e.right_at(
                **{name: W.reshape(W.shape[::-1]).T})
    if e.has_dy and e.J.shape[0] == e.J.shape[1]:
        yield "by the transposed Jacobian", (e.J @ e.dy.ravel()).reshape(e.found.shape)


@mistake("diagonal-jacobian", "uses only the diagonal of the Jacobian for {dx}, and each y depends "
                              "on other x of its row, too; dx is the sum over all y")
def diagonal_jacobian(e):
    """Only the diagonal of a Jacobian that has more."""
    for formula, dL in losses_behind(e):
        yield formula, dL * np.diag(e.J_of_prediction).reshape(e.x.shape)
    if e.has_dy and e.name == "x" and e.x.shape == e.y.shape and not e.is_elementwise:
        yield "", e.dy * np.diag(e.J).reshape(e.dy.shape)


@mistake("missing-slope", "leaves the slope of the function out of {dx}{label}")
def missing_slope(e):
    """The activation's derivative is left out."""
    if e.has_own_prediction:
        J = e.J_of_prediction
        if not (J - np.diag(np.diag(J))).any():
            yield ": it is the derivative with respect to y; multiply by the slope of y", (
                e.right / np.diag(J).reshape(e.right.shape))
    for formula, dL in losses_behind(e):
        yield f": {formula} is the derivative with respect to y, not x", dL
    if e.is_elementwise:
        slope = e.main.right / e.main.dy
        is_constant = len(slope) > 1 and slope.any() and is_close(
            slope, np.broadcast_to(slope[:1], slope.shape)).all()
        if len(slope) > 1 and not is_constant:
            yield "; multiply dy by it", e.dy * (e.main.found / e.main.dy)[:1]
    elif e.has_dy and e.name == "x" and e.stays_when_x_moves:
        if not (e.params and is_close(e.found, e.dy).all()):
            yield ": {dx} at a number of x does not depend on that number, and it should", e.found
    if e.has_dy and e.inner is not None:
        back, _ = e.inner
        yield "; multiply dy by that of f, in y = f(x W + b)", back(e.dy)


@mistake("slope-of-wrong-array", "takes the slope for {dx} at {label}")
def slope_of_wrong_array(e):
    """The slope is taken at y instead of x, or the reverse."""
    if e.has_own_prediction:
        yield "y instead of x, and y has been through the function already", e.right_at(
            x=e.prediction)
    if e.name == "x" and e.x.shape == e.y.shape:
        yield "y instead of x; return x as the cache", e.right_at(x=e.y)
        yield "x by a formula that takes y; return y as the cache", e.x * (  # that of softmax
            e.dy - (e.dy * e.x).sum(axis=-1, keepdims=True))
    if e.is_elementwise:
        yield "x by a formula that takes y: return y as the cache", (
            e.dy * e.slope_by_output(e.x))
        yield "dy instead of x", e.dy * e.slope_at(e.dy)
    if e.has_dy and e.inner is not None:
        back, slope_at = e.inner
        yield "y instead of x W + b; y has been through the function already", back(
            e.dy * slope_at(e.y))


# ---- losses ----

@mistake("other-loss", "gives a dx that is the gradient of a different loss, {label}; it must be "
                       "that of the L that forward returns")
def other_loss(e):
    """The gradient of another known loss or pairing."""
    if not e.is_loss:
        return
    for formula, dL in known_losses(e):
        yield formula, dL
        if e.has_own_prediction:
            y = e.prediction
            yield f"{formula} times the slope of y", e.through_prediction(dL)
            yield f"{formula} times y (1 - y)", dL * y * (1 - y)
    # y less a t that is smoothed in another way
    m = e.main
    columns = np.stack([m.t.ravel(), np.ones(m.t.size)], axis=1)
    (a, b), *_ = np.linalg.lstsq(columns, (m.found / m.share - m.prediction).ravel(), rcond=None)
    if abs(a) > 0.05 and m.t.size > 4:
        yield "y less a smoothed t", (e.prediction + a * e.t + b * m.k / e.k) * e.share


def known_losses(e):
    """(formula, gradient by y) of well-known losses, as means over the rows."""
    y, t = e.prediction, e.t
    s = 2 * t - 1    # -1 and 1 for a t of 0 and 1
    formulas = {
        "y - t": y - t, "2 (y - t)": 2 * (y - t), "sign(y - t)": np.sign(y - t), "-t": -t, "y": y,
        "-t / y": -t / y, "(y - t) / (y (1 - y))": (y - t) / (y * (1 - y)), "1 - t / y": 1 - t / y,
        "tanh(y - t)": np.tanh(y - t), "y - t, held between -1 and 1": np.clip(y - t, -1, 1),
        "eʸ - t": np.exp(y) - t, "softmax(y) - t": softmax(y) - t, "sigmoid(y) - t": sigmoid(y) - t,
        "the hinge's for t of 0 and 1": -s * (s * y < 1),
        "the hinge's for t of -1 and 1": -t * (t * y < 1),
        "the squared hinge's for t of 0 and 1": -2 * s * np.maximum(1 - s * y, 0),
        "the squared hinge's for t of -1 and 1": -2 * t * np.maximum(1 - t * y, 0),
        "the logistic loss's for t of -1 and 1": -t * sigmoid(-t * y)}
    for formula, dL in formulas.items():
        yield formula, dL * e.share
        yield f"{formula} over k", dL * e.share / e.k


def losses_behind(e):
    """The known losses, as (formula, gradient by y), of which this L is one, behind a y of its own.
    """
    if e.has_own_prediction:
        for formula, dL in known_losses(e):
            if is_close(e.through_prediction(dL), e.right).all():
                yield formula, dL


# ---- sums ----

@mistake("bias-axis", "makes {dx} {label}; it must be the sum over the rows, and over the "
                      "positions if there are any, such as dy.sum(axis=0)")
def bias_axis(e):
    """db is summed over the wrong axis, or not summed."""
    if e.name == "x" or e.is_sampled or e.found.ndim > 2:
        return
    of_rows = e.by_rows(e.J * e.dy.reshape(-1, 1)).sum(axis=1).reshape(e.n, *e.found.shape)
    for which, row in {"first": 0, "last": -1}.items():
        yield f"that of the {which} row", of_rows[row]
        if e.dy.ndim > 2 and e.found.shape == e.dy.shape[-1:]:
            at_positions = e.dy.reshape(e.n, -1, e.dy.shape[-1])
            yield f"that of the {which} position", at_positions[:, row].sum(axis=0)
            yield f"that of the {which} row and position", at_positions[row, row]
    yield "the sum of everything", np.full(e.found.shape, of_rows.sum())
    yield "the mean of everything", np.full(e.found.shape, of_rows.mean())
    if of_rows.shape[0] == of_rows.shape[-1] and e.found.ndim == 1:
        yield "the sum over the columns", of_rows.sum(axis=1)
    J = e.by_rows(e.J)
    if is_sum(e.J) and is_sum(e.M) and (np.abs(J - J[0]) < 1e-7).all():
        yield "the sum over the wrong elements of dy", e.found
    for name, dW in e.right_of_params.items():
        for axis in range(dW.ndim):
            rest = tuple(i for i in range(dW.ndim) if i != axis)
            yield f"the sum of d{name} over axes {rest}", dW.sum(axis=rest)
            yield f"the mean of d{name} over axes {rest}", dW.mean(axis=rest)


def is_sum(J):
    """Whether the numbers of a Jacobian are all the same or 0, as those of a sum or a mean."""
    numbers = J[np.abs(J) > 1e-9]
    return len(numbers) > 0 and is_close(numbers, np.full_like(numbers, numbers[0])).all()


@mistake("missing-term", "leaves a part of {dx} out: {label}")
def missing_term(e):
    """One of several paths from x to L is left out."""
    if e.has_dy:
        yield "some of the paths from {x} to y", e.through(np.where(e.M != 0, e.J, 0))
        if e.name == "x" and e.params and e.found.shape == e.dy.shape:
            yield "all but the path straight through, dy", e.dy
    for words, v in known_terms(e):
        of_main = dict(known_terms(e.main)).get(words)
        if of_main is not None:
            missing = e.main.right - e.main.found
            c = (missing * of_main).sum() / (of_main * of_main).sum()
            # what is added to dy or to dW, as by weight decay, is not missing
            if e.is_loss or c > 0:
                yield (words if np.isclose(c, 1) else f"{c:.3g} {words}"), e.right - c * v
            if e.is_loss and words.startswith("1") and e.main.wrong.any():
                c = np.median((missing / of_main)[e.main.wrong])
                yield f"{c:.3g} · {words}, in places", put_where_found(e.right - c * v, e)
    if e.is_elementwise:
        yield "one half of the product rule", e.dy * e.y / e.x
        yield "the other half of the product rule", e.right - e.dy * e.y / e.x
    if e.has_dy:
        yield from paths_left_out(e)
    if e.name != "x" and e.has_dy:
        # each use of W in a product gives Σ dW W = Σ dy y
        uses, found_uses = ((gradient * e.value).sum() / (e.dy * e.y).sum()
                            for gradient in (e.right, e.found))
        if uses > 1.5 and 0.5 < found_uses < uses - 0.5 and np.allclose(
                [uses, found_uses], np.rint([uses, found_uses]), atol=1e-6):
            yield "{x} is used in several places, and each adds to it", e.found


def known_terms(e):
    """(words, array) of terms of which a multiple may be missing."""
    terms = {"dy": e.dy, "1": np.ones(e.found.shape)}
    if e.name == "x":
        terms |= {"x": e.value, "x²": e.value ** 2}
    if e.is_loss:
        terms |= {"y": e.prediction, "t": e.t, "sign(x)": np.sign(e.x)}
    elif e.x.shape == e.y.shape:
        terms |= {"y": e.y, "dy y": e.dy * e.y, "dy x": e.dy * e.x}
    for words, v in terms.items():
        if np.shape(v) == e.found.shape:
            yield words, v
            if e.is_loss:
                yield f"{words} / n", v * e.share


def paths_left_out(e):
    """The paths through a mean, a variance or a length: what is missing is the same for all numbers
    that meet there, or a multiple of them, or of y, or a sum of these.
    """
    ones, groups = np.ones_like(e.value), e.groups
    ways = {"the path through the length": [e.value]}
    if e.name == "x":
        ways |= {"the path through the mean": [ones],
                 "the path through the sum of absolute values": [np.sign(e.value)],
                 "the paths through mean and variance": [ones, e.value]}
        if e.x.shape == e.y.shape:
            ways["the path through y"] = [e.y]
    missing = (e.right - e.found).ravel()
    for label, arrays in ways.items():
        fitted, n_spare, all_factors = np.full(missing.shape, np.nan), 0, []
        for group in groups:
            columns = np.stack([array.ravel()[group] for array in arrays], axis=1)
            n_more = len(group) - np.linalg.matrix_rank(columns)
            if n_more:  # else anything can be fitted
                factors = np.linalg.lstsq(columns, missing[group], rcond=None)[0]
                fitted[group], n_spare = columns @ factors, n_spare + n_more
                all_factors.append(factors)
        # the same factor everywhere is a term by itself, as that of weight decay
        is_one_term = e.name != "x" and np.ptp(all_factors or [0]) <= 1e-6 * np.abs(
            all_factors or [0]).max()
        if n_spare < 3 or is_one_term:
            fitted[:] = np.nan
        yield label, e.right - fitted.reshape(e.right.shape)


# ---- places ----

@mistake("wrong-index", "puts the right numbers into the wrong places of {dx}{label}; check "
                        "strides, padding and indices")
def wrong_index(e):
    """Stride, padding, window, the place of the largest."""
    if e.is_elementwise:  # whose slopes are often 0 and 1, so that places tell nothing
        for step in (1, -1):
            yield f": the slopes are shifted by {step} along the rows", (
                e.dy * np.roll(e.right / e.dy, step, axis=0))
        return
    if e.is_loss:
        rank = np.argsort(np.argsort(e.found.ravel()))
        yield "", np.sort(e.right.ravel())[rank].reshape(e.found.shape)
        return
    numbers = [e.x] if e.name != "x" else list(e.params.values())
    pool = np.unique(np.concatenate([e.J.ravel(), *map(np.ravel, numbers), [0.0]]))
    above = np.clip(np.searchsorted(pool, e.M), 1, len(pool) - 1)
    is_below = e.M - pool[above - 1] < pool[above] - e.M
    yield "", e.through(np.where(is_below, pool[above - 1], pool[above]))
    for name, W in e.params.items():
        for axis in range(W.ndim):
            yield f": {name} is reversed along axis {axis}", e.right_at(**{name: np.flip(W, axis)})
            for step in (1, -1):
                yield f": {name} is shifted by {step} along axis {axis}", e.right_at(
                    **{name: np.roll(W, step, axis)})
        yield f": {name} is reversed along all axes", e.right_at(**{name: np.flip(W)})
        if e.name == "x" and W.ndim == 1:
            yield f": {name} is taken at the number of the row", np.concatenate([
                e.right_at(**{name: np.full_like(W, W[i % len(W)])})[i:i + 1] for i in range(e.n)])


# what a wrong slope may make of the other gradients of a layer
FOLLOWS = dict.fromkeys(["missing-slope", "slope-of-wrong-array"],
                        ["bias-axis", "wrong-index", "missing-term"])
