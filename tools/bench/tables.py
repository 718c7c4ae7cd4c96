"""What the rounds say: the tables of the benchmark, and whether the figures reach what they should."""
import json
import os
import statistics

from networks import REFERENCE_LOOP_NS
from programs import ROOT

SMALL_IS_GOOD = ("cpu_per_s", "ns_per_event", "memory_mb", "bytes_per_synapse")
LEAST_ROUNDS = 5


# ---- Figures ---------------------------------------------------------------------------------------

def best_of(key, values):
    return min(values) if key in SMALL_IS_GOOD else max(values)


def summary(rounds):
    """Median and best of every figure over the rounds."""
    result = {}
    for key in rounds[0] if rounds else ():
        values = [r[key] for r in rounds]
        result[key] = {"median": statistics.median(values), "best": best_of(key, values), "all": values}
    return result


def ratio(key, above, below):
    """Ratio of a figure in two lists of rounds: one of each round, and that of the two best."""
    pairs = [x[key] / y[key] for x, y in zip(above, below)]
    return {"median": statistics.median(pairs), "all": pairs,
            "best": best_of(key, [x[key] for x in above]) / best_of(key, [y[key] for y in below])}


def loop_rounds(loops, layout, which):
    return [{"ns_per_event": r[layout][which]} for r in loops]


def judge(value, at_least=None, at_most=None):
    """A verdict needs enough rounds, and median and best to agree."""
    if len(value["all"]) < LEAST_ROUNDS:
        return "no verdict (%d rounds)" % len(value["all"])
    reached = [value[k] >= at_least if at_least is not None else value[k] <= at_most for k in ("median", "best")]
    return "met" if all(reached) else "no verdict (spread)" if any(reached) else "missed"


def measure_bound(bound, own, results, loops):
    """The value that a bound speaks of, or None where what it compares with was not run."""
    if bound.than is None:
        found = summary(own)[bound.key]
        return {"median": found["median"] * bound.scale, "best": found["best"] * bound.scale, "all": found["all"]}
    if bound.than == "bare loop":
        value = ratio(bound.key, own, loop_rounds(loops, "shared", "median"))
        best = min(r[bound.key] for r in own) / min(r["shared"]["best"] for r in loops)
        return {**value, "best": best}
    other = results.get(bound.than, {}).get("spikem")
    return ratio(bound.key, own, other) if other else None


# ---- Rows ------------------------------------------------------------------------------------------

def number(value, form="%.3g"):
    if value is None:
        return "–"
    return "%.0f" % value if abs(value) >= 1000 else form % value


def pair(found, key, scale=1.0):
    """`median (best)` of a figure."""
    if key not in found:
        return "–"
    return "%s (%s)" % (number(found[key]["median"] * scale), number(found[key]["best"] * scale))


def target_rows(networks, results, machine):
    """Against the peers and the goals: one row a network that has either."""
    header = ["CPU s / bio s", "Spikem", "Brian2", "Brian2 / Spikem", "at least", "verdict", "goal there",
              "goal here", "Spikem / goal"]
    rows = []
    for name, by_side in results.items():
        net, own, peer = networks[name], summary(by_side.get("spikem", [])), summary(by_side.get("brian", []))
        if not net.peer and net.goal is None:
            continue
        speed = ratio("cpu_per_s", by_side["brian"], by_side["spikem"]) if own and peer else None
        goal = net.goal * machine if net.goal is not None else None
        over = own["cpu_per_s"]["best"] / goal if own and goal else None
        rows.append([
            name, pair(own, "cpu_per_s"), pair(peer, "cpu_per_s"),
            "%.2f (%.2f)" % (speed["median"], speed["best"]) if speed else "–", number(net.at_least),
            judge(speed, at_least=net.at_least) if speed and net.at_least else "–",
            number(net.goal), number(goal), number(over, "%.2f")])
    return header, rows


def bound_rows(networks, results, loops):
    """The other figures to reach: one row each."""
    header = ["figure", "network", "measured", "bound", "verdict"]
    rows = []
    for name, by_side in results.items():
        for bound in networks[name].bounds if by_side.get("spikem") else ():
            value = measure_bound(bound, by_side["spikem"], results, loops[name])
            limit = "at least %g" % bound.at_least if bound.at_least is not None else "at most %g" % bound.at_most
            rows.append([
                bound.what, name + (" / %s" % bound.than if bound.than else ""),
                "%s (%s)" % (number(value["median"]), number(value["best"])) if value else "–", limit,
                judge(value, bound.at_least, bound.at_most) if value else "no verdict (%s not run)" % bound.than])
    return header, rows


def peer_scale(networks, results):
    """How fast Brian2 is here: its best over its best on the reference machine, of each network."""
    found = [(name, min(r["cpu_per_s"] for r in by_side["brian"]) / networks[name].there["Brian2"])
             for name, by_side in results.items() if by_side.get("brian") and "Brian2" in networks[name].there]
    return ", ".join("%s %.2f" % pair for pair in found)


def detail_rows(networks, results, loops):
    """One row a network with everything that was measured."""
    header = ["network", "CPU s / bio s", "rate (Hz)", "M events / s", "ns / event", "ns over bare loop",
              "M plastic events / s", "bytes / synapse", "peak MB", "set-up, M synapses / CPU s",
              "network build, M synapses / s (wall clock)", "Brian2: rate, peak MB, set-up",
              "peers' best, reference machine"]
    rows = []
    for name, by_side in results.items():
        if not by_side.get("spikem"):
            continue
        own, peer = summary(by_side["spikem"]), summary(by_side.get("brian", []))
        over = ratio("ns_per_event", by_side["spikem"], loop_rounds(loops[name], "shared", "median"))
        plastic = own["plastic_per_s"]["median"]
        rows.append([
            "%s (%s)" % (name, networks[name].title), pair(own, "cpu_per_s"), number(own["rate_hz"]["median"]),
            number(own["events_per_s"]["median"] * 1e-6), pair(own, "ns_per_event"), number(over["median"], "%.2f"),
            number(plastic * 1e-6 if plastic else None), number(own["bytes_per_synapse"]["median"], "%.2f"),
            number(own["memory_mb"]["median"], "%.0f"), number(own["build_per_s"]["median"] * 1e-6),
            number(own["build_wall_per_s"]["median"] * 1e-6),
            "%s, %s, %s" % (number(peer["rate_hz"]["median"]), number(peer["memory_mb"]["median"], "%.0f"),
                            number(peer["build_per_s"]["median"] * 1e-6)) if peer else "–",
            ", ".join("%s %g" % item for item in networks[name].there.items()) or "–"])
    return header, rows


# ---- Forms -----------------------------------------------------------------------------------------

def markdown(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def plain(header, rows):
    """Columns that fit a terminal as well as they can: a row's cells under each other when they do not."""
    columns = [max(len(text) for text in column) for column in zip(header, *rows)]
    if sum(columns) + 2 * len(columns) <= 140:
        return "\n".join("  ".join(text.ljust(n) for text, n in zip(row, columns)).rstrip() for row in [header, *rows])
    width = max(len(text) for text in header)
    return "\n\n".join("\n".join([row[0]] + ["  %s  %s" % (h.ljust(width), text) for h, text in zip(header, row)
                                             if h != header[0] and text != "–"]) for row in rows)


def show(networks, results, loops, durations, about):
    """Print the tables, and write them to results/bench.md, all figures to results/bench.json."""
    every = [r for rounds in loops.values() for r in rounds]
    machine = min(r["weighted"]["best"] for r in every) / REFERENCE_LOOP_NS
    for layout, words in (("shared", "4-byte targets"), ("weighted", "8-byte synapses")):
        about["bare loop, " + words] = "%.2f ns (best %.2f)" % (
            statistics.median(r[layout]["median"] for r in every), min(r[layout]["best"] for r in every))
    about["goals"] = ("stated for the reference machine (there), scaled here by the bare loop with 8-byte synapses, "
                      "which takes at best %.2f times its %.1f ns" % (machine, REFERENCE_LOOP_NS))
    about["Brian2 here over the reference machine, best of each"] = peer_scale(networks, results) or "not run"
    about["figures"] = "user CPU time; medians of the rounds, in brackets the best or the ratio of the two best"
    about["verdicts"] = "from %d rounds on; where median and best fall on different sides (spread) there is none" % (
        LEAST_ROUNDS)
    parts = [("Against Brian2 and the goals", target_rows(networks, results, machine)),
             ("Other figures to reach", bound_rows(networks, results, loops)),
             ("Everything measured", detail_rows(networks, results, loops))]
    parts = [(title, *table) for title, table in parts if table[1]]
    for title, header, rows in parts:
        print("\n%s\n\n%s" % (title, plain(header, rows)))
    print("\n" + "\n".join("%s: %s" % item for item in about.items()))
    folder = os.path.join(ROOT, "results")
    os.makedirs(folder, exist_ok=True)
    data = {"about": about, "bare_loop_ns": loops, "durations_s": durations, "machine": machine,
            "networks": {name: {side: summary(r) for side, r in by_side.items() if r}
                         for name, by_side in results.items()},
            "tables": {title: [dict(zip(header, row)) for row in rows] for title, header, rows in parts}}
    with open(os.path.join(folder, "bench.json"), "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1, ensure_ascii=False)
        file.write("\n")
    with open(os.path.join(folder, "bench.md"), "w", encoding="utf-8") as file:
        for title, header, rows in parts:
            file.write("**%s**\n\n%s\n" % (title, markdown(header, rows)))
        file.write("".join("- %s: %s\n" % item for item in about.items()))
    print("written: results/bench.json, results/bench.md")
