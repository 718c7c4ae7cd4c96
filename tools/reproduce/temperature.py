#!/usr/bin/python3
"""Table of tools/reproduce/temperature: what noise in inference does to samples, mean over seeds with t intervals.

    temperature.py AT ROUNDS SD...    results AT_start-SEED.h5, AT_SD-ROUND-SEED.h5
"""
import glob
import gzip
import os
import sys

import h5py
import numpy as np

import rates

WIDTHS = [0.15, 0.2, 0.25, 0.3, 0.4]
DIGITS = os.path.join(os.path.dirname(__file__), "../../scenarios/data/digits.csv.gz")


def parzen(samples, rows, width):
    """Mean over rows of the log of the mean of Gaussian windows around the samples."""
    squares = ((rows[:, None, :] - samples[None, :, :]) ** 2).sum(axis=2) / (2 * width ** 2)
    least = squares.min(axis=1)
    each = np.log(np.exp(least[:, None] - squares).mean(axis=1)) - least
    return each.mean() - rows.shape[1] * np.log(width * np.sqrt(2 * np.pi))


def score(samples, validate, test):
    """Log-likelihood of validation and test digits, the width chosen on the former."""
    chosen = [parzen(samples, validate, width) for width in WIDTHS]
    return max(chosen), parzen(samples, test, WIDTHS[int(np.argmax(chosen))])


def read(path):
    with h5py.File(path, "r") as file:
        return np.clip(file["/protocol/readouts/x/values"][:] / 200, 0, 1)


def squared(a, b):
    return ((a - b) ** 2).sum(axis=1).mean()


def interval(values):
    mean, n = np.mean(values), len(values)
    if n not in rates.T_95:
        return "%+.2f" % mean
    half = rates.T_95[n] * np.std(values, ddof=1) / np.sqrt(n)
    return "%+.2f (%+.2f to %+.2f)" % (mean, mean - half, mean + half)


def chain(at, sd, rounds, seed, digits):
    """Figures of one seed: likelihoods after each round, distances to the round before, to the start, to the mean sample; brightness."""
    samples = [read("%s_start-%s.h5" % (at, seed))]
    samples += [read("%s_%s-%d-%s.h5" % (at, sd, k, seed)) for k in range(1, rounds + 1)]
    last, scores = samples[-1], [score(s, *digits) for s in samples]
    steps = [squared(b, a) for a, b in zip(samples, samples[1:])]
    return {"validate": scores[-1][0], "start": scores[0][1], "once": scores[1][1], "test": scores[-1][1], "first_step": steps[0],
            "last_step": steps[-1], "moved": squared(last, samples[0]), "spread": squared(last, last.mean(axis=0)),
            "bright_start": samples[0].mean(), "spread_start": squared(samples[0], samples[0].mean(axis=0)), "bright": last.mean()}


def main():
    at, rounds, noise = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    with gzip.open(DIGITS, "rt") as file:
        pixels = np.loadtxt(file, delimiter=",")[:, :-1] / 16
    digits = pixels[1097:1297], pixels[1297:1797]
    seeds = sorted(path.rsplit("-", 1)[1][:-3] for path in glob.glob(at + "_start-*.h5"))
    runs = {sd: [chain(at, sd, rounds, seed, digits) for seed in seeds] for sd in noise}
    of = {name: {key: np.array([one[key] for one in run]) for key in run[0]} for name, run in runs.items()}
    last, base = "round %d" % rounds, of[noise[0]]
    rates.head("noise, sd of u in mV", "validation digits, " + last, "test digits, round 1", last, last + " minus ancestral",
               last + " minus without noise", "distance to the round before, round 1", last, "to the ancestral sample",
               "spread of samples", "mean intensity")
    rates.row("ancestral", "", "", "%.2f" % base["start"].mean(), "", "", "", "", "", "%.2f" % base["spread_start"].mean(),
              "%.3f" % base["bright_start"].mean())
    for name, run in of.items():
        rates.row(name, "%.2f" % run["validate"].mean(), "%.2f" % run["once"].mean(), "%.2f" % run["test"].mean(),
                  interval(run["test"] - run["start"]), interval(run["test"] - base["test"]), "%.2f" % run["first_step"].mean(),
                  "%.2f" % run["last_step"].mean(), "%.2f" % run["moved"].mean(), "%.2f" % run["spread"].mean(),
                  "%.3f" % run["bright"].mean())
    print("\n%d seeds; test digits: spread %.2f, mean intensity %.3f. Distances are squared, summed over pixels." % (
        len(seeds), squared(digits[1], digits[1].mean(axis=0)), digits[1].mean()))


main()
