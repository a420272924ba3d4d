"""The sums that define each number of a training step, written out here once more: with loops and
einsum, apart from the code that they are compared with.
"""

import math

import numpy as np

import tinynet as tn


def expect_step(step, net, optimizer, steps_made, l2=0.0, clip_norm=None):
    """{name: array} for all that the step made: what follows from the other recorded arrays."""
    expected = {}
    layers = list(name_layers(net))
    for prefix, layer in layers:
        arrays = {name.removeprefix(prefix): step[name] for name in step
                  if name.startswith(prefix)}
        made = OF_LAYERS[type(layer).__name__](layer, arrays)
        expected |= {prefix + name: array for name, array in made.items()}
    expected |= expect_loss(step, net.loss)
    expected |= expect_update(step, optimizer, steps_made, l2, clip_norm, {
        prefix + name for prefix, layer in layers for name in layer.param_names
        if not layer.trainable})
    return expected


def name_layers(net, prefix=""):
    """("1.0.", layer) for all layers that are no networks."""
    for i, layer in enumerate(net.layers):
        if isinstance(layer, tn.Sequential):
            yield from name_layers(layer, f"{prefix}{i}.")
        else:
            yield f"{prefix}{i}.", layer


# ---- layers: (layer, arrays) -> arrays ----

def dense(layer, a):
    return {"y": np.einsum("ij,jk->ik", a["x"], a["W"]) + a["b"],
            "dx": np.einsum("ik,jk->ij", a["dy"], a["W"]),
            "dW": np.einsum("ij,ik->jk", a["x"], a["dy"]), "db": np.einsum("ik->k", a["dy"])}


def elementwise(f):
    """f takes a number and gives its image and its slope."""
    def expect(layer, a):
        pairs = np.array([f(x, layer) for x in a["x"].ravel()]).T.reshape(2, *a["x"].shape)
        return {"y": pairs[0], "dx": a["dy"] * pairs[1]}
    return expect


def logistic(x):
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


def gelu(x, layer):
    cdf = 0.5 * (1 + math.erf(x / math.sqrt(2)))
    return x * cdf, cdf + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def silu(layer, a):
    s = np.vectorize(logistic)(a["x"])
    return {"s": s, "y": a["x"] * s, "dx": a["dy"] * (s + a["x"] * s * (1 - s))}


def dropout(layer, a):
    assert np.isin(a["keep"], [0, 1 / (1 - layer.rate)]).all()
    return {"keep": a["keep"], "y": a["x"] * a["keep"], "dx": a["dy"] * a["keep"]}


def reshape(layer, a):
    return {"y": a["x"].reshape(a["y"].shape), "dx": a["dy"].reshape(a["x"].shape)}


def softmax_rows(x):
    """softmax by its definition, row by row"""
    y = np.array([[math.exp(v - max(row)) for v in row] for row in x.reshape(-1, x.shape[-1])])
    return (y / y.sum(axis=1, keepdims=True)).reshape(x.shape)


def jacobian(y):
    """∂yₖ/∂xⱼ = yₖ (1{j = k} - yⱼ)"""
    k = y.shape[-1]
    J = np.empty((*y.shape, k))
    for i, j in np.ndindex(k, k):
        J[..., i, j] = y[..., i] * ((i == j) - y[..., j])
    return J


def softmax(layer, a):
    y = softmax_rows(a["x"])
    return {"y": y, "J": jacobian(y), "dx": np.einsum("...k,...kj->...j", a["dy"], jacobian(y))}


def normalize(x, mean, var, eps):
    """x̂ of the rows of x, and s"""
    s = np.sqrt(var + eps)
    return (x - mean[:, None]) / s[:, None], s


def through_normalization(dx_hat, x_hat, s):
    """dx of each row, by the whole Jacobian ∂x̂ᵢ/∂xⱼ = (1{i = j} - 1/m - x̂ᵢ x̂ⱼ / m) / s"""
    m = dx_hat.shape[1]
    J = (np.eye(m) - 1 / m - x_hat[:, :, None] * x_hat[:, None, :] / m) / s[:, None, None]
    return np.einsum("ri,rij->rj", dx_hat, J)


def layer_norm(layer, a):
    shape, k = a["x"].shape, a["x"].shape[-1]
    x, dy = a["x"].reshape(-1, k), a["dy"].reshape(-1, k)
    mean = np.array([sum(row) / k for row in x])
    var = np.array([sum((v - mu) ** 2 for v in row) / k for row, mu in zip(x, mean)])
    x_hat, s = normalize(x, mean, var, layer.eps)
    dx_hat = dy * a["gamma"]
    rows = shape[:-1]
    return {"mean": mean.reshape(rows), "var": var.reshape(rows), "s": s.reshape(rows),
            "x_hat": x_hat.reshape(shape), "y": (a["gamma"] * x_hat + a["beta"]).reshape(shape),
            "dgamma": (dy * x_hat).sum(axis=0), "dbeta": dy.sum(axis=0),
            "dx_hat": dx_hat.reshape(shape), "mean_dx_hat": dx_hat.mean(axis=1).reshape(rows),
            "mean_dx_hat_x_hat": (dx_hat * x_hat).mean(axis=1).reshape(rows),
            "dx": through_normalization(dx_hat, x_hat, s).reshape(shape)}


def batch_norm(layer, a):
    shape, channels = a["x"].shape, a["x"].shape[-1]
    x, dy = a["x"].reshape(-1, channels).T, a["dy"].reshape(-1, channels).T
    m = x.shape[1]

    def back(rows):
        return rows.T.reshape(shape)

    if layer.trainable:
        mean = np.array([sum(row) / m for row in x])
        var = np.array([sum((v - mu) ** 2 for v in row) / m for row, mu in zip(x, mean)])
    else:
        mean, var = a["running_mean"], a["running_var"]
    x_hat, s = normalize(x, mean, var, layer.eps)
    gamma = a["gamma"][:, None]
    made = {"mean": mean, "var": var, "s": s, "x_hat": back(x_hat),
            "y": back(gamma * x_hat + a["beta"][:, None]), "dgamma": (dy * x_hat).sum(axis=1),
            "dbeta": dy.sum(axis=1)}
    after = {"mean": a["running_mean"], "var": a["running_var"]}
    if layer.trainable:
        made["dx"] = back(through_normalization(gamma * dy, x_hat, s))
        keep = layer.momentum
        if m > 1:
            after = {"mean": keep * a["running_mean"] + (1 - keep) * mean,
                     "var": keep * a["running_var"] + (1 - keep) * var * m / (m - 1)}
    else:
        made["dx"] = back(gamma * dy / s[:, None])
    return made | {f"running_{name}.after": array for name, array in after.items()}


def pair(size):
    return size if isinstance(size, tuple) else (size, size)


def pad(layer, shape):
    """(above, before) of a convolution."""
    if layer.padding == "valid":
        return 0, 0
    if layer.padding == "same":
        axes = zip(shape, pair(layer.stride), pair(layer.kernel_size))
        missing = [max((math.ceil(size / step) - 1) * step + kernel - size, 0)
                   for size, step, kernel in axes]
        return missing[0] // 2, missing[1] // 2
    return pair(layer.padding)


def conv(layer, a):
    x, W, dy = a["x"], a["W"], a["dy"]
    (above, before), (down, right) = pad(layer, x.shape[1:3]), pair(layer.stride)
    made = {"y": np.zeros(dy.shape) + a["b"], "dx": np.zeros(x.shape), "dW": np.zeros(W.shape),
            "db": dy.sum(axis=(0, 1, 2))}
    for row, p, q, i, j in np.ndindex(*dy.shape[:3], *W.shape[:2]):
        r, s = down * p + i - above, right * q + j - before
        if 0 <= r < x.shape[1] and 0 <= s < x.shape[2]:
            made["y"][row, p, q] += x[row, r, s] @ W[i, j]
            made["dx"][row, r, s] += W[i, j] @ dy[row, p, q]
            made["dW"][i, j] += np.outer(x[row, r, s], dy[row, p, q])
    return made


def pool(pick):
    """pick takes the numbers of a window and gives their image, and the share of each in its dx."""
    def expect(layer, a):
        x, dy = a["x"], a["dy"]
        (height, width), (down, right) = pair(layer.size), pair(layer.stride or layer.size)
        made = {"y": np.zeros(dy.shape), "dx": np.zeros(x.shape)}
        for row, p, q, c in np.ndindex(dy.shape):
            window = np.s_[row, down * p:down * p + height, right * q:right * q + width, c]
            made["y"][row, p, q, c], shares = pick(x[window])
            made["dx"][window] += shares * dy[row, p, q, c]
        return made
    return expect


def first_largest(window):
    shares = np.zeros(window.shape)
    shares.flat[window.argmax()] = 1
    return window.max(), shares


def average(window):
    return window.sum() / window.size, np.full(window.shape, 1 / window.size)


def global_average(layer, a):
    _, height, width, _ = a["x"].shape
    return {"y": np.einsum("nrsc->nc", a["x"]) / (height * width),
            "dx": np.broadcast_to(a["dy"][:, None, None] / (height * width), a["x"].shape)}


OF_LAYERS = {
    "Dense": dense, "ReLU": elementwise(lambda x, _: (max(x, 0), x > 0)),
    "LeakyReLU": elementwise(lambda x, layer: (x, 1) if x > 0 else
                             (layer.negative_slope * x, layer.negative_slope)),
    "ELU": elementwise(lambda x, layer: (x, 1) if x > 0 else
                       (layer.alpha * math.expm1(x), layer.alpha * math.exp(x))),
    "Sigmoid": elementwise(lambda x, _: (logistic(x), logistic(x) * logistic(-x))),
    "Tanh": elementwise(lambda x, _: (math.tanh(x), 1 / math.cosh(x) ** 2)),
    "Softplus": elementwise(lambda x, _: (max(x, 0) + math.log1p(math.exp(-abs(x))), logistic(x))),
    "SiLU": silu, "GELU": elementwise(gelu), "Softmax": softmax, "Dropout": dropout,
    "LayerNorm": layer_norm, "BatchNorm": batch_norm, "Reshape": reshape, "Flatten": reshape,
    "Conv2D": conv, "MaxPool2D": pool(first_largest), "AveragePool2D": pool(average),
    "GlobalAveragePool2D": global_average,
}


# ---- losses ----

def expect_loss(step, loss):
    x, t, n = step["loss.x"], step["t"], len(step["x"])
    k = x.shape[1]
    smoothing = getattr(loss, "label_smoothing", 0)
    t = (1 - smoothing) * t + smoothing / k
    w = step["w"] if "w" in step else np.ones(n)
    dl = (w / w.sum())[:, None]
    each, slope, y, extra = OF_LOSSES[type(loss).__name__](loss, x, t, dl)
    if getattr(loss, "mean_over", "rows") == "elements":
        each, slope = each / k, slope / k
    l = each.sum(axis=1)
    return extra | {"loss.t": t, "loss.y": y, "loss.l": l, "L": (w * l).sum() / w.sum(), "dL": 1.0,
                    "loss.dl": dl[:, 0], "loss.dx": dl * slope}


def huber(loss, x, t, dl):
    d, delta = x - t, loss.delta
    near = abs(d) <= delta
    return (np.where(near, d * d / 2, delta * (abs(d) - delta / 2)),
            np.where(near, d, delta * np.sign(d)), x, {})


def cross_entropy(loss, x, t, dl):
    return -t * np.log(x), -t / x, x, {}


def binary_cross_entropy(loss, x, t, dl):
    return -t * np.log(x) - (1 - t) * np.log(1 - x), (1 - t) / (1 - x) - t / x, x, {}


def softmax_cross_entropy(loss, x, t, dl):
    y = softmax_rows(x)
    return -t * np.log(y), y - t, y, {"loss.dy": -t / y * dl, "loss.J": jacobian(y)}


def sigmoid_cross_entropy(loss, x, t, dl):
    y, other = np.vectorize(logistic)(x), np.vectorize(logistic)(-x)
    return (-t * np.log(y) - (1 - t) * np.log(other), y - t, y,
            {"loss.dy": ((1 - t) / other - t / y) * dl, "loss.J": y * other})


OF_LOSSES = {
    "MeanSquaredError": lambda loss, x, t, dl: ((x - t) ** 2, 2 * (x - t), x, {}),
    "HalfSquaredError": lambda loss, x, t, dl: ((x - t) ** 2 / 2, x - t, x, {}),
    "MeanAbsoluteError": lambda loss, x, t, dl: (abs(x - t), np.sign(x - t), x, {}),
    "Huber": huber, "CrossEntropy": cross_entropy, "BinaryCrossEntropy": binary_cross_entropy,
    "SoftmaxCrossEntropy": softmax_cross_entropy, "SigmoidCrossEntropy": sigmoid_cross_entropy,
}


# ---- optimizers ----

def expect_update(step, optimizer, steps_made, l2, clip_norm, frozen):
    """What the optimizer makes of the recorded dW and of what it remembered before."""
    names = [name.removesuffix(".change") for name in step if name.endswith(".change")]
    g, decays, expected = {}, {}, {"lr": optimizer.lr}
    for name in names:
        prefix, _, letter = name.rpartition(".")
        decays[name] = step[name].ndim > 1
        g[name] = step[f"{prefix}.d{letter}"] + l2 * decays[name] * step[name]
        if name in frozen:
            g[name] = 0 * g[name]
    if l2:
        expected["penalty"] = l2 / 2 * sum((step[name] ** 2).sum() for name in names
                                           if decays[name] and name not in frozen)
    if clip_norm is not None:
        expected["norm"] = norm = math.sqrt(sum((array ** 2).sum() for array in g.values()))
        if norm > clip_norm:
            g = {name: array * clip_norm / norm for name, array in g.items()}
    for name in names:
        before = {vector: step[f"{name}.{vector}_before"] for vector in ("m", "v")
                  if f"{name}.{vector}_before" in step}
        made = OF_OPTIMIZERS[type(optimizer).__name__](optimizer, step[name], g[name], before,
                                                       steps_made, decays[name])
        made["grads"] = g[name]
        if name in frozen:
            made["change"] = 0 * g[name]
        made["after"] = step[name] + made["change"]
        expected |= {f"{name}.{key}": array for key, array in made.items()}
    return expected


def sgd(optimizer, W, g, before, steps, decays):
    if not optimizer.momentum:
        return {"change": -optimizer.lr * g}
    v = optimizer.momentum * before["v"] + g
    move = g + optimizer.momentum * v if optimizer.nesterov else v
    return {"v": v, "change": -optimizer.lr * move}


def rmsprop(optimizer, W, g, before, steps, decays):
    v = optimizer.rho * before["v"] + (1 - optimizer.rho) * g ** 2
    return {"v": v, "change": -optimizer.lr * g / (np.sqrt(v) + optimizer.eps)}


def adam(optimizer, W, g, before, steps, decays):
    m = optimizer.beta1 * before["m"] + (1 - optimizer.beta1) * g
    v = optimizer.beta2 * before["v"] + (1 - optimizer.beta2) * g ** 2
    m_hat, v_hat = m / (1 - optimizer.beta1 ** steps), v / (1 - optimizer.beta2 ** steps)
    change = -optimizer.lr * m_hat / (np.sqrt(v_hat) + optimizer.eps)
    if hasattr(optimizer, "weight_decay") and decays:
        change = change - optimizer.lr * optimizer.weight_decay * W
    return {"m": m, "v": v, "m_hat": m_hat, "v_hat": v_hat, "change": change}


OF_OPTIMIZERS = {"SGD": sgd, "RMSprop": rmsprop, "Adam": adam, "AdamW": adam}
