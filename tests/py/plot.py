#!/usr/bin/python3
"""Pictures: every kind is drawn from a synthetic result file, and what the file lacks is answered in words.

The figures' contents are checked where a number is known in advance: bins of the raster, Wilson's interval,
nearest spikes, fits of curves that were put in. With a folder as argument the pictures are kept there.
"""
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLOT = os.path.join(ROOT, "tools", "plot", "spikem_plot.py")
sys.path[:0] = [os.path.join(ROOT, "tools", "plot"), os.path.join(ROOT, "tests")]
sys.dont_write_bytecode = True
from tap import finish, test
RNG = np.random.default_rng(1)


# ---- Synthetic files -----------------------------------------------------------------------------------

def put(file, path, data, unit=""):
    found = file.create_dataset(path, data=data)
    found.attrs["units"] = unit
    return found


def put_spikes(file, name, size, t, i):
    order = np.argsort(t, kind="stable")
    put(file, "/spikes/%s/timestamps" % name, np.asarray(t, dtype="f8")[order], "ms")
    put(file, "/spikes/%s/node_ids" % name, np.asarray(i)[order].astype("u8"))
    file["/spikes/" + name].attrs["size"] = size


def put_weights(file, name, source, target, delay, shots):
    put(file, "/weights/%s/source" % name, np.asarray(source, dtype="u8"))
    put(file, "/weights/%s/target" % name, np.asarray(target, dtype="u8"))
    put(file, "/weights/%s/delay" % name, np.full(len(source), delay), "ms")
    for k, (time, w) in enumerate(shots):
        put(file, "/weights/%s/snapshots/%06d" % (name, k), w, "mV").attrs["time"] = time


def make_learning(path, n_train=2000, n_test=400):
    """The shape of a digits run: presentations of 60 ms, 64 pixels, 10 outputs."""
    n, period = n_train + n_test, 60.0
    prototypes = np.zeros((10, 8, 8))
    for d in range(10):
        for _ in range(3):
            y, x = RNG.integers(1, 7, 2)
            prototypes[d, y - 1:y + 2, x - 1:x + 2] += 0.6
    prototypes = np.clip(prototypes, 0, 1)
    label = RNG.integers(0, 10, n)
    with h5py.File(path, "w") as file:
        file.attrs["title"] = "Synthetic digits"
        file.attrs["complete"] = 1
        late = np.arange(n - 12, n)
        t, i = [], []
        for k in late:
            rate = 0.12 * prototypes[label[k]].ravel() * period
            counts = RNG.poisson(rate)
            i.append(np.repeat(np.arange(64), counts))
            t.append(k * period + RNG.uniform(0, period, counts.sum()))
        put_spikes(file, "pixels", 64, np.concatenate(t), np.concatenate(i))
        t, i = [], []
        for k in late:
            counts = RNG.poisson(np.where(np.arange(10) == label[k], 4.5, 0.5))
            i.append(np.repeat(np.arange(10), counts))
            t.append(k * period + RNG.uniform(8, period, counts.sum()))
        put_spikes(file, "output", 10, np.concatenate(t), np.concatenate(i))

        right = RNG.random(n) < np.where(np.arange(n) < n_train, 0.92 - 0.8 * np.exp(-np.arange(n) / 350), 0.91)
        predicted = np.where(right, label, (label + RNG.integers(1, 10, n)) % 10)
        for name, values in dict(start=np.arange(n) * period, stage=(np.arange(n) >= n_train).astype("u4"),
                                 epoch=np.zeros(n, "u4"), item=np.arange(n, dtype="u4"), label=label.astype("u4"),
                                 predicted=predicted.astype("u4"),
                                 objective=-2.3 * np.exp(-np.arange(n) / 500) - 0.3 + RNG.normal(0, .25, n)).items():
            put(file, "/protocol/presentations/" + name, values)
        file["/protocol/stages"] = "train\ntest\n"
        file["/protocol"].attrs.update(linear_accuracy=0.953, frozen_accuracy=0.11, test_accuracy=0.911)

        source, target = (a.ravel() for a in np.meshgrid(np.arange(64), np.arange(10)))
        w = prototypes - prototypes.mean(axis=0)
        start = RNG.normal(0, 0.02, 640)
        final = w.reshape(10, 64)[target, source] + RNG.normal(0, 0.04, 640)
        put_weights(file, "pixels_output", source, target, 1.0, [(0, start), (n * period, final)])
        times = np.repeat(np.linspace(0, n * period, 200), 4)
        put(file, "/weights/pixels_output/trace/time", times, "ms")
        put(file, "/weights/pixels_output/trace/synapse", np.tile(np.arange(4, dtype="u8"), 200))
        put(file, "/weights/pixels_output/trace/weight",
            np.tile([.3, -.2, .1, 0], 200) * (1 - np.exp(-times / 4e4)) + RNG.normal(0, .005, 800), "mV")
        gradient = RNG.normal(0, 1, 640) * (RNG.random(640) < 0.7)
        for name, cosine in dict(x_dv=.04, x_dv_reset=.01, x_du=.985, s_dudt=.96, u_minus_ubar=.99, pairs=.31).items():
            noise = RNG.normal(0, 1, 640)
            noise *= np.linalg.norm(gradient) / np.linalg.norm(noise)
            change = 1e-3 * (cosine * gradient + np.sqrt(1 - cosine ** 2) * noise)
            put(file, "/agreement/%s/change" % name, change)
            put(file, "/agreement/%s/gradient" % name, gradient)
            put(file, "/agreement/%s/blocks" % name, np.full(10, cosine))
            file["/agreement/" + name].attrs.update(cosine=cosine, cosine_low=cosine - .02, cosine_high=cosine + .02)


def make_activity(path, complete=1):
    """Two populations at 30 Hz for 1 s, potentials of two neurons, a population rate."""
    with h5py.File(path, "w") as file:
        file.attrs["title"] = "Synthetic network"
        file["/scenario/used"] = "start: 0 ms\nduration: 1 s\n"
        file.attrs["complete"] = complete
        for name, size in (("exc", 4000), ("inh", 1000)):
            n = RNG.poisson(30 * size)
            wave = RNG.uniform(0, 1000, n)
            wave += 6 * np.sin(wave / 25)
            put_spikes(file, name, size, np.clip(wave, 0, 1000), RNG.integers(0, size, n))
        t = np.arange(0, 300, 0.5)
        put(file, "/state/exc/time", np.repeat(t, 2), "ms")
        put(file, "/state/exc/node_ids", np.tile(np.arange(2, dtype="u8"), len(t)))
        put(file, "/state/exc/V_m", (np.repeat(t, 2) * np.tile([.31, .47], len(t))) % 20, "mV")
        put(file, "/rates/exc/time", t, "ms")
        put(file, "/rates/exc/rate", 30 + 5 * np.sin(t / 25), "Hz")


def make_window(path, n=20000):
    """Linear ramps read by eq 1, and pair STDP whose every synapse has its own time difference."""
    with h5py.File(path, "w") as file:
        file.attrs["complete"] = 1
        file["/scenario/used"] = """
populations:
  up: {params: {V_th: 20 mV}}
  down: {params: {V_th: 20 mV}}
projections:
- {name: pre_up, from: pre, to: up, plasticity: {rule: eq1, params: {reading: s_dudt}}}
- {name: pre_down, from: many, to: down, plasticity: {rule: eq1, params: {reading: s_dudt}}}
- {name: pair, from: pre, to: kicked, plasticity: {rule: stdp_pair, bounds: [0 mV, 2 mV],
   params: {A_plus: 0.01, A_minus: 0.005, tau_plus: 10 ms, tau_minus: 20 ms}}}
"""
        # The spike of source 0 of `pre` arrives at 30 ms.
        put_spikes(file, "pre", 1, [29.0], [0])
        slope, v = RNG.uniform(0, 1, n), RNG.uniform(19, 20, n)
        put_spikes(file, "up", n, 30 + (20 - v) / slope, np.arange(n))
        put_weights(file, "pre_up", np.zeros(n), np.arange(n), 1.0, [(0, np.zeros(n)), (60, slope)])
        put(file, "/state/up/time", np.full(n, 30.0), "ms")
        put(file, "/state/up/node_ids", np.arange(n, dtype="u8"))
        put(file, "/state/up/V_m", v, "mV")
        # All neurons of `down` fire at 0; source k arrives at k + 1.
        m, k = n // 10, 25
        put_spikes(file, "many", k, np.arange(k, dtype=float), np.arange(k))
        put_spikes(file, "down", m, np.zeros(m), np.arange(m))
        slope = RNG.uniform(0, 1, m)
        source, target = (a.ravel() for a in np.meshgrid(np.arange(k), np.arange(m)))
        put_weights(file, "pre_down", source, target, 1.0, [(0, np.zeros(k * m)), (60, -slope[target])])
        put(file, "/state/down/time", np.repeat(np.arange(1.0, k + 1), m), "ms")
        put(file, "/state/down/node_ids", np.tile(np.arange(m, dtype="u8"), k))
        put(file, "/state/down/V_m", (20 - np.outer(np.arange(1, k + 1), slope)).ravel(), "mV")
        d = np.array([x for x in range(-25, 26) if x])
        put_spikes(file, "kicked", len(d), 30.0 + d, np.arange(len(d)))
        change = np.where(d > 0, .02 * np.exp(-np.abs(d) / 10), -.01 * np.exp(-np.abs(d) / 20))
        put_weights(file, "pair", np.zeros(len(d)), np.arange(len(d)), 1.0, [(0, np.ones(len(d))), (60, 1 + change)])


# ---- Tests ---------------------------------------------------------------------------------------------

def plot(*words):
    return subprocess.run([sys.executable, PLOT, *words], capture_output=True, text=True, check=False)


def png_size(path):
    with open(path, "rb") as file:
        head = file.read(24)
    assert head[:8] == b"\x89PNG\r\n\x1a\n", path
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def check_pictures(folder, make, name, kinds):
    """All of these kinds, no other, at print resolution and not empty."""
    source = os.path.join(folder, name + ".h5")
    make(source)
    done = plot(source, "-o", folder)
    assert done.returncode == 0, done.stderr
    paths = done.stdout.split()
    assert sorted(paths) == sorted(os.path.join(folder, "%s-%s.png" % (name, k)) for k in kinds), paths
    for path in paths:
        width, height = png_size(path)
        assert 900 <= width <= 2300 and height >= 400, (path, width, height)
        assert os.path.getsize(path) > 10000, path


@test
def draws_a_learning_run(folder):
    check_pictures(folder, make_learning, "digits",
                   ("raster", "learning", "weights", "histogram", "synapses", "agreement"))


@test
def draws_network_activity(folder):
    check_pictures(folder, make_activity, "network", ("raster", "rates", "states"))


@test
def draws_an_stdp_window(folder):
    check_pictures(folder, make_window, "window", ("raster", "states", "histogram", "window"))


def figure_of(folder, make, name, module, kind):
    """The figure itself, in this process."""
    import importlib
    import spikem_data
    import spikem_style
    spikem_style.use()
    path = os.path.join(folder, name + ".h5")
    if not os.path.exists(path):
        make(path)
    with spikem_data.Results(path) as results:
        return getattr(importlib.import_module(module), kind)(results)


@test
def raster_counts_every_spike_in_its_rate(folder):
    figure = figure_of(folder, make_activity, "network", "spikem_activity", "raster")
    assert len(figure.axes) == 2
    steps = figure.axes[1].patches[0].get_data()
    with h5py.File(os.path.join(folder, "network.h5"), "r") as file:
        n = len(file["/spikes/exc/timestamps"])
    total = np.sum(steps.values * np.diff(steps.edges)) * 1e-3 * 4000
    assert abs(total - n) < 1e-6 * n, (total, n)


@test
def agreement_has_a_panel_and_an_interval_for_each_reading(folder):
    figure = figure_of(folder, make_learning, "digits", "spikem_learning", "agreement")
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert len(titles) == 6 and all("cos" in t and "[" in t for t in titles), titles
    assert any("0.985\n[0.965, 1.005]" in t for t in titles), titles


@test
def images_share_a_scale_centred_at_zero(folder):
    figure = figure_of(folder, make_learning, "digits", "spikem_learning", "images")
    shown = [axes.images[0] for axes in figure.axes if axes.images]
    assert len(shown) == 10
    limits = {image.get_clim() for image in shown}
    assert len(limits) == 1 and abs(sum(limits.pop())) < 1e-12


@test
def weights_are_put_at_their_source_and_target(folder):
    import spikem_data
    from spikem_learning import matrix_of
    path = os.path.join(folder, "matrix.h5")
    with h5py.File(path, "w") as file:
        put_spikes(file, "a", 4, [], [])
        put_spikes(file, "b", 3, [], [])
        put_weights(file, "a_b", [1, 1, 2], [0, 0, 2], 1.0, [(0, np.array([1.0, 2.0, 5.0]))])
    with spikem_data.Results(path) as results:
        matrix = matrix_of(results, "a_b", np.array([1.0, 2.0, 5.0]))
    assert matrix.tolist() == [[0, 3, 0, 0], [0, 0, 0, 0], [0, 0, 5, 0]]


@test
def wilson_interval_matches_a_published_example(_folder):
    from spikem_learning import wilson
    low, high = wilson(np.array([81]), np.array([263]))
    # Newcombe (1998), Stat Med 17:857, table I: 81 of 263, score method without continuity correction.
    assert abs(low[0] - 0.2553) < 5e-5 and abs(high[0] - 0.3662) < 5e-5, (low, high)


@test
def nearest_spike_is_found_on_both_sides(_folder):
    from spikem_window import nearest_difference
    t, i = RNG.uniform(0, 100, 500), RNG.integers(0, 20, 500)
    arrival, neuron = RNG.uniform(-5, 105, 300), RNG.integers(0, 22, 300)
    got = nearest_difference(arrival, neuron, t, i)
    for k in range(300):
        own = t[i == neuron[k]] - arrival[k]
        if len(own) == 0:
            assert np.isnan(got[k])
        else:
            assert abs(got[k] - own[np.argmin(np.abs(own))]) < 1e-9


@test
def error_of_a_mean_counts_neurons_not_pairs(_folder):
    from spikem_window import error_of_mean
    own = RNG.normal(0, 1, 400)
    assert abs(error_of_mean(own, np.arange(400)) / (own.std() / 20) - 1) < 1e-12
    assert abs(error_of_mean(np.repeat(own, 7), np.repeat(np.arange(400), 7)) / (own.std() / 20) - 1) < 1e-12


@test
def fits_recover_the_curves_put_in(_folder):
    from spikem_window import fit_balanced, fit_power
    x = np.array([-20, -10, -5, -2, -1, 1, 2, 5, 10, 20.0])
    assert abs(fit_power(x[x < 0], 0.3 / x[x < 0])[0] - 0.3) < 1e-12
    y = np.where(x > 0, .8 * np.exp(-x / 15), -.2 * np.exp(x / 60))
    plus, minus, _, quality = fit_balanced(x, y)
    assert 12 < plus < 19 and 48 < minus < 75 and quality > 0.995, (plus, minus, quality)


@test
def window_means_follow_the_ramps(folder):
    import spikem_data
    from spikem_window import binned, panels_of
    make_window(os.path.join(folder, "window.h5"))
    with spikem_data.Results(os.path.join(folder, "window.h5")) as results:
        panels = panels_of(results)
    assert [p[0]["rule"] for p in panels] == ["eq1", "stdp_pair"]
    points = binned(*panels[0][1:4])
    assert len(points) == 18, points
    at = points[:, 0] > 1.6
    assert np.allclose(points[at, 1], 2 / 3 / points[at, 0], rtol=0.15), points
    at = points[:, 0] < -1.6
    assert np.allclose(points[at, 1], 1 / 2 / points[at, 0], rtol=0.15), points


@test
def an_unfinished_file_is_drawn_and_named_so(folder):
    path = os.path.join(folder, "killed.h5")
    make_activity(path, complete=0)
    with h5py.File(path, "a") as file:  # a row that only one column holds
        times = file["/spikes/exc/timestamps"][:]
        del file["/spikes/exc/timestamps"]
        put(file, "/spikes/exc/timestamps", times[:-7], "ms")
    done = plot(path, "-o", folder, "raster")
    assert done.returncode == 0 and "unfinished" in done.stderr, done.stderr


@test
def what_cannot_be_drawn_is_said(folder):
    path = os.path.join(folder, "empty.h5")
    with h5py.File(path, "w") as file:
        put_spikes(file, "silent", 5, [], [])
    done = plot(path)
    assert done.returncode == 1 and "nothing to draw" in done.stderr
    done = plot(path, "window")
    assert done.returncode == 1 and "no data for window" in done.stderr
    done = plot(path, "portrait")
    assert done.returncode == 2 and "raster" in done.stderr
    done = plot(os.path.join(folder, "absent.h5"))
    assert done.returncode == 1 and "absent.h5" in done.stderr and "Traceback" not in done.stderr


@test
def missing_packages_are_named(folder):
    hide = "import sys, importlib.util as u; f = u.find_spec; " \
           "u.find_spec = lambda n, *a: None if n == 'h5py' else f(n, *a); " \
           "sys.argv = ['spikem_plot.py', 'x.h5']; sys.path.insert(0, %r); import spikem_plot; spikem_plot.main()"
    done = subprocess.run([sys.executable, "-c", hide % os.path.dirname(PLOT)], capture_output=True, text=True,
                          cwd=folder, check=False)
    assert done.returncode == 1 and "apt-get install python3-h5py" in done.stderr, done.stderr


def main():
    keep = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=os.environ.get("SPK_TEST_DIR")) as scratch:
        folder = keep or scratch
        os.makedirs(folder, exist_ok=True)
        return finish(folder)


if __name__ == "__main__":
    sys.exit(main())
