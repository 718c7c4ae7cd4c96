"""Pictures of a sweep: figures against one key with the spread over seeds, or over two keys as a heat map."""
import itertools

import numpy as np

import spikem_style as style
from spikem_data import text_of
from spikem_style import plt

MAX_MAPS = 12  # heat maps of one figure; further values of a third key are left out


class Axis:
    def __init__(self, name, group):
        self.name = name
        self.key = text_of(group.attrs["key"])
        self.index = group["index"][()].astype(int)
        self.labels = text_of(group["labels"][()]).rstrip("\n").split("\n")
        self.is_number = bool(group.attrs["is_number"])
        values = group["value"][()]
        self.x = np.array([values[self.index == k][0] for k in range(len(self.labels))])

    def shows_x(self):
        """Whether x is another number than the one in the value as written."""
        try:
            return self.is_number and not np.allclose([float(label.split()[0]) for label in self.labels], self.x)
        except (IndexError, ValueError):
            return self.is_number

    def ticks(self):
        """What stands at the axis: the value as written, or its x where that is another number."""
        if self.shows_x():
            return ["%.4g" % x for x in self.x]
        return ["%d" % k if len(label) > 16 else label for k, label in enumerate(self.labels)]

    def title(self):
        plain = self.shows_x() or self.key in ("", self.name) or len(self.key) > 48
        return self.name if plain else "%s (%s)" % (self.name, self.key)


def ordered(results, path):
    return sorted(results.children(path), key=lambda name: int(results.file[path][name].attrs["order"]))


class Sweep:
    """Axes and, for each figure, the mean over seeds of every run with its interval."""

    def __init__(self, results):
        seeds = results.file["/tasks/seed"][()]
        self.n_runs = len(results.file["/tasks/run"]) // len(np.unique(seeds))
        self.n_seeds = len(np.unique(seeds))
        self.axes = [Axis(name, results.file["/axes"][name]) for name in ordered(results, "/axes")]
        for axis in self.axes:
            axis.index = axis.index[:self.n_runs]
        self.axes = [axis for axis in self.axes if len(axis.labels) > 1]
        self.figures = ordered(results, "/figures")
        self.summary = {name: tuple(results.file["/summary"][name][column][()] for column in ("value", "low", "high"))
                        for name in self.figures}


def label_axis(set_ticks, set_labels, axis, places):
    """All values if there is room, else every few."""
    step = max(1, -(-len(places) // 9))
    set_ticks(places[::step])
    set_labels(axis.ticks()[::step])


def seeds_text(sweep, whole):
    if sweep.n_seeds == 1:
        return "one seed"
    return "mean %sof %d seeds" % ("" if whole else "and interval ", sweep.n_seeds)


def draw_curve(axes, sweep, name, axis):
    value, low, high = sweep.summary[name]
    places = axis.x if axis.is_number else np.arange(len(axis.labels), dtype=float)
    at = places[axis.index]
    order = np.argsort(at, kind="stable")
    bars = np.nan_to_num(np.array([value - low, high - value]))  # no interval: no bar
    axes.errorbar(at[order], value[order], yerr=bars[:, order], fmt="o-", ms=3, capsize=2, lw=0.9, color=style.colour(0))
    label_axis(axes.set_xticks, axes.set_xticklabels, axis, places)
    axes.set_xlabel(axis.title())
    axes.set_ylabel(name)


def edges(axis):
    return np.arange(len(axis.labels) + 1) - 0.5


def draw_map(figure, axes, table, limits, name, across, up):
    image = axes.pcolormesh(edges(across), edges(up), np.ma.masked_invalid(table), cmap="viridis", vmin=limits[0],
                            vmax=limits[1])
    axes.set_facecolor("0.85")  # where nothing was measured
    label_axis(axes.set_xticks, axes.set_xticklabels, across, np.arange(len(across.labels)))
    label_axis(axes.set_yticks, axes.set_yticklabels, up, np.arange(len(up.labels)))
    axes.set_xlabel(across.title())
    axes.set_ylabel(up.title())
    if table.size <= 64:
        middle = (limits[0] + limits[1]) / 2
        for (row, column), number in np.ndenumerate(table):
            if np.isfinite(number):
                axes.text(column, row, "%.3g" % number, ha="center", va="center", fontsize=5.5,
                          color="white" if number < middle else "black")
    figure.colorbar(image, ax=axes, label=name)


def maps(sweep):
    """Rows: figures; columns: combinations of the third and further axes, as many as there is room for."""
    across, up, others = sweep.axes[0], sweep.axes[1], sweep.axes[2:]
    combinations = list(itertools.product(*(range(len(other.labels)) for other in others)))
    shown = combinations[:max(1, MAX_MAPS // len(sweep.figures))]
    figure, axes = plt.subplots(len(sweep.figures), len(shown), squeeze=False, figsize=(
        max(style.ONE_COLUMN, 2.6 * len(shown)), 2.3 * len(sweep.figures)))
    for row, name in enumerate(sweep.figures):
        value = sweep.summary[name][0]
        known = value[np.isfinite(value)]
        limits = (known.min(), known.max()) if len(known) else (0, 1)
        for column, combination in enumerate(shown):
            where = np.ones(sweep.n_runs, dtype=bool)
            for other, index in zip(others, combination):
                where &= other.index == index
            table = np.full((len(up.labels), len(across.labels)), np.nan)
            table[up.index[where], across.index[where]] = value[where]
            draw_map(figure, axes[row][column], table, limits, name, across, up)
            if others:
                axes[row][column].set_title(", ".join(
                    "%s = %s" % (other.name, other.ticks()[index]) for other, index in zip(others, combination)))
    if len(shown) < len(combinations):
        figure.text(0, 0, "%d of %d combinations of the other keys" % (len(shown), len(combinations)), fontsize=6)
    return figure


def curves(sweep):
    figure, axes = plt.subplots(1, len(sweep.figures), squeeze=False,
                                figsize=(2.6 * len(sweep.figures) + 0.9, 2.3))
    for k, name in enumerate(sweep.figures):
        draw_curve(axes[0][k], sweep, name, sweep.axes[0])
    return figure


def sweep(results):
    """A sweep with two axes or more as heat maps, with one as curves; None for other files."""
    if results.group("/axes") is None or results.group("/summary") is None:
        return None
    data = Sweep(results)
    if not data.axes or not data.figures:
        return None
    # axes whose values go together (`zip`) fill no plane: only the diagonal of it
    whole = len(data.axes) > 1 and len(set(zip(data.axes[0].index, data.axes[1].index))) == len(
        data.axes[0].labels) * len(data.axes[1].labels)
    figure = maps(data) if whole else curves(data)
    seeds = seeds_text(data, whole)
    figure.suptitle("%s\n%s" % (results.title, seeds) if results.title else seeds, fontsize=7.5)
    return figure
