#!/usr/bin/python3
"""The table of `make reproduce-rates`: rates.py FILE COMMAND prints Markdown from the result file of a stack.

Each figure with its 95 % interval, the paper's beside it where it has one, and where it was asked for the bar.
"""
import sys

import h5py
import numpy as np

Z95 = 1.959964
T_95 = {2: 12.71, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}
PAPER_LIKELIHOOD = {"ancestral": 126, "generate": 236}
PAPER_J = {0: -46.2, 5: -39.2, 10: -36.6, 15: -35.6, 20: -35.4}


def interval(mean, se, digits=1):
    return "%.*f (%.*f to %.*f)" % (digits, mean, digits, mean - Z95 * se, digits, mean + Z95 * se)


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def head(*cells):
    row(*cells)
    row(*["---"] * len(cells))


def text_of(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def likelihood(file):
    group = file.get("/stack/likelihood")
    if group is None:
        return
    print("\n**Parzen log-likelihood** (nats, mean over the scored items; the kernel width is chosen on validation items)\n")
    head("samples", "log-likelihood, 95 % interval", "width", "seconds", "paper")
    names = sorted(group, key=lambda name: -group[name].attrs["mean"])
    for name in names:
        attributes = group[name].attrs
        seconds = file["/provenance"].attrs.get("likelihood_%s_s" % name, np.nan)
        row(name, interval(attributes["mean"], attributes["se"]), "%.3g" % attributes["width"], "%.0f" % seconds,
            PAPER_LIKELIHOOD.get(name, ""))


def ascent(file):
    group = file.get("/stack/ascent")
    if group is None:
        return
    print("\n**log p(x, h) during inference** (constants dropped; mean over %d items)\n" % len(group["items"]))
    head("step", "J, 95 % interval", *[name.replace("_", " ") for name in terms(group)], "paper")
    for step, mean, se in zip(group["step"][:], group["mean"][:], group["se"][:]):
        if step in PAPER_J:
            row(step, interval(mean, se, 2), *["%.2f" % group[name][int(step)] for name in terms(group)], PAPER_J[step])
    attributes = group.attrs
    print("\nGain %s nats; J is higher at the last step than at the first for %.1f %% of the items, by 10 nats or more for "
          "%.1f %%." % (interval(attributes["gain"], attributes["gain_se"], 2), 100 * attributes["share_rising"],
                        100 * np.mean(group["items"][:, -1] - group["items"][:, 0] >= 10)))


def terms(group):
    return [name for name in sorted(group) if name.startswith("decoder_") or name == "prior"]


def directions(file):
    found = [(path, layer, name) for path in ("/stack/directions", "/stack/directions_untrained")
             for layer in file.get(path, {}) for name in file["%s/%s" % (path, layer)]]
    if not found:
        return
    print("\n**Cosine with the exact gradient of log p(layer below given the layer)**, mean over items\n")
    head("layer", "direction", "net", "cosine, 95 % interval")
    for path, layer, name in found:
        values = file["%s/%s/%s" % (path, layer, name)][:]
        values = values[np.isfinite(values)]
        if len(values) > 1:
            row(layer, {"target_prop": "eq 12", "random": "random feedback"}.get(name, name),
                "untrained" if "untrained" in path else "trained",
                interval(values.mean(), values.std(ddof=1) / np.sqrt(len(values)), 3))


def inpainting(file):
    group = file.get("/stack/inpainting")
    if group is None:
        return
    print("\n**In-painting**: squared error per missing pixel, and share of completed images whose nearest training image "
          "has the right label\n")
    head("missing", "after 1 round", "after the last", "mean fill", "nearest fill", "label, stack", "label, nearest fill",
         "label, whole image")
    for mask in group:
        data = group[mask]
        last = len(data["round"]) - 1
        cells = [interval(data["mse"][k], data["mse_se"][k], 4) for k in (1, last)]
        cells += [interval(data[name][last], data[name + "_se"][last], 4) for name in ("mean_fill", "nearest_fill")]
        if "agreement" in data:
            cells += ["%.1f %%" % (100 * data[name][last]) for name in ("agreement", "agreement_nearest_fill")]
            cells += ["%.1f %%" % (100 * data.attrs["agreement_original"])]
        row("%s (%d rounds)" % (mask, data["round"][last]), *cells)


def main():
    if len(sys.argv) != 3:
        sys.exit("Usage: rates.py FILE COMMAND")
    try:
        file = h5py.File(sys.argv[1], "r")
    except OSError as error:
        sys.exit("rates.py: cannot read %s: %s" % (sys.argv[1], error))
    with file:
        if not file.attrs.get("complete", 0):
            sys.exit("rates.py: %s is unfinished" % sys.argv[1])
        about = file["/provenance"].attrs
        print("## %s\n" % text_of(file.attrs["title"]))
        print("`%s`, seed %d, spikem %s, %d threads; training %.0f s, whole run %.0f s (what was resumed does not count)."
              % (sys.argv[2], about["seed"], text_of(about["version"]), about["threads"], about["training_s"],
                 about["run_s"]))
        for part in (likelihood, ascent, directions, inpainting):
            part(file)
        print()


if __name__ == "__main__":
    main()
