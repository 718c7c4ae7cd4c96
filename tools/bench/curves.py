"""The networks of the cost-against-size curves.

One network whose rate is what it is told: each neuron has a Poisson source of its own that makes it fire, and the
neurons send each other spikes that are too weak to. So a spike costs a source's spike, a neuron's firing, and
K synaptic events. The curve of the smallest delay is also taken with lif_exp, on Vogels and Abbott's network.
"""
from collections import namedtuple

DRIVEN = """
spikem: 1
title: Neurons that fire as they are told
seed: 1
duration: 1 s
populations:
  sources: {{size: {neurons}, model: poisson, params: {{rate: {rate} Hz}}}}
  cells:
    size: {neurons}
    model: lif_delta
    params: {{tau_m: 20 ms, E_L: 0 mV, V_th: 20 mV, V_reset: 0 mV, t_ref: 1 ms}}
projections:
  - {{from: sources, to: cells, connect: one_to_one, weight: 40 mV, delay: 2 ms}}
{recurrent}
record: {{spikes: none}}
"""
RECURRENT = "  - {{from: cells, to: cells, connect: {{fixed_in_degree: {degree}}}, weight: 0.01 uV, delay: {delay} ms}}"
CUBA = "scenarios/vogels_abbott_cuba.yaml"

# curve: which axis `x` stands on. K: synapses per neuron. delays: their number, `step` ms apart from `delay` on;
# 0: each synapse draws its own.
Point = namedtuple("Point", "curve x model neurons degree rate delay delays")

SIZES = (1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000)
RATES = (0.1, 0.3, 1, 3, 10, 30, 100)
DELAYS_MS = (0.1, 0.2, 0.5, 1, 2, 5, 10)
NUMBERS = (1, 2, 5, 10, 20, 50, 100)
DEGREES = (100, 1000)
STEP_MS = 0.05
# Elsewhere than on its own axis, each quantity has this value.
NEURONS, RATE_HZ, DELAY_MS = 10000, 10, 1.5


def points():
    """All points, those of large networks last."""
    found = []
    for degree in DEGREES:
        found += [Point("neurons", n, "lif_delta", n, degree, RATE_HZ, DELAY_MS, 1) for n in SIZES]
        found += [Point("rate", r, "lif_delta", NEURONS, degree, r, DELAY_MS, 1) for r in RATES]
        found += [Point("delay", d, "lif_delta", NEURONS, degree, RATE_HZ, d, 1) for d in DELAYS_MS]
        found += [Point("delays", n, "lif_delta", NEURONS, degree, RATE_HZ, DELAY_MS, n) for n in NUMBERS]
    found += [Point("delay", d, "lif_exp", 4000, 80, 5.5, d, 1) for d in DELAYS_MS]
    return sorted(found, key=lambda p: p.neurons * p.degree)


def synapses(point):
    return point.neurons * point.degree


def scenario(point):
    """The text of a driven network's scenario, or None: it is CUBA."""
    if point.model == "lif_exp":
        return None
    recurrent = [RECURRENT.format(degree=point.degree // point.delays, delay="%.9g" % (point.delay + STEP_MS * k))
                 for k in range(point.delays)]
    return DRIVEN.format(neurons=point.neurons, rate="%.9g" % point.rate, recurrent="\n".join(recurrent))


def overrides(point):
    if point.model != "lif_exp":
        return []
    return ["record.spikes=none", *("projections[%d].delay=%.9g ms" % (k, point.delay) for k in range(2))]


def ns_per_event(rounds):
    """From the best of the runs of each duration: the difference of two runs may fall on either side."""
    cpu = min(r["cpu_long"] for r in rounds) - min(r["cpu_short"] for r in rounds)
    return 1e9 * cpu / rounds[0]["events"]


def bare_ns(rounds):
    return min(r["bare_ns"] for r in rounds)
