"""What the rounds say: the tables of the benchmark, and whether the figures reach what they should."""
import json
import os
import statistics

from networks import REFERENCE_LOOP_NS
from programs import ROOT
from rounds import best_runs, figures

LEAST_ROUNDS = 5


# ---- Figures ---------------------------------------------------------------------------------------

def summary(rounds):
    """Every figure of the rounds, their median, and the figure of the best runs."""
    each = [figures(r) for r in rounds]
    best = figures(best_runs(rounds)) if rounds else {}
    return {key: {"median": statistics.median(f[key] for f in each), "best": best[key], "all": [f[key] for f in each]}
            for key in best}


def loop_summary(loops):
    """The bare loop with 4-byte targets, in the same form."""
    return {"ns_per_event": {"all": [r["shared"]["median"] for r in loops],
                             "best": min(r["shared"]["best"] for r in loops)}}


def ratio(key, above, below):
    """Ratios of a figure in the same rounds, and that of the two best."""
    pairs = [x / y for x, y in zip(above[key]["all"], below[key]["all"])]
    return {"median": statistics.median(pairs), "best": above[key]["best"] / below[key]["best"], "all": pairs}


def judge(value, at_least=None, at_most=None):
    """A verdict needs enough rounds, and median and best runs to agree."""
    if len(value["all"]) < LEAST_ROUNDS:
        return "no verdict (%d rounds)" % len(value["all"])
    reached = [value[k] >= at_least if at_least is not None else value[k] <= at_most for k in ("median", "best")]
    return "met" if all(reached) else "no verdict (spread)" if any(reached) else "missed"


def measure_bound(bound, own, results, loops):
    """The value that a bound speaks of, or None where what it compares with was not run."""
    if bound.than is None:
        return {k: v * bound.scale if k != "all" else v for k, v in own[bound.key].items()}
    if bound.than == "bare loop":
        return ratio(bound.key, own, loop_summary(loops))
    other = results.get(bound.than, {}).get("spikem")
    return ratio(bound.key, own, summary(other)) if other else None


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
        speed = ratio("cpu_per_s", peer, own) if own and peer else None
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
        own = summary(by_side.get("spikem", []))
        for bound in networks[name].bounds if own else ():
            value = measure_bound(bound, own, results, loops[name])
            limit = "at least %g" % bound.at_least if bound.at_least is not None else "at most %g" % bound.at_most
            rows.append([
                bound.what, name + (" / %s" % bound.than if bound.than else ""),
                "%s (%s)" % (number(value["median"]), number(value["best"])) if value else "–", limit,
                judge(value, bound.at_least, bound.at_most) if value else "no verdict (%s not run)" % bound.than])
    return header, rows


def peer_scale(networks, results):
    """How fast Brian2 is here: its best over its best on the reference machine, of each network."""
    found = [(name, summary(by_side["brian"])["cpu_per_s"]["best"] / networks[name].there["Brian2"])
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
        over = ratio("ns_per_event", own, loop_summary(loops[name]))
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


def show(networks, results, loops, about):
    """Print the tables, and write them to results/bench.md, all figures to results/bench.json."""
    every = [r for rounds in loops.values() for r in rounds]
    machine = min(r["weighted"]["best"] for r in every) / REFERENCE_LOOP_NS
    for layout, words in (("shared", "4-byte targets"), ("weighted", "8-byte synapses")):
        about["bare loop, " + words] = "%.2f ns (best %.2f)" % (
            statistics.median(r[layout]["median"] for r in every), min(r[layout]["best"] for r in every))
    about["goals"] = ("stated for the reference machine (there), scaled here by the bare loop with 8-byte synapses, "
                      "which takes at best %.2f times its %.1f ns" % (machine, REFERENCE_LOOP_NS))
    about["Brian2 here over the reference machine, best of each"] = peer_scale(networks, results) or "not run"
    about["figures"] = "user CPU time; medians of the rounds, in brackets those of the best runs"
    about["verdicts"] = "from %d rounds on; where the median and the best runs differ (spread) there is none" % (
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
    data = {"about": about, "bare_loop_ns": loops, "machine": machine,
            "networks": {name: {side: {"figures": summary(r), "rounds": r} for side, r in by_side.items() if r}
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
