"""The STDP window: change of weight against the time from presynaptic arrival to the nearest postsynaptic spike.

A projection is drawn when its weights were recorded at the start and at the end, spikes of both sides were
recorded, and each source fired at most once, so that every synapse has one change and one time difference.
"""
import numpy as np

import spikem_style as style
from spikem_style import plt

SPAN_MS = 26.0
EDGES = np.array([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 7.5, 10.5, 15.5, 25.5])
# Fig. 1 of Bengio et al. (2016), arXiv:1502.04156v3, read off the figure: time difference (ms), change (arbitrary).
PAPER = np.array([
    (1, .0400), (2, .0136), (3, .0055), (4, .0030), (5, .0021), (8, .0010), (22, .0003),
    (-1, -.0418), (-2, -.0171), (-3, -.0109), (-4, -.0080), (-5, -.0064), (-8, -.0041), (-10, -.0030), (-22, -.0012)])


# ---- Pairs -------------------------------------------------------------------------------------------

def nearest_difference(arrival, neuron, t, i):
    """Time from each arrival to the nearest spike of its neuron; NaN where the neuron never fired."""
    order = np.lexsort((t, i))
    t, i = t[order], i[order]
    low, span = min(t.min(), arrival.min()), max(t.max(), arrival.max())
    stride = 2 * (span - low) + 1
    place = np.searchsorted(i * stride + (t - low), neuron * stride + (arrival - low))
    result = np.full(len(arrival), np.nan)
    for candidate in (place - 1, place):
        safe = np.clip(candidate, 0, len(t) - 1)
        valid = (candidate >= 0) & (candidate < len(t)) & (i[safe] == neuron)
        difference = np.where(valid, t[safe] - arrival, np.nan)
        closer = ~np.isnan(difference) & ~(np.abs(difference) >= np.abs(result))
        result[closer] = difference[closer]
    return result


def single_spikes(t, i, size):
    """Spike time of each source, NaN if it never fired; None if one fired twice."""
    if len(t) == 0 or np.bincount(i, minlength=size).max() > 1:
        return None
    times = np.full(max(size, int(i.max()) + 1), np.nan)
    times[i] = t
    return times


def in_band(results, population, arrival, neuron):
    """Whether V_m was between reset and threshold (1 mV below it at least) at each arrival, where it was sampled.

    None when it was not: then all pairs count.
    """
    data = results.columns("/state/" + population, ("time", "node_ids", "V_m"))
    threshold = results.parameter(population, "V_th")
    if data is None or threshold is None or len(data["time"]) == 0:
        return None
    tick = 1e-6
    key = np.round(data["time"] / tick).astype(np.int64)
    order = np.lexsort((data["node_ids"], key))
    key, ids, v = key[order], data["node_ids"][order].astype(np.int64), data["V_m"][order]
    stride = int(ids.max()) + 1
    codes = np.unique(key)
    wanted = np.round(arrival / tick).astype(np.int64)
    row = np.searchsorted(codes, wanted)
    known = (row < len(codes)) & (codes[np.minimum(row, len(codes) - 1)] == wanted) & (neuron < stride)
    flat = np.searchsorted(codes, key) * stride + ids
    place = np.searchsorted(flat, row * stride + neuron)
    known &= (place < len(flat))
    known[known] &= flat[place[known]] == (row * stride + neuron)[known]
    band = np.zeros(len(arrival), dtype=bool)
    distance = threshold - v[place[known]]
    band[known] = (distance > 0) & (distance <= 1.0)
    return band


def pairs_of(results, projection):
    """Time differences, changes and postsynaptic neurons of one projection, or None if it has none to show."""
    pre, post = results.ends_of(projection)
    shots, synapses = results.snapshots(projection), results.synapses(projection)
    if pre is None or len(shots) < 2 or synapses is None or pre not in results.populations():
        return None
    t_pre, i_pre = results.spikes(pre)
    t_post, i_post = results.spikes(post)
    fired = single_spikes(t_pre, i_pre, results.size(pre))
    change = shots[-1][1][:] - shots[0][1][:]
    if fired is None or len(t_post) == 0 or not np.any(change):
        return None
    neuron = synapses["target"].astype(np.int64)
    arrival = fired[synapses["source"].astype(np.int64)] + synapses["delay"]
    keep = ~np.isnan(arrival)
    arrival, neuron, change = arrival[keep], neuron[keep], change[keep]
    band = in_band(results, post, arrival, neuron)
    if band is not None:
        arrival, neuron, change = arrival[band], neuron[band], change[band]
    if len(arrival) == 0:
        return None
    difference = nearest_difference(arrival, neuron, t_post, i_post)
    keep = np.abs(difference) <= SPAN_MS
    return difference[keep], change[keep], neuron[keep]


def panels_of(results):
    """One panel a rule: (rule, time differences, changes, neurons, unit). Neurons of different projections of the
    same rule, which are one panel, have different numbers."""
    panels = {}
    for projection in results.children("/weights"):
        pairs = pairs_of(results, projection)
        if pairs is None:
            continue
        rule = results.projection_entry(projection).get("plasticity") or {}
        key = repr(sorted(rule.items(), key=str)) if rule else projection
        unit = results.unit(results.snapshots(projection)[-1][1].name)
        if key in panels:
            old = panels[key]
            pairs = pairs[0], pairs[1], pairs[2] + old[3].max() + 1
            pairs = tuple(np.concatenate(two) for two in zip(old[1:4], pairs))
        panels[key] = (rule or {"rule": projection}, *pairs, unit)
    return sorted(panels.values(), key=lambda panel: str(panel[0].get("rule")))


# ---- Curves ------------------------------------------------------------------------------------------

def error_of_mean(values, neuron):
    """Standard error of the mean where values of one neuron depend on each other (its pairs share a slope)."""
    sums = np.bincount(np.unique(neuron, return_inverse=True)[1], values - values.mean())
    return np.sqrt(np.sum(sums ** 2)) / len(values)


def binned(difference, change, neuron):
    """Mean time difference, mean change and its standard error in bins of both signs with at least 3 pairs."""
    rows = []
    for sign in (-1, 1):
        for low, high in zip(EDGES[:-1], EDGES[1:]):
            inside = (sign * difference >= low) & (sign * difference < high)
            if inside.sum() >= 3:
                values = change[inside]
                rows.append((difference[inside].mean(), values.mean(), error_of_mean(values, neuron[inside])))
    return np.array(sorted(rows)).reshape(-1, 3)


def r_squared(y, fit):
    return 1 - np.sum((y - fit) ** 2) / np.sum((y - y.mean()) ** 2)


def fit_power(x, y):
    """c of c/|x| by least squares, and R^2."""
    c = np.sum(y / x) / np.sum(1 / x ** 2)
    return c, r_squared(y, c / x)


def fit_balanced(x, y):
    """Balanced exponentials A tau_other exp(-|x|/tau): the two time constants, amplitude and R^2 of the best fit."""
    taus = np.geomspace(0.5, 100, 60)
    best = None
    for plus in taus:
        for minus in taus:
            shape = np.where(x > 0, minus * np.exp(-np.abs(x) / plus), -plus * np.exp(-np.abs(x) / minus))
            shape /= plus + minus
            a = np.sum(shape * y) / np.sum(shape ** 2)
            error = np.sum((y - a * shape) ** 2)
            if best is None or error < best[0]:
                best = (error, plus, minus, a, r_squared(y, a * shape))
    return best[1:]


def draw_law(axes, difference, change, neuron, unit):
    """Eq 1: means in bins, the 1/|dT| law, the best balanced exponentials, and the paper's points."""
    axes.plot(difference, change, linestyle="none", marker=".", markersize=1.2, color="0.8", zorder=0, rasterized=True)
    points = binned(difference, change, neuron)
    x, y, error = points.T
    negative = x < 0
    far = np.linspace(0.6, SPAN_MS, 400)
    handles = [axes.errorbar(x, y, error, fmt="o", color=style.colour(0), markersize=3, elinewidth=0.8, zorder=4,
                             label="mean in bins ± s.e.")]
    c_plus = fit_power(x[~negative], y[~negative])[0] if (~negative).sum() > 2 else np.nan
    c, quality = fit_power(x[negative], y[negative]) if negative.sum() > 2 else (np.nan, np.nan)
    handles += axes.plot(-far, -c / far, color="black", zorder=3, label="c/|ΔT|\n(ΔT < 0: R² = %.3f)" % quality)
    axes.plot(far, c_plus / far, color="black", zorder=3)
    if len(x) > 4:
        plus, minus, a, quality = fit_balanced(x, y)
        for side, tau, other in ((far, plus, minus), (-far, minus, plus)):
            curve = np.sign(side) * a * other / (plus + minus) * np.exp(-np.abs(side) / tau)
            line, = axes.plot(side, curve, color=style.colour(1), linestyle=(0, (4, 2)), zorder=2,
                              label="balanced exponentials,\n%.1f, %.1f ms (R² = %.3f)" % (plus, minus, quality))
        handles.append(line)
    handles += draw_paper(axes, x, y)
    limit = 1.15 * np.abs(change).max()
    axes.set_ylim(-limit, limit)
    axes.legend(handles=handles, loc="upper left", fontsize=6, labelspacing=0.4, borderaxespad=0.2)
    finish(axes, unit)


def draw_paper(axes, x, y):
    """The paper's points, scaled to the measured ones by least squares. Their correlation is in the legend."""
    at = np.interp(PAPER[:, 0], x, y)
    between = np.abs(PAPER[:, 0]) <= max(np.abs(x).max(), 1)
    paper, at = PAPER[between, 1], at[between]
    scale = np.sum(paper * at) / np.sum(paper ** 2)
    correlation = np.corrcoef(paper, at)[0, 1]
    return axes.plot(PAPER[:, 0], scale * PAPER[:, 1], linestyle="none", marker="s", markersize=3.2,
                     markerfacecolor="none", markeredgewidth=0.8, color=style.colour(2), zorder=5,
                     label="Bengio et al. 2016, Fig. 1,\nscaled (r = %.3f)" % correlation)


def plain(text, default):
    try:
        return float(str(text).split()[0])
    except (ValueError, IndexError):
        return default


def draw_exponentials(axes, rule, difference, change, factor, unit):
    """Pair STDP: one point a pair and the exponentials with the scenario's parameters."""
    params = rule.get("params") or {}
    low, high = (plain(bound, np.nan) for bound in rule.get("bounds") or (None, None))
    width = factor * (high - low if np.isfinite(high - low) else 1.0)
    far = np.linspace(0, SPAN_MS, 300)
    for sign, amplitude, tau in ((1, "A_plus", "tau_plus"), (-1, "A_minus", "tau_minus")):
        a, t = plain(params.get(amplitude), np.nan) * width, plain(params.get(tau), np.nan)
        axes.plot(sign * far, sign * a * np.exp(-far / t), color="black", zorder=2,
                  label="closed form, %g and %g ms" % (plain(params.get("tau_plus"), np.nan),
                                                       plain(params.get("tau_minus"), np.nan)) if sign > 0 else None)
    axes.plot(difference, change, linestyle="none", marker="o", markersize=2.6, color=style.colour(0), zorder=3,
              label="simulated, one synapse each")
    axes.legend(loc="upper left", fontsize=6)
    limit = np.abs(change).max()
    axes.set_ylim(-1.2 * limit, 1.6 * limit)
    finish(axes, unit)


def readable(change, unit):
    """A factor and its unit in which the largest change is at least about 0.1."""
    smaller = {"mV": ("mV", "µV", "nV"), "pA": ("pA", "fA", "aA")}.get(unit, (unit,))
    for k, name in enumerate(smaller):
        if 1000 ** k * np.abs(change).max() >= 0.1:
            return 1000 ** k, name
    return 1, unit


def finish(axes, unit):
    axes.axhline(0, color="0.8", linewidth=0.5, zorder=0)
    axes.axvline(0, color="0.8", linewidth=0.5, zorder=0)
    axes.set_xlim(-SPAN_MS, SPAN_MS)
    axes.set_xlabel("ΔT = t(post) − t(pre) (ms)")
    axes.set_ylabel("change of weight%s" % (" (%s)" % unit if unit else ""))


def window(results):
    panels = panels_of(results)
    if not panels:
        return None
    width = style.ONE_COLUMN if len(panels) == 1 else style.TWO_COLUMNS
    figure, axes = plt.subplots(1, len(panels), squeeze=False, figsize=(width, 2.7))
    for k, (panel, (rule, difference, change, neuron, unit)) in enumerate(zip(axes[0], panels)):
        name = str(rule.get("rule", ""))
        factor, small = readable(change, unit)
        if name == "stdp_pair":
            draw_exponentials(panel, rule, difference, factor * change, factor, small)
        else:
            draw_law(panel, difference, factor * change, neuron, small)
        reading = (rule.get("params") or {}).get("reading")
        panel.set_title({"eq1": "eq 1%s" % (", reading %s" % reading if reading else ""),
                         "stdp_pair": "pair STDP"}.get(name, name))
        if len(panels) > 1:
            style.letter(panel, chr(ord("a") + k))
    return figure
