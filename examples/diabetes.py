"""Regression: how far diabetes has gone after a year, from ten measurements, by squared error.

    python examples/diabetes.py [--epochs 100]
"""

import argparse

from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import tinynet as tn

UNITS, LR, BATCH_SIZE, L2, SEED = 16, 0.003, 32, 0.1, 0


def main(epochs=100):
    x, t = load_diabetes(return_X_y=True)  # t is whole numbers from 25 to 346: amounts, not labels
    x, x_test, t, t_test = train_test_split(x, t, test_size=0.25, random_state=SEED)
    x_scaler, t_scaler = StandardScaler().fit(x), StandardScaler().fit(t[:, None])
    x, x_test = x_scaler.transform(x), x_scaler.transform(x_test)

    net = tn.Sequential([tn.Dense(UNITS), tn.Tanh(), tn.Dense(1)], input_shape=10,
                        loss=tn.MeanSquaredError(), rng=SEED)
    history = net.fit(x, t_scaler.transform(t[:, None]), optimizer=tn.Adam(LR), epochs=epochs,
                      batch_size=BATCH_SIZE, l2=L2,
                      validation=0.1)
    print(history, "\n")

    predictions = {"the mean of the training targets": t.mean().repeat(len(t_test)),
                   "linear regression": LinearRegression().fit(x, t).predict(x_test),
                   "this network": t_scaler.inverse_transform(net.predict(x_test))[:, 0]}
    print(f"On {len(t_test)} test rows, in the units of the target:")
    for name, y in predictions.items():
        print(f"    {name:33} mean absolute error {mean_absolute_error(t_test, y):5.1f}, R² "
              f"{r2_score(t_test, y):5.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=100)
    main(**vars(parser.parse_args()))
