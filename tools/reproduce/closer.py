#!/usr/bin/python3
"""Table of tools/reproduce/closer: accuracy on the test set of each variant and of its frozen hidden layer, and what a presentation costs.

    closer.py AT    results AT_dale-learned-1.h5, AT_dale-frozen-1.h5 and so on
"""
import glob
import os
import re
import sys

import h5py
import numpy as np

import rates

KINDS = [("base", "base: phases, weights of either sign"), ("half", "gates for each item, all durations drawn, no reset"),
         ("asynchronous", "no phases, no gates, no reset"), ("echo", "the same, hidden layer taught, but it does not learn"), ("dale", "Dale's law"),
         ("lateral", "lateral inhibition, -0.5 mV"), ("lateral_strong", "lateral inhibition, -1.5 mV"),
         ("spread0", "as base, fewer epochs"), ("spread10", "the same, tau_m and V_th spread by 10 %"),
         ("spread20", "by 20 %"), ("spread50", "by 50 %")]
CONTROLS = {"echo": "asynchronous"}


def spread(values):
    return "%.1f" % values[0] if len(values) < 2 else "%.1f, sd %.1f" % (np.mean(values), np.std(values, ddof=1))


def interval(values):
    n = len(values)
    if n not in rates.T_95:
        return "%+.1f" % np.mean(values)
    half = rates.T_95[n] * np.std(values, ddof=1) / np.sqrt(n)
    return "%+.1f (%+.1f to %+.1f)" % (np.mean(values), np.mean(values) - half, np.mean(values) + half)


def read(path):
    with h5py.File(path, "r") as file:
        provenance, n = file["/provenance"].attrs, len(file["/protocol/presentations/item"])
        code = file["/protocol/readouts/code/values"][:] if "/protocol/readouts/code" in file else None
        return {"accuracy": 100 * float(file["/protocol"].attrs["test_accuracy"]), "presented": n,
                "events": float(provenance["synaptic_events"]) / n, "spikes": float(provenance["spikes"]) / n,
                "active": np.nan if code is None else 100 * float((code > 0).mean()),
                "rate": np.nan if code is None else float(code.mean())}


def mean(runs, key, form):
    value = np.mean([run[key] for run in runs])
    return "" if np.isnan(value) else form.format(value)


def main():
    rates.head("", "seeds", "presentations", "test set, %", "hidden layer frozen", "what learning it adds", "synaptic events",
               "spikes", "hidden neurons active, %", "their mean rate, Hz")
    for kind, title in KINDS:
        learned, frozen = [], []
        for path in sorted(glob.glob("%s_%s-learned-*.h5" % (sys.argv[1], kind))):
            control = path.replace(kind + "-learned-", CONTROLS.get(kind, kind) + "-frozen-")
            if re.fullmatch(r".*-\d+\.h5", path) and os.path.exists(control):
                learned.append(read(path))
                frozen.append(read(control))
        if learned:
            rates.row(title, len(learned), learned[0]["presented"], spread([run["accuracy"] for run in learned]),
                      spread([run["accuracy"] for run in frozen]),
                      interval([a["accuracy"] - b["accuracy"] for a, b in zip(learned, frozen)]),
                      mean(learned, "events", "{:,.0f}"), mean(learned, "spikes", "{:,.0f}"),
                      mean(learned, "active", "{:.0f}"), mean(learned, "rate", "{:.0f}"))


main()
