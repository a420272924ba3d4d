"""Measures: how good the predictions for some rows are, and which way of a measure is better."""

import numpy as np
from sklearn.metrics import brier_score_loss, log_loss

MEASURES = {  # of rows that were not trained on: name -> what it is called
    "accuracy": "accuracy",
    "cross_entropy": "cross-entropy",
    "brier_score": "Brier score",
    "calibration_error": "calibration error",
}
NAMES = {  # what verdicts can be about: name in the table -> in words
    **{f"test_{name}": f"test {words}" for name, words in MEASURES.items()},
    **{f"val_{name}": f"validation {words}" for name, words in MEASURES.items()},
    "early_accuracy": "validation accuracy in the first five epochs",
    "epochs_to_90": "epochs to 90 % validation accuracy",
    "gradient_norm": "norm of the first gradient",
}


def larger_measure_is_better(measure):
    """Whether more of it is better: True, False, or None if neither way is."""
    if measure == "gradient_norm":
        return None
    return measure.endswith("accuracy")


def find_measures(y, labels, k):
    """The MEASURES of predictions y (n, k), or (n, 1) for two classes, as a dictionary.

    Cross-entropy is in nats, no more than 36.04 for a row, since log_loss takes no probability
    below 2.2e-16; the Brier score is summed over the classes (Brier, 1950).
    """
    p, right = as_probabilities(y), predict_classes(y) == labels
    classes = np.arange(k)
    return {"accuracy": float(right.mean()),
            "cross_entropy": float(log_loss(labels, p, labels=classes)),
            "brier_score": float(brier_score_loss(labels, p, labels=classes,
                                                  scale_by_half=False)),
            "calibration_error": find_calibration_error(p.max(axis=1), right)}


def predict_classes(y):
    """The classes (n,) of the largest outputs; of a single output, whether it is above 1/2."""
    return (y[:, 0] > 0.5).astype(int) if y.shape[1] == 1 else y.argmax(axis=1)


def as_probabilities(y):
    """Predictions as probabilities of classes: an array of float64 whose rows sum to 1.

    A single output is the probability of class 1. Squared error makes outputs come near to the
    probabilities, but they may leave [0, 1], and their sum need not be 1: they are brought to the
    nearest number in [0, 1] and divided by their sum. Classes are equally likely where all are 0.
    """
    p = np.clip(y.astype(float), 0, 1)
    if p.shape[1] == 1:
        return np.hstack([1 - p, p])
    total = p.sum(axis=1, keepdims=True)
    return np.where(total > 0, p / np.where(total > 0, total, 1), 1 / p.shape[1])


def find_calibration_error(confidence, right, bins=15):
    """Σ over the bins of  n_bin / n |share of rows that are right - mean confidence|, where the
    confidence (n,) is the largest probability, for bins of one width (Guo et al., 2017).
    """
    bin_of_row = np.minimum(confidence * bins, bins - 1).astype(int)
    excess = np.bincount(bin_of_row, weights=right - confidence)
    return float(np.abs(excess).sum() / len(confidence))
