"""Pictures of activity: raster with population rates, rate traces, state traces."""
import numpy as np

import spikem_style as style
from spikem_style import plt

MAX_ROWS = 240      # neurons shown in a raster
LONG_MS = 1500.0    # a longer recording is cut to a window of SHOWN_MS
SHOWN_MS = 1000.0
SHOWN_PRESENTATIONS = 6
RATE_BINS = 150
ROUND_BINS_MS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000)
MIN_PER_BIN = 12     # spikes of the quietest population in a bin of the rate, on average
MIN_SHARE = 0.05     # of the raster's height, for a small population
MANY = 5            # populations beyond which labels are short and the legend is left out
MAX_NEURONS = 5     # neurons shown in state traces
MAX_PANELS = 6


# ---- Raster ----------------------------------------------------------------------------------------

def choose_window(results, times):
    """The part of the recording to show: the last presentations of a protocol, or the beginning."""
    if not any(len(t) for t in times):
        return None
    first = min(t[0] for t in times if len(t))
    last = max(t[-1] for t in times if len(t))
    start = results.columns("/protocol/presentations", ("start",))
    if start is not None and len(start["start"]) > 1:
        start = start["start"]
        period = float(np.median(np.diff(start)))
        k = max(0, len(start) - SHOWN_PRESENTATIONS)
        return start[k], start[-1] + period
    start, stop = results.span()
    if start is not None and stop - start <= LONG_MS:
        return start, stop
    if last - first <= LONG_MS:
        return first, last
    return first, first + SHOWN_MS


def rows_of(sizes):
    """How many neurons of each population to show: all, or a share of MAX_ROWS, but small populations whole."""
    total = sum(sizes)
    if total <= MAX_ROWS:
        return list(sizes)
    return [min(n, max(int(round(MAX_ROWS * n / total)), MAX_ROWS // 5)) for n in sizes]


def draw_spikes(axes, k, base, t, i, size, rows, space):
    """Spikes of `rows` evenly spaced neurons of one population, in the band from `base` to base + space."""
    chosen = np.linspace(0, size - 1, rows).round().astype(np.int64) if rows else np.empty(0, np.int64)
    row = np.searchsorted(chosen, i)
    shown = (row < rows) & (chosen[np.minimum(row, max(rows - 1, 0))] == i) if rows else np.zeros(len(i), bool)
    height = space / max(rows, 1)
    axes.vlines(t[shown], base + (row[shown] + 0.1) * height, base + (row[shown] + 0.9) * height,
                color=style.colour(k), linewidth=0.6, snap=False, rasterized=True)


def mark_presentations(axes, results, window):
    """A thin line at the start of each presentation, and its label above."""
    data = results.columns("/protocol/presentations", ("start", "label", "predicted"))
    if data is None:
        return
    inside = (data["start"] >= window[0] - 1e-9) & (data["start"] < window[1])
    edges = np.append(data["start"][inside], window[1])
    for k, label in enumerate(data["label"][inside]):
        for panel in axes:
            panel.axvline(edges[k], color="0.75", linewidth=0.5, zorder=0)
        right = int(data["predicted"][inside][k]) == int(label)
        axes[0].annotate("%d%s" % (label, "" if right else " (read: %s)" % name_label(data["predicted"][inside][k])),
                         ((edges[k] + edges[k + 1]) / 2, 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
                         textcoords="offset points", ha="center", fontsize=6.5)


def name_label(value):
    return "%d" % value if 0 <= int(value) < 1000000 else "none"


def draw_rates(axes, names, spikes, sizes, window):
    """Population rates in bins, as steps."""
    width = pick_bin(window, min((len(t) for t, _ in spikes if len(t)), default=0))
    edges = window[0] + width * np.arange(max(1, int((window[1] - window[0]) / width + 1e-9)) + 1)
    for k, (name, (t, _)) in enumerate(zip(names, spikes)):
        axes.stairs(np.histogram(t, edges)[0] / (sizes[k] * width * 1e-3), edges, baseline=None, color=style.colour(k),
                    label=name, linewidth=0.9)
    axes.set_xlim(window)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("rate (Hz)")
    axes.annotate("bins of %g ms" % width, (1, 1), xycoords="axes fraction", ha="right", va="bottom", fontsize=6,
                  color=style.GREY)
    if 1 < len(names) <= MANY:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 0.97), ncol=len(names), borderaxespad=0)


def pick_bin(window, n_spikes):
    """A round bin width: about RATE_BINS bins, fewer when they would be nearly empty."""
    span = window[1] - window[0]
    exact = max(span / RATE_BINS, min(span / 20, MIN_PER_BIN * span / max(n_spikes, 1)))
    return min(ROUND_BINS_MS, key=lambda width: abs(np.log(width / exact)))


def raster(results):
    names = [n for n in results.populations() if results.size(n) > 0]
    spikes = [results.spikes(n) for n in names]
    window = choose_window(results, [t for t, _ in spikes])
    if window is None or window[1] <= window[0]:
        return None
    spikes = [tuple(column[(t >= window[0]) & (t <= window[1])] for column in (t, i)) for t, i in spikes]
    sizes = [results.size(n) for n in names]
    rows = rows_of(sizes)
    figure, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=(style.TWO_COLUMNS, 4.2),
                                         gridspec_kw={"height_ratios": [2.6, 1]})
    spaces = [max(n, MIN_SHARE * sum(rows)) for n in rows]
    base, ticks = 0, []
    for k, (t, i) in enumerate(spikes):
        draw_spikes(top, k, base, t, i, sizes[k], rows[k], spaces[k])
        ticks.append(base + spaces[k] / 2)
        base += spaces[k]
        if k + 1 < len(names):
            top.axhline(base, color="0.8", linewidth=0.5)
    top.set_yticks(ticks, [label_of(*entry, len(names) > MANY) for entry in zip(names, sizes, rows)])
    for k, text in enumerate(top.get_yticklabels()):
        text.set_color(style.colour(k))
    top.tick_params(axis="y", length=0)
    top.set_ylim(0, base)
    draw_rates(bottom, names, spikes, sizes, window)
    label_time(bottom, window)
    mark_presentations([top, bottom], results, window)
    style.letter(top, "a")
    style.letter(bottom, "b")
    return figure


def label_of(name, size, rows, short):
    """Name of a population and how many of its neurons are shown."""
    count = style.thousands(size) if rows == size else "%d of %s" % (rows, style.thousands(size))
    return "%s (%s)" % (name, count) if short else "%s\n%s" % (name, count)


def label_time(axes, window):
    """Milliseconds; from the start of the window where that lies late in a long run."""
    late = window[0] >= 10000
    axes.set_xlabel("time (ms)" if not late else "time (ms) after %s s" % style.thousands_of(window[0] / 1000))
    if late:
        axes.xaxis.set_major_formatter(lambda x, _: "%g" % round(x - window[0], 6))
        span = window[1] - window[0]
        step = min((10, 20, 50, 100, 200, 500, 1000), key=lambda s: abs(np.log(span / s / 7)))
        axes.set_xticks(np.arange(window[0], window[1] + 1e-6, step))


# ---- Rates and states --------------------------------------------------------------------------------

def rates(results):
    data = {n: results.columns("/rates/" + n, ("time", "rate")) for n in results.children("/rates")}
    data = {n: d for n, d in data.items() if d is not None and len(d["time"]) > 1}
    if not data:
        return None
    figure, axes = plt.subplots(figsize=(style.ONE_COLUMN, 2.0))
    for k, (name, d) in enumerate(data.items()):
        axes.plot(d["time"], d["rate"], color=style.colour(k), label=name)
    axes.set_xlabel("time (ms)")
    axes.set_ylabel("population rate (Hz)")
    axes.set_ylim(bottom=0)
    axes.margins(x=0)
    if len(data) > 1:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=len(data))
    return figure


def state_variables(results, population):
    """Names of the sampled variables of a population."""
    group = results.group("/state/" + population)
    return [n for n in group if n not in ("time", "node_ids")] if group is not None else []


def has_course(results, population):
    """Whether a population was sampled more than once."""
    time = results.columns("/state/" + population, ("time",))["time"]
    return len(time) > 1 and time[0] != time[-1]


def states(results):
    panels = [(p, v) for p in results.children("/state") if has_course(results, p) for v in state_variables(results, p)]
    panels = panels[:MAX_PANELS]
    if not panels:
        return None
    figure, all_axes = plt.subplots(len(panels), 1, sharex=True, squeeze=False,
                                    figsize=(style.TWO_COLUMNS, 0.5 + 1.3 * len(panels)))
    drawn = 0
    for k, ((population, variable), axes) in enumerate(zip(panels, all_axes[:, 0])):
        data = results.columns("/state/" + population, ("time", "node_ids", variable))
        chosen = np.unique(data["node_ids"][:1000000])[:MAX_NEURONS]
        drawn += len(chosen)
        for c, neuron in enumerate(chosen):
            mine = data["node_ids"] == neuron
            t, x = data["time"][mine], data[variable][mine]
            shown = t <= t[0] + LONG_MS
            axes.plot(t[shown], x[shown], color=style.colour(c), linewidth=0.7, label="%d" % neuron)
            mark_own_spikes(axes, results, population, neuron, t[shown], style.colour(c), c)
        unit = results.unit("/state/%s/%s" % (population, variable))
        axes.set_ylabel("%s, %s%s" % (population, variable, " (%s)" % unit if unit else ""))
        axes.margins(x=0)
        if len(panels) > 1:
            style.letter(axes, chr(ord("a") + k))
        if k == 0 and len(chosen) > 1:
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=len(chosen), title=None)
    all_axes[-1, 0].set_xlabel("time (ms)")
    if drawn == 0:
        plt.close(figure)
        return None
    return figure


def mark_own_spikes(axes, results, population, neuron, window, colour, row):
    """Ticks above the trace where the neuron fired."""
    t, i = results.spikes(population)
    if len(window) == 0:
        return
    mine = t[(i == neuron) & (t >= window[0]) & (t <= window[-1])]
    axes.plot(mine, np.full(len(mine), 1.02 + 0.03 * row), transform=axes.get_xaxis_transform(), linestyle="none",
              marker="|", markersize=3, markeredgewidth=0.6, color=colour, clip_on=False)
