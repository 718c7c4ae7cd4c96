#!/usr/bin/python3
"""Draw pictures of a Spikem result file: spikem_plot.py FILE [-o DIR] [KIND...]

Without KIND, all kinds that the file has data for. Each picture is DIR/NAME-KIND.png; its path is printed.
Exit code 0: done; 1: the file cannot be read, or a kind that was asked for has no data; 2: wrong usage.
"""
import argparse
import importlib
import importlib.util
import os
import sys

PACKAGES = {"h5py": "python3-h5py", "matplotlib": "python3-matplotlib", "numpy": "python3-numpy"}

# kind: (module, function, what it shows)
KINDS = {
    "raster": ("spikem_activity", "raster", "spikes, and population rates below"),
    "rates": ("spikem_activity", "rates", "recorded population rates"),
    "states": ("spikem_activity", "states", "sampled state variables, such as V_m"),
    "learning": ("spikem_learning", "learning", "accuracy and objective over presentations"),
    "weights": ("spikem_learning", "images", "weights of each output neuron as an image"),
    "histogram": ("spikem_learning", "histogram", "distribution of the weights, start and end"),
    "synapses": ("spikem_learning", "weight_traces", "weights of single synapses over time"),
    "agreement": ("spikem_learning", "agreement", "accumulated update against the gradient of J"),
    "samples": ("spikem_stack", "samples", "samples of a stack, one grid a sampler"),
    "likelihood": ("spikem_stack", "likelihood", "Parzen log-likelihood of samplers and controls"),
    "ascent": ("spikem_stack", "ascent", "J during inference"),
    "directions": ("spikem_stack", "directions", "estimated directions against the gradient"),
    "inpainting": ("spikem_stack", "inpainting", "images with a half filled in"),
    "filling": ("spikem_stack", "filling", "error of filling in, by round"),
    "training": ("spikem_stack", "training", "losses and J over epochs"),
    "score": ("spikem_stack", "score", "denoising score against that of a known density"),
    "sweep": ("spikem_sweep", "sweep", "collected figures of a sweep: curve, or heat map over two keys"),
    "window": ("spikem_window", "window", "STDP window: change of weight against spike time difference"),
}


def check_packages():
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit("spikem plot: Python's %s %s missing; on Debian and Ubuntu:\n  sudo apt-get install %s" % (
            " and ".join(missing), "is" if len(missing) == 1 else "are",
            " ".join(PACKAGES[name] for name in missing)))


def parse():
    kinds = "\n".join("  %-10s %s" % (name, entry[2]) for name, entry in KINDS.items())
    parser = argparse.ArgumentParser(prog="spikem plot", description="Draw pictures of a result file.",
                                     epilog="kinds:\n" + kinds, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("kinds", metavar="KIND", nargs="*")
    parser.add_argument("-o", "--output", metavar="DIR", help="folder for the pictures (the folder of FILE)")
    args = parser.parse_intermixed_args()
    for kind in args.kinds:
        if kind not in KINDS:
            parser.error("no picture is called '%s'; there are %s" % (kind, ", ".join(KINDS)))
    return args


def draw(results, kind, folder):
    """Draw one kind. Returns its path, or None when the file has no data for it."""
    import spikem_style
    module, function, _ = KINDS[kind]
    figure = getattr(importlib.import_module(module), function)(results)
    if figure is None:
        return None
    path = os.path.join(folder, "%s-%s.png" % (results.name, kind))
    spikem_style.save(figure, path, results.title)
    return path


def main():
    args = parse()
    check_packages()
    import spikem_data
    import spikem_style
    spikem_style.use()
    folder = args.output or os.path.dirname(os.path.abspath(args.file))
    try:
        results = spikem_data.Results(args.file)
    except OSError as error:
        sys.exit("spikem plot: cannot read %s: %s" % (args.file, error))
    written, absent = 0, []
    with results:
        if not results.complete:
            print("spikem plot: %s is unfinished: its run still goes on or was killed; drawing what it holds"
                  % args.file, file=sys.stderr)
        os.makedirs(folder, exist_ok=True)
        for kind in args.kinds or KINDS:
            path = draw(results, kind, folder)
            if path:
                print(path, flush=True)
                written += 1
            else:
                absent.append(kind)
    if args.kinds and absent:
        sys.exit("spikem plot: %s has no data for %s" % (args.file, ", ".join(absent)))
    if written == 0:
        sys.exit("spikem plot: %s has nothing to draw" % args.file)


if __name__ == "__main__":
    main()
