"""The networks of the benchmark, and the figures that each has to reach."""
from types import SimpleNamespace


def bound(what, key, than=None, at_most=None, at_least=None, scale=1):
    """A bound on a figure `key` of a network, or on its ratio to that of the network or loop `than`.

    what: words for the table; than: a network of the same rounds, or "bare loop"; scale: of the figure in the table.
    """
    return SimpleNamespace(what=what, key=key, than=than, at_most=at_most, at_least=at_least, scale=scale)


def event_cost(than, at_most):
    return bound("time per synaptic event", "ns_per_event", than, at_most)


def network(title, scenario, seconds, **more):
    """One network.

    seconds: the shortest T that is a fair sample of its activity; sets: overrides; bounds: see above;
    at_least: times the peer's speed; goal: user CPU s per biological s on the reference machine; there: the best
    figures of peers on it. peer: a module of brian/; to count the peer's events from its spikes: its neurons, their
    mean out-degree, and where synapses are plastic the number of excitatory neurons and their plastic out-degree.
    images: where images give the duration: the key that says which are shown, seconds of one (unit).
    """
    given = dict(sets=(), bounds=(), at_least=None, goal=None, there={}, peer=None, neurons=0, out=0, exc=0,
                 plastic_out=0, images=None)
    return SimpleNamespace(title=title, scenario=scenario, seconds=seconds, **{**given, **more})


LEARNED_IMAGES = SimpleNamespace(key="data.digits.splits.some", unit=0.18)
WITHOUT_RULES = ["projections[0].plasticity=null", "projections[1].plasticity=null", "protocol.phases[1].gate=[]",
                 "protocol.phases[2].gate=[]"]

# Networks that are compared with each other stand together: their runs in a round are close in time.
NETWORKS = {
    "B1": network(
        "Brunel, Poisson input", "scenarios/brunel.yaml", 0.2, peer="brunel", neurons=12500, out=1250, at_least=2.5,
        goal=2.6, there={"Auryn": 7.2, "Brian2": 10.4, "GeNN": 15.9, "NEST": 67},
        bounds=[bound("network build, M synapses per CPU s, system time counted", "build_per_s", at_least=20,
                      scale=1e-6),
                bound("bytes per synapse, weight shared", "bytes_per_synapse", at_most=4.5)]),
    "B1dc": network(
        "Brunel, constant drive", "tools/bench/brunel_dc.yaml", 0.3, peer="brunel_dc", neurons=12500, out=1250,
        at_least=1.7, goal=1.5, there={"GeNN": 1.79, "Brian2": 3.2, "Auryn": 3.7, "NEST": 52},
        bounds=[event_cost("bare loop", 2)]),
    "eq1": network("B1dc, eq 1 (u_minus_ubar) at each spike on 10 M synapses", "tools/bench/brunel_eq1.yaml", 0.02,
                   bounds=[event_cost("B1dc", 1.5)]),
    "static": network("784-1000-784 as it learns, without the rules", "tools/bench/learning_eq1.yaml", 3.6,
                      sets=WITHOUT_RULES, images=LEARNED_IMAGES),
    "learning": network("784-1000-784, eq 1 (x_dubar) over gates, as in scenarios/spikes",
                        "tools/bench/learning_eq1.yaml", 3.6, bounds=[event_cost("static", 1.5)],
                        images=LEARNED_IMAGES),
    "exp": network("B1dc of lif_exp", "tools/bench/brunel_exp.yaml", 0.02, bounds=[event_cost("B1dc", 3)]),
    "alpha": network("B1dc of lif_alpha", "tools/bench/brunel_alpha.yaml", 0.005, bounds=[event_cost("B1dc", 3)]),
    "escape": network("B1dc of lif_escape", "tools/bench/brunel_escape.yaml", 0.02, bounds=[event_cost("B1dc", 3)]),
    "B2": network(
        "CUBA, 4,000 neurons", "scenarios/vogels_abbott_cuba.yaml", 4, peer="cuba", neurons=4000, out=80, at_least=6,
        goal=0.015, there={"Auryn": 0.062, "GeNN": 0.125, "Brian2": 0.15, "NEST": 2.19},
        bounds=[bound("CPU time, all spikes recorded", "cpu_per_s", "B2 silent", at_most=1.05)]),
    "B2 silent": network("B2, nothing recorded", "scenarios/vogels_abbott_cuba.yaml", 4,
                         sets=["record.spikes=none"]),
    "CUBA40": network(
        "CUBA, 40,000 neurons", "tools/bench/cuba_40k.yaml", 1, peer="cuba_40k", neurons=40000, out=80, at_least=6,
        goal=0.15, there={"Auryn": 0.74, "NEST": 63}),
    "B3": network(
        "Brunel, pair STDP", "scenarios/brunel_stdp.yaml", 0.1, peer="brunel_stdp", neurons=12500, out=1250,
        exc=10000, plastic_out=1000, at_least=6, goal=7, there={"Auryn": 21, "GeNN": 59, "Brian2": 75, "NEST": 286},
        bounds=[bound("bytes per synapse, 64 % plastic", "bytes_per_synapse", at_most=12)]),
    "B4": network("microcircuit, scale 0.1", "scenarios/microcircuit.yaml", 0.5, goal=0.5, there={"NEST": 14.7}),
    "quiet input": network("100,000 neurons at 0.1 Hz, rare input", "tools/bench/quiet_input.yaml", 10),
    "quiet": network("100,000 neurons at 0.1 Hz, a source each", "tools/bench/quiet.yaml", 10),
    "quiet 2N": network("200,000 at 0.05 Hz, as many events", "tools/bench/quiet.yaml", 10,
                        sets=["populations.sources.size=200000", "populations.cells.size=200000",
                              "populations.sources.params.rate=0.05 Hz"],
                        bounds=[bound("CPU time, as many events", "cpu_per_s", "quiet", at_most=1.2)]),
}

# What the bare loop took on the reference machine (Skylake-SP, 2.5 GHz), ns: 8-byte synapses, 12,500 neurons, in a
# quiet moment.
REFERENCE_LOOP_NS = 1.6
