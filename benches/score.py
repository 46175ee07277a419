#!/usr/bin/env python3
"""The work of benches/score.rs with numpy and with scikit-learn, for comparison. Needs both.

    python3 benches/score.py [ROWS [DRAWS]]

numpy: every draw resamples the rows, counts the confusion matrix with bincount and means the losses. scikit-learn: every draw calls
its functions on the resampled rows. Both are timed on a few draws, which the time of all is reckoned from.
"""

import sys
import time

import numpy as np
from sklearn import metrics

ROWS, DRAWS = [int(x) for x in (sys.argv[1:] + ["1000000", "1000"][len(sys.argv) - 1 :])[:2]]
BINS = 15
rng = np.random.default_rng(1)
gold = rng.integers(0, 4, ROWS)
p = rng.random((ROWS, 4))
p[np.arange(ROWS), gold] += 0.5
p /= p.sum(axis=1, keepdims=True)
predicted = p.argmax(axis=1)
confidence = p.max(axis=1)


def by_numpy():
    cell = gold * 4 + predicted
    log = -np.log(p[np.arange(ROWS), gold])
    brier = ((p - np.eye(4)[gold]) ** 2).sum(axis=1)
    bins = np.clip(np.ceil(confidence * BINS).astype(int), 1, BINS) - 1
    gap = (gold == predicted) - confidence

    def draw():
        rows = rng.integers(0, ROWS, ROWS)
        m = np.bincount(cell[rows], minlength=16).reshape(4, 4)
        hit, t, q, s = np.diag(m), m.sum(axis=1), m.sum(axis=0), m.sum()
        f1 = 2 * hit / (t + q)
        mcc = (hit.sum() * s - t @ q) / np.sqrt((s * s - q @ q) * 1.0 * (s * s - t @ t))
        chance = (t @ q) / s**2
        kappa = (hit.sum() / s - chance) / (1 - chance)
        ece = np.abs(np.bincount(bins[rows], gap[rows], BINS)).sum() / s
        return [hit.sum() / s, f1.mean(), f1[:2].mean(), mcc, kappa, log[rows].mean(), brier[rows].mean(), ece]

    return draw


def by_sklearn():
    def draw():
        rows = rng.integers(0, ROWS, ROWS)
        g, q = gold[rows], predicted[rows]
        f1 = metrics.f1_score(g, q, average=None)
        return [
            metrics.accuracy_score(g, q),
            f1.mean(),
            f1[:2].mean(),
            metrics.matthews_corrcoef(g, q),
            metrics.cohen_kappa_score(g, q),
            metrics.log_loss(g, p[rows]),
            metrics.brier_score_loss(g, p[rows], scale_by_half=False),
        ]

    return draw


for name, make, draws in [("numpy", by_numpy, 10), ("scikit-learn (no calibration error)", by_sklearn, 2)]:
    draw = make()
    started = time.perf_counter()
    for _ in range(draws):
        draw()
    each = (time.perf_counter() - started) / draws
    print(f"{each * DRAWS:8.1f} s  {name}: {DRAWS} draws of {ROWS} rows, from {draws} draws of {each:.3f} s, one core")
