"""Draw the cost-against-size curves."""
import os
import sys

from curves import bare_ns, ns_per_event
from programs import ROOT

sys.path.insert(0, os.path.join(ROOT, "tools", "plot"))
import spikem_style as style  # noqa: E402
from spikem_style import plt  # noqa: E402

PANELS = {"neurons": "neurons", "rate": "rate (Hz)", "delay": "smallest delay (ms)", "delays": "number of delays"}
NOTES = {"neurons": "10 Hz, delay 1.5 ms", "rate": "10,000 neurons, delay 1.5 ms",
         "delay": "10,000 neurons at 10 Hz; CUBA: 4,000", "delays": "10,000 neurons at 10 Hz, from 1.5 ms on"}
KINDS = {("lif_delta", 1000): "lif_delta, 1,000 synapses a neuron", ("lif_delta", 100): "lif_delta, 100 synapses",
         ("lif_exp", 80): "lif_exp (CUBA), 80 synapses"}
DOUBLE_BYTES = 8


def cache_sizes():
    """Bytes of the second and third level, as Linux knows them."""
    folder = "/sys/devices/system/cpu/cpu0/cache"
    sizes = {}
    for index in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        try:
            with open(os.path.join(folder, index, "level"), encoding="ascii") as level, \
                    open(os.path.join(folder, index, "size"), encoding="ascii") as size:
                sizes[int(level.read())] = int(size.read().strip().rstrip("K")) * 1024
        except (OSError, ValueError):
            continue
    return {level: size for level, size in sizes.items() if level > 1}


def draw_panel(axes, curve, points):
    labelled = {}
    for k, (kind, label) in enumerate(KINDS.items()):
        found = sorted((p for p in points if p["curve"] == curve and (p["model"], p["degree"]) == kind
                        and p["rounds"]), key=lambda p: p["x"])
        if not found:
            continue
        x = [p["x"] for p in found]
        labelled[label] = axes.plot(x, [ns_per_event(p["rounds"]) for p in found], "o-",
                                    markersize=2.5, color=style.colour(k))[0]
        axes.plot(x, [bare_ns(p["rounds"]) for p in found], "--", linewidth=0.8, color=style.colour(k))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(PANELS[curve])
    axes.set_ylabel("ns per synaptic event")
    axes.annotate(NOTES[curve], (1, 1), xycoords="axes fraction", ha="right", va="bottom", fontsize=6,
                  color=style.GREY)
    return labelled


def mark_caches(axes):
    """Where the potentials, 8 bytes a neuron, fill a cache."""
    low, high = axes.get_xlim()
    for level, size in cache_sizes().items():
        x = size / DOUBLE_BYTES
        if low < x < high:
            axes.axvline(x, color="0.75", linewidth=0.6, zorder=0)
            axes.annotate("L%d" % level, (x, 0), xycoords=("data", "axes fraction"), xytext=(2, 2),
                          textcoords="offset points", fontsize=6, color=style.GREY)


def draw(data, path):
    style.use()
    figure, grid = plt.subplots(2, 2, figsize=(style.TWO_COLUMNS, 5), sharey=True)
    labelled = {}
    for k, (axes, curve) in enumerate(zip(grid.flat, PANELS)):
        labelled.update(draw_panel(axes, curve, list(data["points"].values())))
        style.letter(axes, "abcd"[k])
    mark_caches(grid.flat[0])
    for axes in grid.flat:
        axes.grid(True, which="major", axis="y", linewidth=0.3, color="0.85")
        axes.yaxis.set_major_formatter(plt.FuncFormatter(lambda y, _: "%g" % y))
        axes.xaxis.set_major_formatter(plt.FuncFormatter(
            lambda x, _: style.thousands(x) if x >= 1 else "%g" % x))
    labelled["bare delivery loop of the same size"] = plt.Line2D([], [], linestyle="--", linewidth=0.8,
                                                                 color=style.GREY)
    grid[0, 0].legend(labelled.values(), labelled.keys(), loc="upper left")
    style.save(figure, path, "Cost against size")
