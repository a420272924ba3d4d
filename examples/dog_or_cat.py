"""Dog or cat? A convolutional network on pictures that this script draws itself: the ears of dogs
hang, those of cats stand.

    python examples/dog_or_cat.py [--epochs 8]
"""

import argparse

import numpy as np

import tinynet as tn

PICTURES, SIZE, NOISE, LR, BATCH_SIZE, SEED = 1500, 28, 0.1, 0.003, 32, 0
NAMES = "Dog", "Cat"
# degrees from upright: mean and standard deviation, so that some look alike
EAR_ANGLES = {"Dog": (110, 22), "Cat": (35, 18)}


def draw(label, rng):
    """A face (28, 28), light on dark: more or less large, tilted, near the middle, and blurred by
    noise.
    """
    down, right = np.mgrid[:SIZE, :SIZE] - rng.uniform(12.5, 15.5, (2, 1, 1))
    size, tilt = rng.uniform(6, 8), rng.uniform(-0.3, 0.3)
    right, down = ((np.cos(tilt) * right + np.sin(tilt) * down) / size,
                   (np.cos(tilt) * down - np.sin(tilt) * right) / size)
    # the two halves of a face are alike
    side = np.abs(right)
    head = right**2 + down**2 < 1
    eyes = ((side - 0.4) / 0.18) ** 2 + ((down + 0.15) / 0.18) ** 2 < 1
    nose = (right / 0.25) ** 2 + ((down - 0.45) / 0.18) ** 2 < 1
    angle = np.radians(rng.normal(*EAR_ANGLES[NAMES[label]]))
    along = np.sin(angle) * (side - 0.75) - np.cos(angle) * (down + 0.6)
    across = np.cos(angle) * (side - 0.75) + np.sin(angle) * (down + 0.6)
    # ellipses that begin at the head
    ears = ((along - 0.6) / 0.65) ** 2 + (across / 0.3) ** 2 < 1
    return 0.6 * (head & ~eyes & ~nose) + 0.9 * (ears & ~head) + rng.normal(0, NOISE, (SIZE, SIZE))


def side_by_side(pictures, captions):
    """Pictures as characters, and what is said about each below it."""
    shades = " .:-=+*#%@"
    # a character is twice as high as wide
    pictures = pictures.reshape(len(pictures), SIZE // 2, 2, SIZE).mean(axis=2)
    levels = (np.clip(pictures, 0, 0.99) * len(shades)).astype(int)
    lines = ["  ".join("".join(shades[level] for level in row) for row in rows)
             for rows in levels.transpose(1, 0, 2)]
    lines += ["  ".join(f"{line:^{SIZE}}" for line in below) for below in zip(*captions)]
    return "\n".join(lines)


def main(epochs=8):
    rng = np.random.default_rng(SEED)
    labels = rng.integers(0, 2, PICTURES)
    # (pictures, 28, 28, 1): one channel
    x = np.array([draw(label, rng) for label in labels])[..., None]
    x, x_test, t, t_test = x[300:], x[:300], labels[300:], labels[:300]

    net = tn.Sequential([
        tn.Conv2D(8, 5, stride=2, padding="same"), tn.ReLU(), tn.MaxPool2D(),
        tn.Conv2D(16, 3, padding="same"), tn.ReLU(), tn.MaxPool2D(), tn.Flatten(), tn.Dense(2),
    ], input_shape=x.shape[1:], loss=tn.SoftmaxCrossEntropy(), rng=SEED)
    print(net.summary(), "\n")
    net.fit(x, t, optimizer=tn.Adam(LR), epochs=epochs, batch_size=BATCH_SIZE, validation=0.1)
    print(net.history, "\n")

    y = net.predict(x_test)
    print(f"{np.mean(y.argmax(axis=1) == t_test):.1%} of {len(t_test)} new pictures are right. "
          "The surest dog and cat, the least sure, and the worst:\n")
    shown = [y[:, 0].argmax(), y[:, 1].argmax(), np.abs(y[:, 0] - 0.5).argmin(),
             y[np.arange(len(y)), t_test].argmin()]
    captions = [(", ".join(f"{name} {p:.1f}" for name, p in zip(NAMES, y[i])),
                 f"It is a {NAMES[t_test[i]].lower()}.")
                for i in shown]
    for two in np.s_[:2], np.s_[2:]:
        print(side_by_side(x_test[shown[two], :, :, 0], captions[two]), "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=8)
    main(**vars(parser.parse_args()))
