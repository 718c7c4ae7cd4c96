"""Pictures of learning: accuracy over presentations, weights, the update against the gradient."""
import math

import numpy as np

import spikem_style as style
from spikem_style import plt

BINS = 40            # of the learning curve
MIN_PER_BIN = 50
MAX_IMAGES = 40
Z95 = 1.959964

READINGS = {
    "x_dv": "∫ x dV, no reset jumps", "x_dv_reset": "∫ x dV, reset jumps",
    "x_du": "∫ x du, no reset", "s_dudt": "S du/dt", "u_minus_ubar": "S (u − ū)",
    "pairs": "pair STDP (spikes)", "stdp_pair": "pair STDP (spikes)",
}


# ---- Learning curve ----------------------------------------------------------------------------------

def wilson(hits, n):
    """95 % interval of a proportion (Wilson 1927)."""
    p, z2 = hits / n, Z95 ** 2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * np.sqrt(p * (1 - p) / n + z2 / (4 * n ** 2)) / (1 + z2 / n)
    return centre - half, centre + half


def stage_names(results, n):
    if "/protocol/stages" not in results.file:
        return ["stage %d" % k for k in range(n)]
    value = results.file["/protocol/stages"][()]
    text = value.decode("utf-8") if isinstance(value, bytes) else str(value)
    names = text.splitlines()
    return names + ["stage %d" % k for k in range(len(names), n)]


def blocks_of(stage):
    """Runs of presentations of one stage: (first, last + 1)."""
    cuts = np.flatnonzero(np.diff(stage)) + 1
    return list(zip(np.append(0, cuts), np.append(cuts, len(stage))))


def draw_block(accuracy, objective, data, first, last, colour):
    """One stage: accuracy in bins with its band, and the mean of J."""
    n_bins = max(1, int((last - first) / max(MIN_PER_BIN, len(data["label"]) / BINS)))
    edges = np.linspace(first, last, n_bins + 1).round().astype(int)
    n = np.diff(edges)
    right = (data["label"] == data["predicted"])[first:last].astype(float)
    hits = np.add.reduceat(right, edges[:-1] - first)
    centre = (edges[:-1] + edges[1:]) / 2
    low, high = wilson(hits, n)
    if n_bins == 1:
        centre, hits, n, low, high = ([a[0], a[0]] for a in (centre, hits, n, low, high))
        centre = [first, last]
        hits, n = np.array(hits), np.array(n)
    accuracy.fill_between(centre, 100 * np.array(low), 100 * np.array(high), color=colour, alpha=0.25, linewidth=0)
    accuracy.plot(centre, 100 * hits / n, color=colour)
    if objective is not None:
        value = data["objective"][first:last]
        sums = np.add.reduceat(value, edges[:-1] - first) / np.diff(edges)
        objective.plot(centre, sums if n_bins > 1 else [sums[0]] * 2, color=colour)


def draw_controls(axes, results, n_labels, right_end):
    """Horizontal lines: what other classifiers reach on the same test items."""
    attributes = results.file["/protocol"].attrs
    lines = [("linear_accuracy", "linear classifier", (0, (4, 2))), ("frozen_accuracy", "frozen weights", (0, (1, 1)))]
    for key, text, dashes in lines:
        if key in attributes and np.isfinite(attributes[key]):
            value = 100 * float(attributes[key])
            axes.axhline(value, color="0.25", linewidth=0.8, linestyle=dashes, zorder=1,
                         label="%s, test items: %.1f %%" % (text, value))
    if "test_accuracy" in attributes and np.isfinite(attributes["test_accuracy"]):
        value = 100 * float(attributes["test_accuracy"])
        axes.plot([right_end], [value], marker="D", color="black", markersize=3.5, linestyle="none", clip_on=False,
                  zorder=5, label="after learning, test items: %.1f %%" % value)
    if n_labels > 1:
        axes.axhline(100 / n_labels, color="0.7", linewidth=0.8, zorder=0, label="chance")


def learning(results):
    names = ("stage", "label", "predicted", "objective")
    data = results.columns("/protocol/presentations", names)
    if data is None or len(data["stage"]) == 0:
        return None
    has_objective = np.isfinite(data["objective"]).all() and np.ptp(data["objective"]) > 0
    figure, axes = plt.subplots(2 if has_objective else 1, 1, sharex=True, squeeze=False,
                                figsize=(style.TWO_COLUMNS, 3.9 if has_objective else 2.6),
                                gridspec_kw={"height_ratios": [1.6, 1][:2 if has_objective else 1]})
    accuracy, objective = axes[0, 0], axes[1, 0] if has_objective else None
    blocks = blocks_of(data["stage"])
    stages = stage_names(results, int(data["stage"].max()) + 1)
    for first, last in blocks:
        stage = int(data["stage"][first])
        draw_block(accuracy, objective, data, first, last, style.colour(stage))
        for panel in axes[:, 0]:
            panel.axvline(first, color="0.85", linewidth=0.6, zorder=0)
        accuracy.annotate(stages[stage], ((first + last) / 2, 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
                          textcoords="offset points", ha="center", color=style.colour(stage), fontsize=6.5)
    draw_controls(accuracy, results, int(data["label"].max()) + 1, len(data["stage"]))
    accuracy.set_ylabel("correct (%)")
    accuracy.set_ylim(0, 100)
    accuracy.legend(loc="lower right", bbox_to_anchor=(1, 0.12), ncol=1)
    if has_objective:
        objective.set_ylabel("objective J")
        style.letter(accuracy, "a")
        style.letter(objective, "b")
    axes[-1, 0].set_xlabel("presentation")
    axes[-1, 0].set_xlim(0, len(data["stage"]))
    return figure


# ---- Weights -----------------------------------------------------------------------------------------

def matrix_of(results, projection, weights):
    """Weights as [target, source]; synapses between the same pair are summed."""
    synapses = results.synapses(projection)
    source, target = synapses["source"].astype(int), synapses["target"].astype(int)
    ends = results.ends_of(projection)
    sizes = [results.size(e) if e in results.populations() else 0 for e in ends]
    n_source = max(sizes[0], int(source.max()) + 1)
    n_target = max(sizes[1], int(target.max()) + 1)
    matrix = np.zeros((n_target, n_source))
    np.add.at(matrix, (target, source), weights)
    return matrix


def image_projections(results):
    """Projections that can be shown as images: a square number of sources, few targets, most pairs connected."""
    chosen = []
    for name in results.children("/weights"):
        shots, synapses = results.snapshots(name), results.synapses(name)
        if not shots or synapses is None or len(synapses["source"]) == 0:
            continue
        n_source, n_target = int(synapses["source"].max()) + 1, int(synapses["target"].max()) + 1
        side = math.isqrt(n_source)
        if side >= 4 and side * side == n_source and n_target <= MAX_IMAGES and \
                2 * len(synapses["source"]) >= n_source * n_target:
            chosen.append(name)
    return chosen


def images(results):
    projections = image_projections(results)
    if not projections:
        return None
    projection = projections[0]
    time, last = results.snapshots(projection)[-1]
    matrix = matrix_of(results, projection, last[:])
    side = math.isqrt(matrix.shape[1])
    columns = min(5 if len(matrix) <= 20 else 8, len(matrix))
    n_rows = -(-len(matrix) // columns)
    figure, axes = plt.subplots(n_rows, columns, squeeze=False,
                                figsize=(style.ONE_COLUMN, 0.1 + 0.7 * n_rows * 5 / columns))
    limit = float(np.abs(matrix).max()) or 1.0
    shown = None
    for k, panel in enumerate(axes.flat):
        panel.set_axis_off()
        if k < len(matrix):
            shown = panel.imshow(matrix[k].reshape(side, side), cmap=style.DIVERGING, vmin=-limit, vmax=limit)
            panel.set_title("%d" % k, pad=2)
    unit = results.unit(last.name) or results.unit("/weights/" + projection)
    bar = figure.colorbar(shown, ax=axes, shrink=0.85, aspect=22, pad=0.03)
    bar.set_label("weight%s" % (" (%s)" % unit if unit else ""))
    bar.outline.set_linewidth(0.4)
    return figure


def histogram(results):
    """Distribution of the weights at the start and at the end."""
    panels = []
    for name in results.children("/weights"):
        shots = results.snapshots(name)
        if len(shots) >= 2 and len(shots[0][1]) >= 50 and np.any(shots[0][1][:] != shots[-1][1][:]):
            panels.append((name, shots))
    panels = panels[:6]
    if not panels:
        return None
    figure, axes = plt.subplots(1, len(panels), squeeze=False,
                                figsize=(style.ONE_COLUMN if len(panels) == 1 else style.TWO_COLUMNS, 2.1))
    for k, (axis, (name, shots)) in enumerate(zip(axes[0], panels)):
        values = [shots[0][1][:], shots[-1][1][:]]
        edges = np.histogram_bin_edges(np.concatenate(values), 50)
        for j, (shot, value) in enumerate(zip((shots[0], shots[-1]), values)):
            axis.hist(value, edges, histtype="step" if j == 0 else "stepfilled", alpha=1 if j == 0 else 0.55,
                      color=style.GREY if j == 0 else style.colour(0), linewidth=1,
                      label="%.4g s" % (shot[0] / 1000))
        unit = results.unit(shots[-1][1].name)
        axis.set_xlabel("weight%s" % (" (%s)" % unit if unit else ""))
        axis.set_ylabel("synapses" if k == 0 else "")
        axis.set_title(name)
        axis.legend()
        if len(panels) > 1:
            style.letter(axis, chr(ord("a") + k))
    return figure


def weight_traces(results):
    """Weights of chosen synapses over time."""
    names = [n for n in results.children("/weights") if results.group("/weights/%s/trace" % n) is not None]
    figure = None
    for name in names[:1]:
        data = results.columns("/weights/%s/trace" % name, ("time", "synapse", "weight"))
        if data is None or len(data["time"]) < 2:
            continue
        figure, axes = plt.subplots(figsize=(style.ONE_COLUMN, 2.1))
        for k, synapse in enumerate(np.unique(data["synapse"])[:20]):
            mine = data["synapse"] == synapse
            axes.plot(data["time"][mine] / 1000, data["weight"][mine], color=style.colour(k), linewidth=0.8)
        unit = results.unit("/weights/%s/trace/weight" % name)
        axes.set_xlabel("time (s)")
        axes.set_ylabel("weight%s" % (" (%s)" % unit if unit else ""))
        axes.margins(x=0)
    return figure


# ---- Update against gradient ---------------------------------------------------------------------------

def in_units_of_rms(values):
    rms = float(np.sqrt(np.mean(values ** 2)))
    return values / rms if rms > 0 else values


def draw_agreement(axes, group, name):
    """One reading: a point a synapse, the least-squares line through the origin, the cosine as title."""
    gradient, change = in_units_of_rms(group["gradient"][:]), in_units_of_rms(group["change"][:])
    attributes = group.attrs
    cosine = float(attributes.get("cosine", np.dot(gradient, change) / max(len(change), 1)))
    low, high = (float(attributes.get(k, np.nan)) for k in ("cosine_low", "cosine_high"))
    limit = 1.05 * max(np.abs(gradient).max(), np.abs(change).max(), 1.0)
    axes.axhline(0, color="0.85", linewidth=0.5, zorder=0)
    axes.axvline(0, color="0.85", linewidth=0.5, zorder=0)
    size = max(0.5, min(4.0, 1500 / max(len(change), 1)))
    axes.scatter(gradient, change, s=size, color=style.colour(0), alpha=0.45, linewidths=0, rasterized=True)
    axes.plot([-limit, limit], [-cosine * limit, cosine * limit], color="black", linewidth=0.9)
    axes.set_xlim(-limit, limit)
    axes.set_ylim(-limit, limit)
    axes.set_aspect("equal")
    axes.locator_params(nbins=5)
    interval = "\n[%.3f, %.3f]" % (low, high) if np.isfinite(low + high) else "\n"
    axes.set_title(("%s\ncos = %.3f%s" % (READINGS.get(name, name), cosine, interval)).replace("-", "−"), fontsize=7)


def agreement(results):
    names = [n for n in results.children("/agreement")
             if "change" in results.group("/agreement/" + n) and len(results.group("/agreement/" + n)["change"]) > 0]
    if not names:
        return None
    order = list(READINGS)
    names.sort(key=lambda n: (order.index(n) if n in order else len(order), n))
    n_rows = 1 if len(names) <= 5 else -(-len(names) // 4)
    columns = -(-len(names) // n_rows)
    width = min(style.TWO_COLUMNS, 0.3 + 1.9 * columns)
    panel_width = (width - 0.2) / columns
    figure, axes = plt.subplots(n_rows, columns, squeeze=False, figsize=(width, 0.25 + n_rows * (panel_width + 0.4)))
    for k, panel in enumerate(axes.flat):
        if k >= len(names):
            panel.set_axis_off()
            continue
        draw_agreement(panel, results.group("/agreement/" + names[k]), names[k])
        style.letter(panel, chr(ord("a") + k), up=26)
    figure.supylabel("accumulated update (in its r.m.s.)", fontsize=7.5)
    figure.supxlabel("gradient of J (in its r.m.s.)", fontsize=7.5)
    return figure
