#!/usr/bin/python3
"""Figures of tools/reproduce/spikes.

    spikes.py best FILE                          the sampler of the highest likelihood
    spikes.py likelihood FILE                    table of the samplers
    spikes.py times FILE MS ...                  table of likelihood against the time of a sample; FILE-MS.h5 beside it are the samples
    spikes.py ascent FILE                        table of J during inference
    spikes.py images OUT N                       the first N test images as an array
    spikes.py merge OUT IMAGES RUN ROUND         the images, where RUN hides pixels with its reconstruction (ROUND 1: the mean)
    spikes.py inpainting OUT AT ROUNDS MASK ...  table of in-painting from AT_inpaint-MASK0.h5 and so on; `spikem plot` draws OUT
"""
import os
import subprocess
import sys

import h5py
import numpy as np

import rates

N_TRAIN, FIRST_TEST, SHOWN, WHITE_HZ = 50000, 60000, 20, 100


def best(path):
    with h5py.File(path, "r") as file:
        group = file["/stack/likelihood"]
        print(max((name for name in group if name != "training images"), key=lambda name: group[name].attrs["mean"]))


def likelihood(path):
    with h5py.File(path, "r") as file:
        rates.likelihood(file)


def times(path, *durations):
    print("\n**Log-likelihood against the time and the spikes of a sample**\n")
    rates.head("ms", "spikes of pixels", "all spikes", "synaptic events", "log-likelihood, 95 % interval", "width")
    with h5py.File(path, "r") as file:
        for ms in durations:
            scored = file["/stack/likelihood/" + ms].attrs
            with h5py.File(path.replace(".h5", "-%s.h5" % ms), "r") as samples:
                values, counted = samples["/protocol/readouts/x/values"][:], dict(samples["/provenance"].attrs)
            rates.row(ms, "{:,.0f}".format(values.sum(axis=1).mean() * float(ms) / 1000),
                      *["{:,.0f}".format(float(counted[key]) / len(values)) for key in ("spikes", "synaptic_events")],
                      rates.interval(scored["mean"], scored["se"]), "%.3g" % scored["width"])


def ascent(path):
    """J of the decoders (rates in units of white, sigma 1) before inference and every 50 ms of it."""
    with h5py.File(path, "r") as file:
        rows = file["/protocol/readouts"]
        rate = {name: rows[name + "/values"][:] / WHITE_HZ for name in rows}
    terms = [[-np.sum((rate["%s%d" % (a, k)] - rate["%s%d" % (b, k)]) ** 2, axis=1) / 2 for a, b in (("x", "pixels"), ("p1", "h1"))]
             for k in range(6)]
    j = [x + h1 for x, h1 in terms]
    print("\n**log p(x, h) of %d test images during inference in spikes** (constants dropped, rates over 50 ms)\n" % len(j[0]))
    rates.head("ms of inference", "J, 95 % interval", "decoder h1", "decoder x", "gain", "rising")
    for k, (x, h1) in enumerate(terms):
        gain = j[k] - j[0]
        cells = (interval(gain, 2), "%.0f %%" % (100 * np.mean(gain > 0))) if k else ("", "")
        rates.row(50 * k, interval(j[k], 2), "%.2f" % h1.mean(), "%.2f" % x.mean(), *cells)


def idx_images(folder, name):
    data = np.fromfile(os.path.join(folder, name), dtype=np.uint8)
    return data[16:].reshape(-1, 28 * 28) / np.float32(255)


def mnist():
    """Items numbered as the set `mnist` of Spikem has them: 60,000 for training, then 10,000 for testing."""
    found = subprocess.run([os.environ["SPIKEM"], "data", "path", "mnist"], check=True, capture_output=True, text=True)
    folder = found.stdout.strip()
    return np.concatenate([idx_images(folder, part + "-images-idx3-ubyte") for part in ("train", "t10k")])


def nearest(train, images, visible):
    """For each image the training image that is nearest in its visible pixels."""
    weight = visible.astype(np.float32)
    seen = images * weight
    distance = weight @ (train ** 2).T - 2 * seen @ train.T
    return train[np.argmin(distance, axis=1)]


def error(filled, images, visible):
    """Squared error of the missing pixels of each image."""
    hidden = ~visible
    return np.sum((filled - images) ** 2 * hidden, axis=1) / np.sum(hidden, axis=1)


def interval(values, digits=4):
    return rates.interval(values.mean(), values.std(ddof=1) / np.sqrt(len(values)), digits)


def reconstruction(path):
    """Which pixels are visible, and the reconstructed images."""
    with h5py.File(path, "r") as file:
        readouts = file["/protocol/readouts"]
        return readouts["hidden/values"][:] == 0, np.clip(readouts["x/values"][:] / WHITE_HZ, 0, 1)


def write_images(path, images):
    with h5py.File(path, "w") as out:
        out["images"] = images.astype(np.float32)


def merge(out_path, images_path, run_path, number):
    visible, filled = reconstruction(run_path)
    with h5py.File(images_path, "r") as file:
        images = file["images"][:]
    if int(number) == 1:
        filled = mnist()[:N_TRAIN].mean(axis=0)
    write_images(out_path, np.where(visible, images, filled))


def paint(out, mask, paths, images, train):
    runs = [reconstruction(path) for path in paths]
    visible = runs[0][0]
    fills = {"mean": np.broadcast_to(train.mean(axis=0), images.shape), "nearest": nearest(train, images, visible)}
    errors = [error(fills["mean"], images, visible)] + [error(x, images, visible) for _, x in runs[1:]]
    others = {name: error(fill, images, visible) for name, fill in fills.items()}
    rates.row(mask, *[interval(values) for values in (error(runs[0][1], images, visible), errors[1], errors[-1],
                                                      others["mean"], others["nearest"])])
    group = out.create_group("/stack/inpainting/" + mask)
    group["round"] = np.arange(len(errors))
    group["mse"] = [values.mean() for values in errors]
    group["images"], group["masked"] = images[:SHOWN], (images * visible)[:SHOWN]
    group["filled"] = np.where(visible, images, runs[-1][1])[:SHOWN]
    for name, fill in fills.items():
        group[name + "_fill"] = np.full(len(errors), others[name].mean())
        group[name + "_filled"] = np.where(visible, images, fill)[:SHOWN]


def inpainting(out_path, at, rounds, *masks):
    with h5py.File(at + "_images.h5", "r") as file:
        images = file["images"][:]
    train = mnist()[:N_TRAIN]
    print("\n**In-painting in spikes**: squared error per missing pixel, %d test images\n" % len(images))
    rates.head("missing", "missing pixels dark", "after 1 round", "after %s rounds" % rounds, "mean fill", "nearest fill")
    with h5py.File(out_path, "w") as out:
        for mask in masks:
            paint(out, mask, ["%s_inpaint-%s%d.h5" % (at, mask, k) for k in range(int(rounds) + 1)], images, train)
        out.attrs["complete"] = np.uint32(1)


def main():
    commands = {"best": best, "likelihood": likelihood, "times": times, "ascent": ascent, "merge": merge, "inpainting": inpainting,
                "images": lambda path, n: write_images(path, mnist()[FIRST_TEST:FIRST_TEST + int(n)])}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
