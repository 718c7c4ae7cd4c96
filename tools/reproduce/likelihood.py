#!/usr/bin/python3
"""Parzen log-likelihood of MNIST test images under samples that networks have made, and pictures of the samples.

    likelihood.py --range 0 200 LABEL=FILE.h5:/protocol/readouts/x/values ... -o results/likelihood.h5

An array has a row of 784 numbers for each sample; --range says which numbers are black and white, others are cut. The
width of the windows is chosen on 10,000 training images that nothing was trained on, for each array; training
images themselves are scored beside them. What is written here is a scenario (beside OUT); Spikem does the rest.
"""
import argparse
import json
import os
import subprocess
import sys

import h5py

import rates

WIDTHS = [0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.22, 0.24, 0.28, 0.32, 0.4, 0.5]


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("arrays", nargs="+", metavar="LABEL=FILE:PATH", help="samples and what they are called")
    parser.add_argument("--range", nargs=2, type=float, default=[0, 1], metavar=("LO", "HI"),
                        help="numbers that become intensity 0 and 1 (default 0 1)")
    parser.add_argument("--samples", type=int, default=10000, help="samples of each array (default 10000)")
    parser.add_argument("--items", type=int, default=10000, help="images that are scored (default all 10000)")
    parser.add_argument("--split", choices=["test", "validate"], default="test",
                        help="images that are scored; validate: to choose settings by (default test)")
    parser.add_argument("--widths", nargs="+", type=float, default=WIDTHS, help="widths to choose from")
    parser.add_argument("--centroids", action="store_true", help="also score the centroids of the training images")
    parser.add_argument("--spikem", default=os.environ.get("SPIKEM", "build/release/spikem"), help="the program")
    parser.add_argument("-o", "--output", required=True, metavar="OUT.h5", help="result file")
    return parser.parse_args()


def split_array(text):
    label, equals, rest = text.partition("=")
    file, colon, path = rest.rpartition(":")
    if not (label and equals and file and colon and path.startswith("/")):
        sys.exit("likelihood.py: %s is not LABEL=FILE:/PATH" % text)
    return label, os.path.abspath(file), path


def scenario(arguments):
    """A stack that is not trained: it only has the samplers. JSON is YAML too."""
    arrays = [split_array(text) for text in arguments.arrays]
    data = {"mnist": {"set": "mnist", "splits": {"train": "0-49999", "validate": "50000-59999",
                                                 "test": "60000-%d" % (59999 + arguments.items)}}}
    samplers = []
    for number, (label, file, path) in enumerate(arrays):
        name = "samples%d" % number
        data[name] = {"hdf5": {"file": file, "values": path, "rows": "0-%d" % (arguments.samples - 1),
                               "range": arguments.range, "clip": True, "shape": [28, 28]}}
        samplers.append({"name": label, "model": "items", "data": name})
    samplers.append({"name": "training images", "model": "data"})
    if arguments.centroids:
        samplers.append({"name": "centroids", "model": "centroids"})
    scored = {"split": arguments.split, "choose_on": "validate", "samples": arguments.samples, "widths": arguments.widths,
              "samplers": samplers}
    layers = [{"name": "x", "unit": "linear"}, {"name": "h", "size": 1, "unit": "linear"}]
    return {"spikem": 1, "title": "Samples and the test images of MNIST", "data": data,
            "stack": {"data": "mnist", "layers": layers, "training": {"split": "train", "epochs": 0},
                      "evaluate": {"likelihood": scored}}}


def main():
    arguments = read_arguments()
    path = os.path.splitext(arguments.output)[0] + ".yaml"
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        json.dump(scenario(arguments), out, indent=1)
    for command in ["run", path, "-o", arguments.output], ["plot", arguments.output]:
        done = subprocess.run([arguments.spikem, *command], check=False)
        if done.returncode != 0:
            return done.returncode
    with h5py.File(arguments.output, "r") as file:
        rates.likelihood(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
