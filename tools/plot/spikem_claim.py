#!/usr/bin/python3
"""Draw the pictures of claims: spikem_claim.py NAME.json... writes NAME.png beside each.

Left, the measured value with its interval over the region that was expected, and the figure of each seed; right,
when the claim has several runs, the figures against what varies between them.
"""
import importlib.util
import json
import os
import sys
import textwrap

PACKAGES = {"matplotlib": "python3-matplotlib", "numpy": "python3-numpy"}
missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
if missing:
    sys.exit("pictures need Python's %s; on Debian and Ubuntu:\n  sudo apt-get install %s" % (
        " and ".join(missing), " ".join(PACKAGES[name] for name in missing)))

import numpy as np  # noqa: E402

import spikem_style as style  # noqa: E402
from spikem_style import plt  # noqa: E402

REGION = "#009E73"
WRONG = "#D55E00"


def expected_text(expect):
    low, high = expect["at_least"], expect["at_most"]
    if high is None:
        return "≥ %.4g" % low
    return "≤ %.4g" % high if low is None else "in [%.4g, %.4g]" % (low, high)


def ends(values, expect):
    """Ends of the axis: all values and bounds, with room beyond."""
    known = [v for v in list(values) + [expect["at_least"], expect["at_most"]] if v is not None and np.isfinite(v)]
    low, high = min(known), max(known)
    room = 0.12 * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room


def draw_value(axes, claim):
    measured, expect = claim["measured"], claim["expect"]
    seeds = [seed["value"] for seed in claim["seeds"]]
    low, high = ends(seeds + [measured["low"], measured["high"]], expect)
    axes.axvspan(low if expect["at_least"] is None else expect["at_least"],
                 high if expect["at_most"] is None else expect["at_most"], color=REGION, alpha=0.18, lw=0)
    for bound in (expect["at_least"], expect["at_most"]):
        if bound is not None:
            axes.axvline(bound, color=REGION, lw=0.8)
    axes.errorbar(measured["value"], 1, fmt="o", ms=4, color=style.colour(0), capsize=3, xerr=[
        [measured["value"] - measured["low"]], [measured["high"] - measured["value"]]])
    if len(seeds) > 1:
        axes.plot(seeds, np.zeros(len(seeds)), "|", ms=8, color=style.GREY)
    axes.set_yticks([0, 1] if len(seeds) > 1 else [1])
    axes.set_yticklabels(["seeds", "mean"] if len(seeds) > 1 else ["measured"])
    axes.set_ylim(-0.7, 1.7)
    axes.set_xlim(low, high)
    name = claim["measure"] if "across" not in claim else "%s of %s" % (claim["across"], claim["measure"])
    axes.set_xlabel("%s (expected: %s)" % (name, expected_text(expect)))


def draw_runs(axes, claim):
    x = np.array([run["x"] for run in claim["runs"]])
    figures = np.array([[figure["value"] for figure in seed["figures"]] for seed in claim["seeds"]], dtype=float)
    for row in figures:
        axes.plot(x, row, "-", color=style.GREY, lw=0.5, alpha=0.6)
    axes.plot(x, figures.mean(axis=0), "o-", ms=3.5, color=style.colour(0), label="mean of %d seeds" % len(figures))
    labels = [run["label"] for run in claim["runs"]]
    if len(x) <= 8 and max(map(len, labels)) > 40:  # whole sets of overrides: too long to be written out
        labels = ["run %d" % k if x[k] == k else "%.4g" % x[k] for k in range(len(x))]
    if len(x) <= 8 and max(map(len, labels)) <= 40:
        axes.set_xticks(x)
        axes.set_xticklabels(labels, rotation=30 if max(map(len, labels)) > 6 else 0, ha="right" if max(
            map(len, labels)) > 6 else "center")
    if np.all(x > 0) and x.max() / x.min() > 30:
        axes.set_xscale("log")
        axes.minorticks_off()
    axes.set_ylabel(claim["measure"])
    axes.legend()


def draw(path):
    with open(path, encoding="utf-8") as file:
        claim = json.load(file)
    if "measured" not in claim:
        return
    with_runs = len(claim["runs"]) > 1
    figure, axes = plt.subplots(1, 2 if with_runs else 1, squeeze=False,
                                figsize=(style.TWO_COLUMNS if with_runs else style.ONE_COLUMN + 1, 2.0))
    draw_value(axes[0][0], claim)
    if with_runs:
        draw_runs(axes[0][1], claim)
    verdict = claim["verdict"] + (
        ", as expected" if claim["as_expected"] and claim["verdict"] != "holds" else
        "" if claim["as_expected"] else ", expected: " + claim["expected_verdict"])
    axes[0][0].set_title(verdict, fontsize=7.5, color=REGION if claim["as_expected"] else WRONG)
    width = 110 if with_runs else 68
    figure.suptitle("\n".join(textwrap.wrap(claim["statement"], width) + textwrap.wrap(claim["source"], width)),
                    fontsize=7.5)
    style.save(figure, os.path.splitext(path)[0] + ".png", claim["statement"])


def main():
    style.use()
    for path in sys.argv[1:]:
        draw(path)


if __name__ == "__main__":
    main()
