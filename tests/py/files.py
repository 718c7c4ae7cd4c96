#!/usr/bin/python3
"""Experiments in several runs: weights, items and samples go from one run's result file into another run.

See sonata.py for how this is called.
"""
import json
import os
import subprocess
import sys

import h5py
import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
from tap import finish, test

SPIKEM = os.environ["SPIKEM"]
SCRATCH = os.environ["SPK_TEST_DIR"]

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


@test
def copies_share_the_weights_of_their_unit():
    text = """
spikem: 1
duration: 1 us
populations: {s: {size: 3, model: poisson, params: {rate: 60 Hz}}, a: {size: 4, model: lif_delta}}
projections:
  - {name: p, from: s, to: a, connect: all_to_all, weight: {normal: {mean: 1 mV, sd: 0.1 mV}}, delay: 1 ms}
record: {weights: {of: p}}
"""
    single = run("single", text)["weights/p"]
    double = run("double", text.replace("{normal: {mean: 1 mV, sd: 0.1 mV}}", "{file: single.h5}")
                 .replace("size: 3,", "size: 3, copies: 2,"))["weights/p"]
    weights = dict(zip(zip(single["source"], single["target"]), single["snapshots/000000"]))
    assert len(double["source"]) == 24
    for source, target, weight in zip(double["source"], double["target"], double["snapshots/000000"]):
        assert weight == weights[source // 2, target] / 2


# ---- Arrays as items and as samples ------------------------------------------------------------------

UNITS, N_SAMPLES, WIDTHS = 5, 50, [0.05, 0.1, 0.2, 0.4, 0.8]

ARRAYS = """
spikem: 1
data:
  real: {hdf5: {file: arrays.h5, values: /real, range: [0, 1]},
         splits: {train: 0-59, validate: 60-89, test: 90-129}}
  made: {hdf5: {file: arrays.h5, values: /protocol/readouts/x/values, range: [0, 200]}}
"""
STACK = ARRAYS + """
stack:
  data: real
  layers: [{name: x, unit: linear}, {name: h, size: 1, unit: linear}]
  training: {split: train, epochs: 0}
  evaluate:
    likelihood: {split: test, choose_on: validate, samples: 50, widths: %s,
                 samplers: [{name: made, model: items, data: made}]}
""" % WIDTHS
CLAIM = ARRAYS + """
duration: 1 ms
populations: {a: {size: 1, model: lif_delta}}
claim:
  statement: the samples are like the test items
  source: a test
  measure: parzen
  params: {dimension: 5}
  of:
    samples: {data: /protocol/readouts/x/values, file: arrays.h5, scale: 0.005}
    test: {dataset: real, split: test}
    validation: {dataset: real, split: validate}
    widths: {values: %s}
  expect: {at_least: 0}
  seeds: 1
""" % WIDTHS


def write_arrays():
    """Real items; samples in Hz, as a network's readouts are."""
    rng = np.random.default_rng(5)
    real = rng.beta(2, 5, (130, UNITS)).astype("f4")
    made = (200 * rng.beta(2, 4, (N_SAMPLES + 10, UNITS))).astype("f4")
    with h5py.File(path("arrays.h5"), "w") as f:
        f["real"] = real
        f["protocol/readouts/x/values"] = made
        f["protocol/readouts/x/values"].attrs["units"] = "Hz"
        f["protocol/readouts/x/label"] = np.arange(len(made)) % 3
    return real.astype(float), made.astype(float) / 200


def parzen(samples, rows, width):
    """log mean_k N(x; s_k, width^2) of each row, in plain double precision."""
    squares = ((rows[:, None, :] - samples[None, :, :]) ** 2).sum(axis=2) / (2 * width ** 2)
    return np.log(np.exp(-squares).mean(axis=1)) - UNITS * np.log(width * np.sqrt(2 * np.pi))


def expected(samples, real):
    width = max(WIDTHS, key=lambda w: parzen(samples, real[60:90], w).mean())
    return width, parzen(samples, real[90:], width)


@test
def samples_of_another_run_are_scored_by_a_stack():
    real, made = write_arrays()
    width, log = expected(made[:N_SAMPLES], real)
    assert width not in (WIDTHS[0], WIDTHS[-1])
    group = run("stack", STACK)["stack/likelihood/made"]
    assert group.attrs["width"] == width
    assert np.allclose(group["log_density"], log, atol=1e-4), np.abs(group["log_density"] - log).max()
    assert np.allclose(group["samples"], made[:N_SAMPLES], atol=1e-7)


@test
def samples_of_another_run_are_scored_by_a_claim():
    real, made = write_arrays()
    log = expected(made, real)[1]
    with open(path("claim.yaml"), "w") as out:
        out.write(CLAIM)
    done = subprocess.run([SPIKEM, "validate", path("claim.yaml"), "-o", path("claims")],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with open(path("claims/claim.json")) as f:
        found = json.load(f)["measured"]
    error = log.std(ddof=1) / np.sqrt(len(log))
    low, high = found["low"], found["high"]
    assert abs(found["value"] - log.mean()) < 1e-4, found
    assert abs(high - low - 2 * 2.0227 * error) < 1e-3, found  # t(39) at 97.5 %


@test
def a_network_is_shown_rows_and_draws():
    write_arrays()
    text = """
spikem: 1
data:
  rows: {hdf5: {file: arrays.h5, values: /protocol/readouts/x/values, labels: /protocol/readouts/x/label,
                range: [0, 200], rows: 5-14}}
  draws: {gaussian: {file: arrays.h5, values: /protocol/readouts/x/values, range: [0, 200], spread: 4, items: 10}}
populations:
  x: {size: 5, model: poisson, params: {rate: 2 kHz}}
  a: {size: 1, model: lif_delta}
protocol:
  data: rows
  phases: [{name: show, duration: 500 ms, show: x}]
  stages: [{name: test, learn: false}]
record: {spikes: all}
"""
    _, made = write_arrays()
    f = run("shown", text)
    times, ids = f["spikes/x/timestamps"][:], f["spikes/x/node_ids"][:]
    counts = np.histogram2d(times, ids, [np.arange(11) * 500, np.arange(6)])[0]
    want = 1000 * made[5:15]
    assert (np.abs(counts - want) < 5 * np.sqrt(want) + 1).all(), counts - want
    drawn = run("drawn", text, "--set", "protocol.data=draws")
    again = run("again", text, "--set", "protocol.data=draws", "--partitions", "2")
    assert np.array_equal(drawn["spikes/x/timestamps"], again["spikes/x/timestamps"])
    assert len(drawn["spikes/x/timestamps"]) > 1000


if __name__ == "__main__":
    sys.exit(finish())
