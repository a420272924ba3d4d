"""A grid search over loss and width in a scikit-learn pipeline: which tumours are malignant.

Prints the table of the search, which network it chooses and why, and a report on the test rows
and, where matplotlib is installed, draws the confusion matrix and a decision boundary by
scikit-learn's own displays.

    python examples/pipeline.py [--max-iter 1000] [--cv 5] [--n-jobs 2] [--picture pipeline.png]
"""

import argparse

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tinynet as tn

LOSSES, WIDTHS = ["cross_entropy", "squared_error", "absolute_error"], [4, 16, 64]
LR, BATCH_SIZE, DROPOUT, SEED = 0.003, 32, 0.2, 0
STYLES = {"benign": {"color": "#ffffff", "edgecolor": "black", "marker": "o"},
          "malignant": {"color": "#1b3a6b", "edgecolor": "white", "marker": "^"}}


def show(results):
    """Print the mean score of each loss (a row) and width (a column), over the parts of the
    cross-validation.
    """
    scores = results["mean_test_score"].reshape(len(WIDTHS), len(LOSSES)).T
    print(f"{'accuracy by loss and width':26}", *(f"{f'{width} units':>9}" for width in WIDTHS))
    for loss, row in zip(LOSSES, scores):
        print(f"{loss:26}", *(f"{score:9.3f}" for score in row))


def explain_and_choose(results):
    """The index of the narrowest network within one standard error of the best (Breiman et al.,
    1984), of several the one with the best score: the lead of the others may be chance.
    """
    show(results)
    score, width = results["mean_test_score"], results["param_netclassifier__hidden_layer_sizes"]
    best, parts = score.argmax(), sum(name.startswith("split") for name in results)
    error = results["std_test_score"][best] / np.sqrt(parts - 1)
    close = np.flatnonzero(score >= score[best] - error)
    print(f"\nThe best score is {score[best]:.3f}, with a standard error of {error:.3f}. "
          f"{len(close)} networks are within that of\nthe best; the narrowest of them is chosen:")
    return min(close, key=lambda i: (width[i], -score[i]))


def draw(model, X, y, X_test, y_test, path):
    """The confusion matrix, and the boundary of a network that sees no more than two principal
    components.
    """
    import matplotlib.pyplot as plt
    plt.switch_backend("Agg")  # a file needs no screen
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained",
                                         width_ratios=[1, 1.4])
    ConfusionMatrixDisplay.from_estimator(model, X_test, y_test, cmap="Blues", colorbar=False,
                                          ax=left)
    left.set(title=f"All {X.shape[1]} features: {model.score(X_test, y_test):.1%} of the test rows "
                   "are right",
             xlabel="predicted class", ylabel="true class")

    components = make_pipeline(StandardScaler(), PCA(2)).fit(X)
    flat = clone(model[-1]).fit(components.transform(X), y)  # the settings that were found
    points = components.transform(X_test)
    display = DecisionBoundaryDisplay.from_estimator(
        flat, points, response_method="predict_proba", class_of_interest="malignant",
        plot_method="contourf",
        levels=10, vmin=0, vmax=1, cmap="cividis_r", alpha=0.5, ax=right)
    figure.colorbar(display.surface_, ax=right, label="probability of malignant")
    for name, style in STYLES.items():
        right.scatter(*points[y_test == name].T, s=40, linewidth=0.7, label=f"{name} test row",
                      **style)
    right.set(title=f"Two principal components: {flat.score(points, y_test):.1%} of the test rows "
                    "are right",
              xlabel="first principal component of the standardized features",
              ylabel="second component")
    right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False)
    figure.savefig(path, dpi=120)


def main(max_iter=1000, cv=5, n_jobs=None, picture="pipeline.png"):
    data = load_breast_cancer()
    X, X_test, y, y_test = train_test_split(data.data, data.target_names[data.target],
                                            test_size=0.3, stratify=data.target,
                                            random_state=SEED)
    model = make_pipeline(StandardScaler(), tn.NetClassifier(
        learning_rate_init=LR, batch_size=BATCH_SIZE, dropout=DROPOUT, max_iter=max_iter,
        random_state=SEED))
    grid = {"netclassifier__loss": LOSSES, "netclassifier__hidden_layer_sizes": WIDTHS}
    search = GridSearchCV(model, grid, cv=StratifiedKFold(cv, shuffle=True, random_state=SEED),
                          refit=explain_and_choose, n_jobs=n_jobs).fit(X, y)
    print(", ".join(f"{name.partition('__')[2]}={value!r}"
                    for name, value in search.best_params_.items()))
    print(f"{search.score(X_test, y_test):.1%} of {len(y_test)} test rows are right:\n")
    print(classification_report(y_test, search.predict(X_test)))
    try:
        draw(search.best_estimator_, X, y, X_test, y_test, picture)
        print(f"The confusion matrix and a decision boundary are in {picture}.")
    except ImportError:
        print("For a picture of the confusion matrix and a decision boundary, install matplotlib.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-iter", type=int, default=1000)
    parser.add_argument("--cv", type=int, default=5)
    parser.add_argument("--n-jobs", type=int)
    parser.add_argument("--picture", default="pipeline.png")
    main(**vars(parser.parse_args()))
