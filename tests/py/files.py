#!/usr/bin/python3
"""Experiments in several runs: weights go from one run's result file into another run.

See sonata.py for how this is called.
"""
import os
import subprocess
import sys

import h5py
import numpy as np

SPIKEM = os.environ["SPIKEM"]
SCRATCH = os.environ["SPK_TEST_DIR"]
TESTS = []

# every connection rule; several synapses of one pair where their delay is the same
TRAIN = """
spikem: 1
seed: 3
duration: 300 ms
populations:
  s: {size: 20, model: poisson, params: {rate: 60 Hz}}
  a: {size: 15, model: lif_delta}
  b: {size: 15, model: lif_delta}
projections:
  - {name: each, from: s, to: a, connect: all_to_all, weight: W, delay: 1 ms, plasticity: {rule: stdp_pair}}
  - {name: self, from: a, to: a, connect: {all_to_all: true, autapses: false}, weight: W,
     delay: {uniform: [1 ms, 3 ms]}, plasticity: {rule: stdp_pair}}
  - {name: one, from: a, to: b, connect: one_to_one, weight: W, delay: 1 ms}
  - {name: into, from: a, to: b, connect: {fixed_in_degree: 20}, weight: W, delay: 1 ms,
     plasticity: {rule: stdp_pair}}
  - {name: from, from: a, to: b, connect: {fixed_out_degree: 20}, weight: W, delay: 1 ms}
  - {name: some, from: a, to: b, connect: {fixed_probability: 0.3}, weight: W, delay: {uniform: [1 ms, 3 ms]}}
  - {name: total, from: b, to: a, connect: {fixed_total: 100, multapses: false}, weight: W,
     delay: {uniform: [1 ms, 3 ms]}, plasticity: {rule: stdp_pair}}
  - {name: given, from: b, to: a, connect: {list: [[0, 1], [2, 3], [0, 1]]}, weight: W, delay: 2 ms}
record:
  weights: [{of: each, every: 100 ms}, {of: self}, {of: one}, {of: into}, {of: from}, {of: some}, {of: total},
            {of: given}]
"""


def test(function):
    TESTS.append(function)
    return function


def path(name):
    return os.path.join(SCRATCH, name)


def run(name, text, *args):
    with open(path(name + ".yaml"), "w") as out:
        out.write(text)
    done = subprocess.run([SPIKEM, "run", path(name + ".yaml"), "-q", "-o", path(name + ".h5"), *args],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return h5py.File(path(name + ".h5"), "r")


@test
def a_run_begins_with_the_weights_of_another():
    train = run("train", TRAIN.replace("W,", "{normal: {mean: 1 mV, sd: 0.1 mV}},"))
    text = TRAIN.replace("W,", "{file: train.h5},")
    for partitions in "1", "3":
        test = run("test", text, "--set", "duration=1 us", "--partitions", partitions)
        for name, before in train["weights"].items():
            after = test["weights"][name]
            last = before["snapshots"][max(before["snapshots"])]
            assert np.array_equal(before["source"], after["source"]), name
            assert np.array_equal(before["target"], after["target"]), name
            assert np.array_equal(last, after["snapshots/000000"]), name
            assert np.ptp(last) > 0.1, name
        learned = train["weights/each/snapshots"]
        assert not np.array_equal(learned["000000"], learned["000003"])


@test
def earlier_snapshots_and_other_seeds():
    train = path("train.h5")
    text = TRAIN.replace("W,", "{file: train.h5},")
    test = run("first", text, "--set", "duration=1 us", "--set", "projections[0].weight.snapshot=1")
    with h5py.File(train, "r") as f:
        assert np.array_equal(f["weights/each/snapshots/000001"], test["weights/each/snapshots/000000"])
    done = subprocess.run([SPIKEM, "check", path("first.yaml"), "--set", "seed=4"], capture_output=True, text=True)
    assert done.returncode == 2, done.returncode
    # rules without chance fit, those with chance have other synapses with another seed
    for name in "each", "self", "one", "given":
        assert "the projection %s " % name not in done.stderr, done.stderr
    for name in "into", "from", "some", "total":
        assert "the projection %s " % name in done.stderr, done.stderr


def main():
    failed = 0
    for k, function in enumerate(TESTS, 1):
        try:
            function()
            print("ok %d - %s" % (k, function.__name__), flush=True)
        except Exception as error:
            failed += 1
            print("not ok %d - %s\n# %s: %s" % (k, function.__name__, type(error).__name__,
                                                str(error).replace("\n", "\n# ")), flush=True)
    print("1..%d" % len(TESTS))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
