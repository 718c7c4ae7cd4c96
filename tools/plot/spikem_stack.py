"""Pictures of a stack in rates: samples, J during inference, in-painting, likelihood, training, directions."""
import math

import numpy as np

import spikem_style as style
from spikem_style import plt

GRID = 10              # samples in a row and in a column
MAX_SAMPLERS = 6
MAX_INPAINTED = 10
Z95 = 1.959964
PAPER_STEPS, PAPER_J = [0, 5, 10, 15, 20], [-46.2, -39.2, -36.6, -35.6, -35.4]  # Bengio et al. 2016, on MNIST
CONTROLS = ("data", "centroids", "reconstruction")


def side_of(n_pixels, results):
    """Rows and columns of an image: as the data set says, else a square, else one row."""
    sets = results.scenario().get("data") or {}
    for entry in sets.values():
        shape = (entry or {}).get("shape")
        if isinstance(shape, list) and len(shape) == 2 and int(shape[0]) * int(shape[1]) == n_pixels:
            return int(shape[0]), int(shape[1])
    side = math.isqrt(n_pixels)
    return (side, side) if side * side == n_pixels else (1, n_pixels)


def tile(images, columns, shape, gap=1):
    """One picture from equally large images, row by row, with lines between them."""
    rows = -(-len(images) // columns)
    height, width = shape
    canvas = np.ones((rows * (height + gap) - gap, columns * (width + gap) - gap))
    for k, image in enumerate(images):
        r, c = divmod(k, columns)
        canvas[r * (height + gap):r * (height + gap) + height,
               c * (width + gap):c * (width + gap) + width] = np.clip(image.reshape(shape), 0, 1)
    return canvas


def show(axes, canvas):
    axes.imshow(canvas, cmap="gray_r", vmin=0, vmax=1)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def is_mnist(results):
    sets = results.scenario().get("data") or {}
    return any((entry or {}).get("set") == "mnist" for entry in sets.values())


def samplers(results):
    """Models of the samplers by name, as the scenario has them and in its order."""
    plan = ((results.scenario().get("stack") or {}).get("evaluate") or {}).get("likelihood") or {}
    return {str(entry.get("name")): entry.get("model") for entry in plan.get("samplers") or [] if isinstance(entry, dict)}


def sampler_names(results):
    """Samplers in the scenario's order."""
    found = results.children("/stack/likelihood")
    order = list(samplers(results))
    return sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name))


def likelihood_text(group):
    if "mean" not in group.attrs:
        return ""
    return "%.1f ± %.1f nats, width %.2f" % (
        group.attrs["mean"], group.attrs.get("se", np.nan), group.attrs.get("width", np.nan))


# ---- Samples -----------------------------------------------------------------------------------------

def samples(results):
    """A grid of samples of each sampler."""
    names = [name for name in sampler_names(results) if "samples" in results.group("/stack/likelihood/" + name)]
    names = names[:MAX_SAMPLERS]
    if not names:
        return None
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure, axes = plt.subplots(rows, columns, squeeze=False,
                                figsize=(style.TWO_COLUMNS * columns / 3, rows * (style.TWO_COLUMNS / 3 + 0.3)))
    for k, cell in enumerate(axes.flat):
        if k >= len(names):
            cell.axis("off")
            continue
        group = results.group("/stack/likelihood/" + names[k])
        images = group["samples"][:GRID * GRID]
        show(cell, tile(images, GRID, side_of(images.shape[1], results)))
        cell.set_title("%s\n%s" % (names[k], likelihood_text(group)))
    return figure


def likelihood(results):
    """Parzen log-likelihood of the samplers and the controls."""
    names = [name for name in sampler_names(results) if "mean" in results.group("/stack/likelihood/" + name).attrs]
    if not names:
        return None
    figure, axes = plt.subplots(figsize=(style.ONE_COLUMN, 0.6 + 0.26 * len(names)))
    models = samplers(results)
    for k, name in enumerate(names):
        attributes = results.group("/stack/likelihood/" + name).attrs
        mean, se = float(attributes["mean"]), float(attributes.get("se", 0))
        axes.barh(k, mean, color=style.GREY if models.get(name) in CONTROLS else style.colour(0), alpha=0.75, height=0.7)
        axes.errorbar(mean, k, xerr=Z95 * se, color="black", capsize=2, linewidth=0.8)
        axes.annotate("%.0f" % mean, (max(mean + Z95 * se, 0), k), xytext=(4, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.axvline(0, color="black", linewidth=0.6)
    axes.set_xlabel("Parzen log-likelihood (nats), 95 % interval")
    return figure


# ---- Inference ---------------------------------------------------------------------------------------

def ascent(results):
    """J and its terms during inference, and single items."""
    group = results.group("/stack/ascent")
    if group is None or "step" not in group or "mean" not in group:
        return None
    step, mean = group["step"][:], group["mean"][:]
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.TWO_COLUMNS, 2.5))
    left.plot(step, mean, color="black", label="J, mean")
    terms = [name for name in group if name.startswith(("encoder_", "decoder_", "prior"))]
    for k, name in enumerate(sorted(terms)):
        left.plot(step, group[name][:], color=style.colour(k), linewidth=0.8, label=name.replace("_", " "))
    left.set_xlabel("step of inference")
    left.set_ylabel("nats per item")
    left.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    style.letter(left, "a")
    if "items" in group:
        gain = group["items"][:]
        gain = gain - gain[:, :1]
        low, middle, high = np.percentile(gain, [5, 50, 95], axis=0)
        right.fill_between(step, low, high, color=style.colour(0), alpha=0.25, linewidth=0, label="5 to 95 % of the items")
        right.plot(step, middle, color=style.colour(0), label="median")
    right.plot(step, mean - mean[0], color="black", linewidth=0.8, label="mean")
    if is_mnist(results) and max(step) == max(PAPER_STEPS):
        right.plot(PAPER_STEPS, np.array(PAPER_J) - PAPER_J[0], color="0.4", marker="o", markersize=3,
                   linestyle=(0, (3, 2)), label="paper, mean")
    right.axhline(0, color="0.6", linewidth=0.6)
    right.set_xlabel("step of inference")
    right.set_ylabel("J − J at step 0 (nats)")
    if "share_rising" in group.attrs:
        right.set_title("rises for %.1f %% of the items" % (100 * float(group.attrs["share_rising"])))
    right.legend()
    style.letter(right, "b")
    return figure


def directions(results):
    """Angle between the estimators' differences and the true gradient."""
    rows = []
    for state, path in (("trained", "/stack/directions"), ("untrained", "/stack/directions_untrained")):
        for layer in results.children(path):
            group = results.group("%s/%s" % (path, layer))
            rows += [("%s, %s, %s" % (layer, name.replace("_", " "), state), group[name][:]) for name in sorted(group)]
    rows = [(label, values[np.isfinite(values)]) for label, values in rows]
    rows = [(label, values) for label, values in rows if len(values)]
    if not rows:
        return None
    figure, axes = plt.subplots(figsize=(style.ONE_COLUMN + 0.6, 0.7 + 0.3 * len(rows)))
    parts = axes.violinplot([values for _, values in rows], positions=range(len(rows)), vert=False, widths=0.85,
                            showextrema=False)
    for k, body in enumerate(parts["bodies"]):
        body.set_facecolor(style.colour(0 if "untrained" not in rows[k][0] else 1))
        body.set_alpha(0.5)
    axes.plot([np.mean(values) for _, values in rows], range(len(rows)), "k|", markersize=8, label="mean")
    axes.axvline(0, color="0.6", linewidth=0.6)
    axes.set_yticks(range(len(rows)), [label for label, _ in rows])
    axes.set_xlim(-1.02, 1.02)
    axes.invert_yaxis()
    axes.set_xlabel("cosine with the gradient of log p, per item")
    return figure


# ---- In-painting -------------------------------------------------------------------------------------

def inpainting(results):
    """Images, what was visible, and three ways to fill in the rest."""
    masks = [name for name in results.children("/stack/inpainting")
             if "filled" in results.group("/stack/inpainting/" + name)]
    if not masks:
        return None
    order = ["top", "bottom", "left", "right", "random"]
    masks.sort(key=lambda name: order.index(name) if name in order else len(order))
    kinds = [("images", "image"), ("masked", "visible"), ("filled", "stack"),
             ("nearest_filled", "nearest"), ("mean_filled", "mean")]
    width = style.TWO_COLUMNS
    first = results.group("/stack/inpainting/" + masks[0])
    n = min(MAX_INPAINTED, len(first["filled"]))
    shape = side_of(first["filled"].shape[1], results)
    figure, axes = plt.subplots(1, len(masks), figsize=(width, width / len(masks) * n / len(kinds) * 1.12), squeeze=False)
    for cell, mask in zip(axes.flat, masks):
        group = results.group("/stack/inpainting/" + mask)
        present = [(name, label) for name, label in kinds if name in group]
        images = np.stack([group[name][:n] for name, _ in present], axis=1)
        show(cell, tile(images.reshape(-1, images.shape[-1]), len(present), shape))
        step = shape[1] + 1
        cell.set_xticks([step * k + shape[1] / 2 for k in range(len(present))], [label for _, label in present],
                        rotation=45, fontsize=5.5)
        cell.tick_params(length=0)
        cell.set_title("missing: " + mask)
    return figure


def filling(results):
    """Error on the missing pixels by round, beside mean and nearest-neighbour filling."""
    masks = results.children("/stack/inpainting")
    if not masks:
        return None
    figure, axes = plt.subplots(figsize=(style.ONE_COLUMN, 2.6))
    for k, mask in enumerate(masks):
        data = results.columns("/stack/inpainting/" + mask, ("round", "mse", "mean_fill", "nearest_fill"))
        if data is None:
            continue
        axes.plot(data["round"], data["mse"], color=style.colour(k), label=mask)
        axes.axhline(data["nearest_fill"][0], color=style.colour(k), linewidth=0.7, linestyle=(0, (1, 1)))
        axes.axhline(data["mean_fill"][0], color=style.colour(k), linewidth=0.7, linestyle=(0, (4, 2)))
    axes.plot([], [], color="0.3", linestyle=(0, (1, 1)), linewidth=0.7, label="nearest neighbour")
    axes.plot([], [], color="0.3", linestyle=(0, (4, 2)), linewidth=0.7, label="mean image")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("round of inference and decoding")
    axes.set_ylabel("squared error per missing pixel")
    axes.legend(ncol=2)
    return figure


# ---- Training ----------------------------------------------------------------------------------------

def training(results):
    """Losses of the maps, and J before and after inference, over epochs."""
    group = results.group("/stack/training")
    if group is None or "epoch" not in group:
        return None
    epoch = group["epoch"][:]
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.TWO_COLUMNS, 2.3))
    losses = [name for name in group if "_loss_" in name]
    for k, name in enumerate(sorted(losses)):
        values = group[name][:len(epoch)]
        shown = np.isfinite(values)
        left.semilogy(epoch[shown], values[shown], color=style.colour(k), label=name.replace("_loss_", " onto "))
    left.set_xlabel("epoch")
    left.set_ylabel("loss (half the squared error) per item")
    left.legend()
    style.letter(left, "a")
    for name, colour in (("objective_before", "0.5"), ("objective_after", "black")):
        if name in group:
            right.plot(epoch, group[name][:len(epoch)], color=colour, label=name.split("_")[1] + " inference")
    right.set_xlabel("epoch")
    right.set_ylabel("J (nats per item)")
    right.legend()
    style.letter(right, "b")
    return figure


def score(results):
    """Denoising estimate of the score against the exact one."""
    group = results.group("/stack/score")
    names = ("x0", "x1", "score0", "score1", "estimate0", "estimate1")
    if group is None or any(name not in group for name in names):
        return None
    data = {name: group[name][:] for name in names}
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.TWO_COLUMNS, 3.2))
    exact = np.concatenate([data["score0"], data["score1"]])
    found = np.concatenate([data["estimate0"], data["estimate1"]])
    left.plot(exact, found, ".", color=style.colour(0), markersize=1.5, alpha=0.4, rasterized=True)
    ends = np.array([exact.min(), exact.max()])
    left.plot(ends, ends, color="black", linewidth=0.8, label="slope 1")
    left.set_xlabel("exact score")
    left.set_ylabel("(r(x) − x)/σ²")
    left.legend()
    style.letter(left, "a")
    pick = slice(0, 400)
    for kind, colour, label in (("score", "0.2", "exact"), ("estimate", style.colour(1), "denoising")):
        right.quiver(data["x0"][pick], data["x1"][pick], data[kind + "0"][pick], data[kind + "1"][pick], color=colour,
                     width=0.003, label=label, angles="xy")
    right.set_aspect("equal")
    right.set_xlabel("x, dimension 0")
    right.set_ylabel("x, dimension 1")
    right.legend()
    style.letter(right, "b")
    return figure
