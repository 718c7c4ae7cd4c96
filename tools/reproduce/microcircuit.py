#!/usr/bin/python3
"""Write the cortical microcircuit of Potjans and Diesmann (2014) at a scale as a scenario.

microcircuit.py [SCALE] > FILE. scenarios/microcircuit.yaml is its output at the scale 0.1, the default; at 1 it is
the full model. Numbers of neurons and in-degrees are multiplied by the scale, weights divided by its square root,
which keeps the variance of the input of each neuron; a constant current replaces the mean input that is then
missing, from the published rates of the full model (van Albada, Helias, Diesmann 2015, PLoS Comput Biol
11:e1004490; NEST's microcircuit example does the same).
"""
import math
import sys

NAMES = ("l23e", "l23i", "l4e", "l4i", "l5e", "l5i", "l6e", "l6i")
NEURONS = (20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948)
EXTERNAL = (1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100)  # in-degrees
RATES = (0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829)  # Hz, full model
V_MEAN = (-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43)  # mV
V_SD = (5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48)
PROBABILITIES = (  # row: target, column: source
    (0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0000, 0.0076, 0.0000),
    (0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0000, 0.0042, 0.0000),
    (0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0000),
    (0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0000, 0.1057, 0.0000),
    (0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0000),
    (0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0000),
    (0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252),
    (0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443),
)
C_M, TAU_M, TAU_SYN = 250.0, 10.0, 0.5  # pF, ms
PSP = 0.15  # mV, peak
INHIBITION = -4.0
BACKGROUND = 8.0  # Hz, each external synapse

HEAD = """\
# yaml-language-server: $schema=../tools/schema/scenario.schema.json
#
# Question:  which rates do the eight populations of a cortical column take, and how fast are they computed?
# Source:    Potjans TC, Diesmann M (2014), Cereb Cortex 24:785-806; reduced as in van Albada SJ, Helias M,
#            Diesmann M (2015), PLoS Comput Biol 11:e1004490.
# Expected:  at the scale 0.1, L2/3E to L6I: 0.42-0.47, 2.1-2.2, 3.8, 4.9-5.0, 6.3-6.5, 7.7-7.8, 0.8-1.0,
#            6.9-7.0 Hz (NEST on its grid, 2 s, 200 neurons each). This program, two seeds, 2 s after the first
#            0.1 s: 0.45-0.48, 2.1, 3.9, 5.0, 6.6-7.0, 7.8, 0.84-0.88, 7.0-7.1 Hz; CV of the intervals 0.7.
#
# Written by tools/reproduce/microcircuit.py, which holds the table of probabilities and says how the model is
# reduced: sizes and in-degrees times %(scale)g, weights divided by %(root).6g. Synapses from a source to a target
# population: K = ln(1 - p) / ln(1 - 1/(N_t N_s)) of the full model, times the square of the scale, drawn with
# replacement. %(psc).6g pA make a PSP of 0.15 mV; inhibition is -4 times that, L4E to L2/3E twice that. I_e is the
# mean input that is missing. External input: 8 Hz from each of the external synapses, as one Poisson process.
spikem: 1
title: Cortical microcircuit at the scale %(scale)g (Potjans and Diesmann 2014)
seed: 1
duration: 2 s

populations:
"""


def psc_of(psp):
    """Amplitude in pA of the exponential current whose response peaks at psp."""
    q = TAU_M / TAU_SYN
    peak = q ** (-TAU_M / (TAU_M - TAU_SYN)) - q ** (-TAU_SYN / (TAU_M - TAU_SYN))
    return psp * C_M * (TAU_SYN - TAU_M) / (TAU_M * TAU_SYN * peak)


def weight(target, source):
    """Mean weight in the full model, pA."""
    w = psc_of(PSP) * (INHIBITION if source % 2 else 1)
    return 2 * w if (NAMES[target], NAMES[source]) == ("l23e", "l4e") else w


def synapses(target, source):
    """Number of synapses in the full model."""
    p = PROBABILITIES[target][source]
    return math.log1p(-p) / math.log1p(-1 / (NEURONS[target] * NEURONS[source])) if p else 0


def missing_current(target, scale):
    """Mean input (pA) that the reduced network lacks."""
    per_s = EXTERNAL[target] * BACKGROUND * psc_of(PSP)
    for source, rate in enumerate(RATES):
        per_s += round(synapses(target, source)) / NEURONS[target] * rate * weight(target, source)
    return 0.001 * TAU_SYN * (1 - math.sqrt(scale)) * per_s


def normal(mean, sd, unit, bound=""):
    return "{normal: {mean: %.6g %s, sd: %.6g %s%s}}" % (mean, unit, sd, unit, bound)


def write_populations(scale, out):
    for k, name in enumerate(NAMES):
        out.write("  %s:\n    size: %d\n" % (name, round(NEURONS[k] * scale)))
        if k == 0:
            out.write("    model: lif_exp\n    params:\n      C_m: 250 pF\n      tau_m: 10 ms\n      tau_syn_ex: 0.5 ms\n"
                      "      tau_syn_in: 0.5 ms\n      t_ref: 2 ms\n      E_L: -65 mV\n      V_th: -50 mV\n"
                      "      V_reset: -65 mV\n      I_e: %.6g pA\n" % missing_current(k, scale))
        else:
            out.write("    like: l23e\n    params: {I_e: %.6g pA}\n" % missing_current(k, scale))
        out.write("    initial: {V_m: %s}\n" % normal(V_MEAN[k], V_SD[k], "mV"))


def write_scenario(scale, out):
    """Write the scenario; its lines follow the tables above."""
    root = math.sqrt(scale)
    out.write(HEAD % {"scale": scale, "root": root, "psc": psc_of(PSP)})
    write_populations(scale, out)
    out.write("\ninputs:\n")
    for k, name in enumerate(NAMES):
        out.write("  to_%s: {model: poisson, rate: %.6g Hz, to: %s, weight: %.6g pA}\n"
                  % (name, EXTERNAL[k] * scale * BACKGROUND, name, psc_of(PSP) / root))
    out.write("\nprojections:\n")
    for target in range(len(NAMES)):
        for source in range(len(NAMES)):
            if not PROBABILITIES[target][source]:
                continue
            w = weight(target, source) / root
            sign = ", max: 0 pA" if w < 0 else ", min: 0 pA"
            d = 0.75 if source % 2 else 1.5
            out.write("  - {from: %s, to: %s, connect: {fixed_total: %d, autapses: true, multapses: true},\n"
                      "     weight: %s,\n     delay: %s}\n"
                      % (NAMES[source], NAMES[target], round(round(synapses(target, source)) * scale * scale),
                         normal(w, 0.1 * abs(w), "pA", sign), normal(d, d / 2, "ms", ", min: 0.1 ms")))
    out.write("\nrecord:\n  spikes: all\n")


if __name__ == "__main__":
    write_scenario(float(sys.argv[1]) if len(sys.argv) > 1 else 0.1, sys.stdout)
