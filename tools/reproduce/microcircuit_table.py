#!/usr/bin/python3
"""Table of rates, irregularity and synchrony of the microcircuit's populations from a result file.

microcircuit_table.py FILE [FROM_MS]. Spikes from FROM_MS (100) on, also of an unfinished file. CV: standard deviation
of the intervals of a neuron over their mean, the mean over the neurons with at least five intervals. Synchrony:
variance over mean of the number of spikes of 1,000 neurons (all of a smaller population) in bins of 3 ms; 1 for
independent Poisson processes.
"""
import sys

import h5py
import numpy as np

from microcircuit import NAMES, RATES

LEAST, BIN_MS, SAMPLE = 5, 3.0, 1000


def read_spikes(file, name):
    """Times and neurons; columns of an unfinished file may differ by rows that were being written."""
    group = file["spikes"][name]
    n = min(len(group["timestamps"]), len(group["node_ids"]))
    return group["timestamps"][:n], group["node_ids"][:n].astype(int)


def irregularity(times, neurons, size):
    """Mean CV, and of how many neurons."""
    order = np.lexsort((times, neurons))
    same = np.diff(neurons[order]) == 0
    intervals, owner = np.diff(times[order])[same], neurons[order][1:][same]
    n = np.bincount(owner, minlength=size)
    enough = n >= LEAST
    mean = np.bincount(owner, intervals, size)[enough] / n[enough]
    square = np.bincount(owner, intervals**2, size)[enough] / n[enough]
    variance = (square - mean**2) * n[enough] / (n[enough] - 1)
    return np.mean(np.sqrt(np.maximum(variance, 0)) / mean), enough.sum()


def synchrony(times, neurons, size, start, stop):
    chosen = np.zeros(size, bool)
    chosen[np.random.default_rng(1).permutation(size)[:SAMPLE]] = True
    counts = np.histogram(times[chosen[neurons]], np.arange(start, stop, BIN_MS))[0]
    return counts.var() / counts.mean()


def main():
    start = float(sys.argv[2]) if len(sys.argv) > 2 else 100.0
    with h5py.File(sys.argv[1], "r") as file:
        spikes = [read_spikes(file, name) for name in NAMES]
        sizes = [int(file["spikes"][name].attrs["size"]) for name in NAMES]
    stop = min(times[-1] for times, _ in spikes)
    print("from %.0f to %.0f ms" % (start, stop))
    print("| population | neurons | rate, Hz | published | CV of the intervals | synchrony |\n|---|---|---|---|---|---|")
    for name, published, size, (times, neurons) in zip(NAMES, RATES, sizes, spikes):
        inside = (times >= start) & (times < stop)
        times, neurons = times[inside], neurons[inside]
        cv, n = irregularity(times, neurons, size)
        print("| %s | %d | %.3f | %.3f | %.2f (%d neurons) | %.1f |" % (
            name, size, 1000 * len(times) / size / (stop - start), published, cv, n,
            synchrony(times, neurons, size, start, stop)))


if __name__ == "__main__":
    main()
