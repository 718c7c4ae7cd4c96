"""How Spikem's pictures look: sizes, fonts, colours, and small helpers for axes."""
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

ONE_COLUMN, TWO_COLUMNS = 3.5, 7.2  # inches
# Okabe and Ito's palette, readable with any colour vision; black is kept for theory.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
GREY = "#6E6E6E"
DIVERGING = "RdBu_r"

RC = {
    "figure.dpi": 100, "savefig.dpi": 300, "figure.constrained_layout.use": True,
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 7.5,
    "axes.labelsize": 7.5, "axes.titlesize": 7.5, "xtick.labelsize": 6.5, "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5, "legend.frameon": False, "legend.handlelength": 1.4,
    "axes.linewidth": 0.6, "xtick.major.width": 0.6, "ytick.major.width": 0.6,
    "xtick.major.size": 2.5, "ytick.major.size": 2.5, "lines.linewidth": 1.0,
    "axes.spines.top": False, "axes.spines.right": False, "axes.unicode_minus": True,
    "image.interpolation": "nearest",
}


def use():
    plt.rcParams.update(RC)


def colour(k):
    return COLOURS[k % len(COLOURS)]


def letter(axes, text, up=4):
    """Panel letter left of the top of the axes, `up` points above it."""
    axes.annotate(text, (0, 1), xycoords="axes fraction", xytext=(-14, up), textcoords="offset points",
                  fontsize=9, fontweight="bold", va="bottom", ha="right", annotation_clip=False)


def thousands(number):
    return "{:,}".format(int(number))


def thousands_of(number):
    """A number with thousands separated and as many decimals as it has, at most three."""
    return "{:,.3f}".format(number).rstrip("0").rstrip(".")


def save(figure, path, title=None):
    """Write the figure, with the scenario's title in the file's text block, and close it."""
    figure.savefig(path, metadata={"Software": "Spikem", **({"Title": title} if title else {})})
    plt.close(figure)
