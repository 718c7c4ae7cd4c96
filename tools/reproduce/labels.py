#!/usr/bin/python3
"""Table of tools/reproduce/labels: accuracy on the test sets, mean and standard deviation over seeds, and what a presentation costs.

    labels.py AT    results AT_digits-learned-1.h5, AT_mnist-frozen-2.h5 and so on
"""
import glob
import re
import sys

import h5py
import numpy as np

import rates

KINDS = [("digits-learned", "8x8 digits, labels"), ("digits-frozen", "8x8 digits, labels, hidden layer frozen"),
         ("digits-deep", "8x8 digits, labels, two hidden layers"), ("digits-deep-frozen", "8x8 digits, labels, two frozen hidden layers"),
         ("digits-rewards", "8x8 digits, rewards"), ("mnist-learned", "MNIST, labels"),
         ("mnist-frozen", "MNIST, labels, hidden layer frozen")]


def spread(values):
    return "%.1f" % values[0] if len(values) < 2 else "%.1f, sd %.1f" % (np.mean(values), np.std(values, ddof=1))


def main():
    rates.head("", "seeds", "test set, %, mean and sd over seeds", "each seed", "presentations of a run", "synaptic events of one",
               "spikes of one")
    for kind, title in KINDS:
        accuracy, events, spikes, presented = [], [], [], []
        for path in sorted(glob.glob("%s_%s-[0-9]*.h5" % (sys.argv[1], kind))):
            if not re.fullmatch(r".*-\d+\.h5", path):
                continue
            with h5py.File(path, "r") as file:
                provenance, n = file["/provenance"].attrs, len(file["/protocol/presentations/item"])
                accuracy.append(100 * float(file["/protocol"].attrs["test_accuracy"]))
                presented.append(n)
                events.append(float(provenance["synaptic_events"]) / n)
                spikes.append(float(provenance["spikes"]) / n)
        if accuracy:
            rates.row(title, len(accuracy), spread(accuracy), ", ".join("%.1f" % a for a in accuracy), presented[0],
                      "{:,.0f}".format(np.mean(events)), "{:,.0f}".format(np.mean(spikes)))


main()
