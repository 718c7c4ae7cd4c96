"""Interleaved rounds: every network in Spikem and its peer for T and 2 T, with the bare loop in between.

The user CPU time of the simulation alone is the difference of the two durations; that of set-up (start of the
program, building the network, end) is that of a run of 1 ms. Both sides are taken in the same way, on one thread.
"""
import math
import os
import tempfile
import time

from programs import ROOT, run_bare, run_brian, run_spikem, say

EMPTY_S = 0.001
MAX_TRIES, MAX_STEP = 12, 8  # in the search for T


def figures(runs):
    """What runs of 1 ms, T and 2 T say, per biological second where it applies."""
    empty, short, long, seconds = (runs[key] for key in ("empty", "short", "long", "seconds"))
    cpu = max(long["cpu"] - short["cpu"], 1e-9)
    build_cpu = max(empty["cpu"] + empty["system"], 1e-9)
    events = long["synaptic_events"] - short["synaptic_events"]
    figure = {
        "cpu_per_s": cpu / seconds,
        "rate_hz": (long["spikes"] - short["spikes"]) / seconds / long["neurons"],
        "events_per_s": events / cpu,
        "ns_per_event": 1e9 * cpu / max(events, 1),
        "plastic_per_s": (long["plastic_events"] - short["plastic_events"]) / cpu,
        "synapses": long["synapses"],
        "build_per_s": long["synapses"] / build_cpu,
        "memory_mb": long["memory"],
    }
    if "network_bytes" in long:
        figure["bytes_per_synapse"] = long["network_bytes"] / max(long["synapses"], 1)
        figure["build_wall_per_s"] = long["synapses"] / max(long["build_s"], 1e-9)
    return figure


def best_runs(rounds):
    """The best run of each duration. (The best of differences would be that of a bad short run.)"""
    best = {key: min((r[key] for r in rounds), key=lambda run: run["cpu"]) for key in ("empty", "short", "long")}
    return {**best, "seconds": rounds[0]["seconds"]}


class Side:
    """One network in one simulator: its runner, its T, its run of 1 ms."""

    def __init__(self, runner, net, least_cpu):
        """Find T: the network's own, or longer until T takes least_cpu seconds; of whole presentations."""
        self.run, self.seconds = runner, net.seconds
        self.empty = runner(EMPTY_S)
        for _ in range(MAX_TRIES):
            cpu = runner(self.seconds)["cpu"] - self.empty["cpu"]
            if cpu >= least_cpu:
                break
            self.seconds *= min(max(1.2 * least_cpu / max(cpu, 1e-3), 1.2), MAX_STEP)
            if net.images:
                self.seconds = net.images.unit * math.ceil(self.seconds / net.images.unit)


def make_sides(names, networks, args, programs, folder):
    """sides[network][simulator]; this is the untimed first round, which also warms up files and caches."""
    sides = {}
    for name in names:
        net = networks[name]
        runners = {
            "spikem": lambda s, net=net: run_spikem(programs["spikem"], os.path.join(ROOT, net.scenario), net.sets, s,
                                                    folder, net.images),
            "brian": lambda s, net=net: run_brian(net, s)}
        wanted = [k for k in programs["sides"] if k == "spikem" or net.peer]
        sides[name] = {k: Side(runners[k], net, args.least_cpu) for k in wanted}
        say("T of %-9s %s" % (name, ", ".join("%s %.3g s" % (k, s.seconds) for k, s in sides[name].items())))
    return sides


def measure(names, networks, args, programs):
    """All rounds: results[network][simulator] = list of runs, loops[network] = list of the bare loop's."""
    started = time.time()
    with tempfile.TemporaryDirectory(prefix="spikem-bench-") as folder:
        sides = make_sides(names, networks, args, programs, folder)
        results = {name: {k: [] for k in sides[name]} for name in names}
        loops = {name: [] for name in names}
        for k in range(args.pairs):
            for name in names:
                by_side = list(sides[name].items())[::1 if k % 2 == 0 else -1]
                empty = {s: side.run(EMPTY_S) if s == "spikem" else side.empty for s, side in by_side}
                short = {s: side.run(side.seconds) for s, side in by_side}
                loops[name].append(run_bare(programs["bare"], args.loop_millions))
                long = {s: side.run(2 * side.seconds) for s, side in by_side[::-1]}
                for s, side in by_side:
                    results[name][s].append({"empty": empty[s], "short": short[s], "long": long[s],
                                             "seconds": side.seconds})
                say("round %d of %d, %-9s %s  (%.0f s)" % (
                    k + 1, args.pairs, name, ", ".join(
                        "%s %.3g s/s" % (s, figures(rounds[-1])["cpu_per_s"]) for s, rounds in results[name].items()),
                    time.time() - started))
    return results, loops
