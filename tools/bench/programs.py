"""Run the programs that the benchmark measures: Spikem, Brian2's programs, the bare delivery loop."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
from array import array

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(ROOT, "tools", "bench")
CACHE = os.path.join(ROOT, "build", "bench")


class Failed(Exception):
    """A program that is measured did not run."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_measured(argv, cwd):
    """Run a program; its output, and user CPU seconds, system CPU seconds and peak memory in MB."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            child = subprocess.Popen(argv, cwd=cwd, stdout=out, stderr=err)
        except OSError as why:
            raise Failed("%s: %s" % (argv[0], why.strerror)) from why
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status  # reaped here, not by Popen
        out.seek(0)
        err.seek(0)
        text, complaint = out.read().decode(), err.read().decode()
    if status != 0:
        raise Failed("%s ended with status %d\n%s" % (" ".join(argv), status, complaint.strip()))
    return text, dict(cpu=usage.ru_utime, system=usage.ru_stime, memory=usage.ru_maxrss / 1024)


# ---- Spikem ----------------------------------------------------------------------------------------

COUNTS = ("neurons", "synapses", "spikes", "synaptic_events", "plastic_events", "network_bytes", "build_s")
READ_COUNTS = """
import h5py, json, sys
attributes = h5py.File(sys.argv[1], "r")["provenance"].attrs
print(json.dumps({name: attributes[name].item() for name in sys.argv[2:] if name in attributes}))
"""


def read_counts(path):
    """The totals that a result file states.

    In a process of its own: a child's peak memory counts from that of the process that starts it, so this one
    stays small.
    """
    done = subprocess.run([sys.executable, "-c", READ_COUNTS, path, *COUNTS], check=True, capture_output=True)
    counts = json.loads(done.stdout)
    missing = [name for name in COUNTS if name not in counts]
    if missing:
        raise Failed("%s: /provenance lacks %s" % (path, ", ".join(missing)))
    return counts


def run_spikem(program, scenario, sets, seconds, folder, images=None):
    """One run of Spikem: its counts, CPU seconds and memory. images: see networks.network()."""
    output = os.path.join(folder, "out.h5")
    argv = [program, "run", scenario, "-o", output]
    length = "%s=0-%d" % (images.key, max(round(seconds / images.unit), 1) - 1) if images else "duration=%.9g s" % seconds
    for setting in [*sets, length]:
        argv += ["--set", setting]
    _, used = run_measured(argv, ROOT)
    return {**read_counts(output), **used}


# ---- Brian2 ----------------------------------------------------------------------------------------

def newer(target, sources):
    return os.path.exists(target) and all(os.path.getmtime(target) >= os.path.getmtime(s) for s in sources)


def build_brian(peers):
    """Compile the programs that are not there yet. Returns why there are none, or None."""
    try:
        subprocess.run([sys.executable, "-W", "ignore", "-c", "import brian2"], check=True, capture_output=True)
    except subprocess.CalledProcessError:
        return "Brian2 is missing (Debian: python3-brian); its columns stay empty"
    sources = glob.glob(os.path.join(HERE, "brian", "*.py"))
    for peer in peers:
        folder = os.path.join(CACHE, "brian", peer)
        if not newer(os.path.join(folder, "main"), sources):
            say("compiling Brian2's program for %s (once) ..." % peer)
            subprocess.run([sys.executable, "-W", "ignore", os.path.join(HERE, "brian", "build.py"), peer, folder],
                           check=True, stdout=subprocess.DEVNULL)
    return None


def run_brian(net, seconds):
    """One run of Brian2's program. Its events are its spikes times the mean out-degree."""
    folder = os.path.join(CACHE, "brian", net.peer)
    _, used = run_measured([os.path.join(folder, "main"), "%.9g" % seconds], folder)
    files = glob.glob(os.path.join(folder, "results", "_array_spikemonitor_count_*"))
    count = array("i")
    with open(files[0], "rb") as file:
        count.frombytes(file.read())
    return dict(neurons=net.neurons, synapses=net.neurons * net.out, spikes=sum(count),
                synaptic_events=sum(count) * net.out, plastic_events=sum(count[:net.exc]) * net.plastic_out, **used)


# ---- The bare loop ---------------------------------------------------------------------------------

def build_bare():
    program, source = os.path.join(CACHE, "delivery"), os.path.join(HERE, "delivery.c")
    if not newer(program, [source]):
        os.makedirs(CACHE, exist_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-O2", "-ffp-contract=off",
                        source, "-o", program], check=True)
    return program


def run_bare(program, *sizes):
    """The bare loop of `sizes` (see delivery.c): best and median CPU ns per event, for both layouts."""
    text, _ = run_measured([program, *map(str, sizes)], ROOT)
    found = re.findall(r"^(\w+) best ([0-9.]+) median ([0-9.]+)", text, re.M)
    return {name: {"best": float(best), "median": float(median)} for name, best, median in found}


# ---- About the machine -----------------------------------------------------------------------------

def cpu_name():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.M)
    return "%s, %d cores" % (found.group(1) if found else "unknown processor", os.cpu_count())


def version_of(argv):
    try:
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split("\n")[0].strip()
    except (OSError, subprocess.CalledProcessError):
        return "not run"
