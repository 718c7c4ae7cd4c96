#!/usr/bin/python3
"""`spikem export` and `spikem compare`: read back by Debian's Neo and PyNN, exactly as h5py sees the original.

Hostile input too: files that h5py makes but no result file should hold are refused without a crash.
See sonata.py for how this is called.
"""
import os
import shutil
import subprocess
import sys
import warnings

import h5py
import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
from tap import finish, prepare, test

SPIKEM = os.environ["SPIKEM"]
SCRATCH = os.environ["SPK_TEST_DIR"]
WRITER = os.path.join(os.path.dirname(SPIKEM), "tests", "unit", "file")


def path(name):
    return os.path.join(SCRATCH, name)


def run(*args):
    done = subprocess.run([SPIKEM] + [str(a) for a in args], capture_output=True, text=True)
    assert done.returncode >= 0, "killed by signal %d: %s" % (-done.returncode, done.stderr)
    return done


def spikes(population, name="sonata.h5"):
    with h5py.File(path(name), "r") as f:
        group = f["spikes"][population]
        return group["node_ids"][:], group["timestamps"][:]


def export(population, form, out):
    done = run("export", path("sonata.h5"), "--format", form, "-p", population, "-o", path(out))
    assert done.returncode == 0, done.stderr
    return path(out)


# ---- Export --------------------------------------------------------------------------------------------

@test
def neo_reads_gdf():
    import quantities as pq
    from neo.io.nestio import NestIO
    for population in "exc", "inh":  # inh: whole milliseconds, which must not turn into integers
        ids, times = spikes(population)
        name = export(population, "gdf", population + ".gdf")
        segment = NestIO(filenames=name).read_segment(gid_list=[], t_start=0 * pq.ms, t_stop=1e6 * pq.ms)
        assert len(segment.spiketrains) == len(np.unique(ids))
        n = 0
        for train in segment.spiketrains:
            wanted = np.sort(times[ids == train.annotations["id"]])
            assert train.units == pq.ms and (np.sort(train.magnitude) == wanted).all()
            n += len(wanted)
        assert n == len(times) > 0


@test
def pynn_reads_sonata_legacy():
    from pyNN.serialization.sonata import SonataIO
    ids, times = spikes("exc")
    name = export("exc", "sonata-legacy", "legacy.h5")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trains = SonataIO(os.path.dirname(name), spikes_file=os.path.basename(name)).read()[0].segments[0].spiketrains
    assert len(trains) == len(np.unique(ids))
    assert all((train.magnitude == times[ids == train.annotations["source_id"]]).all() for train in trains)
    assert sum(len(train) for train in trains) == len(times) == 1000
    with h5py.File(name, "r") as f:
        assert set(f["spikes"]) == {"gids", "timestamps"}


@test
def csv_holds_every_bit():
    done = run("export", path("sonata.h5"), "--format", "csv")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "population,neuron,time_ms"
    rows = [line.split(",") for line in lines[1:]]
    for population in "exc", "inh", "silent":
        ids, times = spikes(population)
        mine = [r for r in rows if r[0] == population]
        assert [int(r[1]) for r in mine] == list(ids) and [float(r[2]) for r in mine] == list(times)
        assert all("." in r[2] for r in mine)
    assert len(rows) == 1500


@test
def an_unfinished_file_is_exported_with_its_tail():
    done = run("export", path("unfinished.h5"), "-f", "csv", "-o", "-")
    assert done.returncode == 0 and "unfinished" in done.stderr
    times = [float(line.split(",")[2]) for line in done.stdout.splitlines()[1:]]
    k = np.arange(333)
    assert times == list(0.1 * (k // 2) + 1e-7 * (k % 1013))


@test
def an_empty_population_gives_an_empty_file():
    assert os.path.getsize(export("silent", "gdf", "silent.gdf")) == 0


@test
def wrong_use_of_export_ends_with_2():
    for args in ([], ["--format", "csv"], [path("sonata.h5")], [path("sonata.h5"), "-f", "mat"],
                 [path("sonata.h5"), "-f", "gdf"], [path("sonata.h5"), "-f", "csv", "-p", "nobody"],
                 [path("sonata.h5"), "-f", "sonata-legacy", "-p", "exc"]):
        done = run("export", *args)
        assert done.returncode == 2 and done.stderr and not done.stdout, (args, done)
    assert run("export", "--help").returncode == 0


@test
def a_failed_export_leaves_what_was_there():
    with open(path("kept.csv"), "w") as f:
        f.write("precious\n")
    with h5py.File(path("half.h5"), "w") as f:
        f["spikes/a/timestamps"] = [1.0]
        f["spikes/a/node_ids"] = np.array([0], dtype="u8")
        f["spikes/b/timestamps"] = [1.0]
    done = run("export", path("half.h5"), "-f", "csv", "-o", path("kept.csv"))
    assert done.returncode == 1 and "node_ids" in done.stderr, done
    assert open(path("kept.csv")).read() == "precious\n"
    assert not [name for name in os.listdir(SCRATCH) if ".new" in name]
    if os.path.exists("/dev/full"):
        with open("/dev/full", "w") as full:
            done = subprocess.run([SPIKEM, "export", path("sonata.h5"), "-f", "csv"], stdout=full,
                                  stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and "No space" in done.stderr, done


# ---- Compare -------------------------------------------------------------------------------------------

def compare(change):
    """Copy the file, change the copy, compare."""
    shutil.copy(path("sonata.h5"), path("changed.h5"))
    with h5py.File(path("changed.h5"), "r+") as f:
        change(f)
    return run("compare", path("sonata.h5"), path("changed.h5"))


@test
def a_copy_is_equal():
    done = compare(lambda f: None)
    assert done.returncode == 0 and done.stdout == "equal\n", done


@test
def provenance_is_ignored():
    def change(f):
        f.create_group("provenance").attrs["version"] = "other"
    assert compare(change).returncode == 0


@test
def the_earliest_spike_is_told():
    def change(f):
        f["spikes/inh/timestamps"][300] += 0.25
        f["spikes/exc/node_ids"][100] = 96
        f["state/exc/V_m"][0] = 1
    done = compare(change)
    assert done.returncode == 1 and done.stdout.startswith("/spikes/exc, row 100: A: neuron "), done
    assert "B: neuron 96 at %.17g ms" % spikes("exc")[1][100] in done.stdout, done


@test
def a_missing_spike_is_told():
    def change(f):
        f["spikes/inh/timestamps"].resize((499,))
        f["spikes/inh/node_ids"].resize((499,))
    done = compare(change)
    assert done.returncode == 1 and "row 499: A: neuron 3 at 998 ms, B: ends after 499 spikes" in done.stdout, done


@test
def other_differences_are_told():
    def weight(f):
        f["weights/exc_inh/snapshots/000000"][2] = 0.5

    def attr(f):
        f["weights/exc_inh/snapshots/000000"].attrs["time"] = 7.0

    def text(f):
        del f["scenario/source"]
        f["scenario/source"] = "spikem: 2\n"

    def column(f):
        del f["state/exc/change"]

    def population(f):
        del f["spikes/silent"]
    for change, wanted in ((weight, "snapshots/000000[2]: A: 0.33333333333333331, B: 0.5"),
                           (attr, "attribute time: A: 0, B: 7"),
                           (text, "/scenario/source, line 1: A: spikem: 1, B: spikem: 2"),
                           (column, "/state/exc: only A has the member change"),
                           (population, "/spikes: only A has the population silent")):
        done = compare(change)
        assert done.returncode == 1 and wanted in done.stdout, (wanted, done)


@test
def wrong_use_of_compare_ends_with_2():
    assert run("compare", path("sonata.h5")).returncode == 2
    done = run("compare", path("sonata.h5"), path("missing.h5"))
    assert done.returncode == 2 and "missing.h5" in done.stderr
    assert run("compare", "--help").returncode == 0
    quiet = run("compare", "-q", path("sonata.h5"), path("unfinished.h5"))
    assert quiet.returncode == 1 and not quiet.stdout


# ---- Hostile files -------------------------------------------------------------------------------------

def hostile(name, make):
    with h5py.File(path(name), "w") as f:
        group = f.create_group("spikes/a")
        group["node_ids"] = np.zeros(4, dtype="u8")
        make(group)
    for done in (run("export", path(name), "-f", "csv"), run("compare", path(name), path(name))):
        assert done.returncode in (1, 2) and "error" in done.stderr, (name, done)
        assert len(done.stdout) < 100


@test
def hostile_files_are_refused():
    def promise(group):  # more rows than any disk holds, no chunk of them there
        group.create_dataset("timestamps", shape=(2**60,), maxshape=(None,), chunks=(1024,), dtype="f8")
        del group["node_ids"]
        group.create_dataset("node_ids", shape=(2**60,), maxshape=(None,), chunks=(1024,), dtype="u8")

    def promise_in_one_piece(group):  # the same without chunks: no place given
        group.create_dataset("timestamps", shape=(2**58,), dtype="f8")
        del group["node_ids"]
        group.create_dataset("node_ids", shape=(2**58,), dtype="u8")

    def huge_chunk(group):
        group.create_dataset("timestamps", shape=(4,), maxshape=(None,), chunks=(2**28,), dtype="f8",
                             compression="gzip")

    def strings(group):
        group["timestamps"] = ["a", "b", "c", "d"]

    def square(group):
        group["timestamps"] = np.zeros((0, 4))

    def missing(group):
        group["times"] = np.zeros(4)

    def is_group(group):
        group.create_group("timestamps")

    def elsewhere(group):
        with h5py.File(path("other.h5"), "w") as f:
            f["x"] = np.zeros(4)
        group["timestamps"] = h5py.ExternalLink(path("other.h5"), "/x")

    def raw_elsewhere(group):
        group.create_dataset("timestamps", shape=(4,), dtype="f8", external=[("/etc/passwd", 0, 32)])

    def virtual(group):
        with h5py.File(path("other.h5"), "w") as f:
            f["x"] = np.zeros(4)
        layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
        layout[:] = h5py.VirtualSource(path("other.h5"), "x", shape=(4,))
        group.create_virtual_dataset("timestamps", layout)

    def loop(group):
        group["timestamps"] = h5py.SoftLink("/spikes/a/timestamps")
    for make in (promise, promise_in_one_piece, huge_chunk, strings, missing, is_group, elsewhere, raw_elsewhere, virtual, loop):
        hostile(make.__name__ + ".h5", make)
    with h5py.File(path("square.h5"), "w") as f:
        square(f.create_group("spikes/a"))
    assert run("export", path("square.h5"), "-f", "csv").returncode == 1


@test
def hostile_tails_are_refused():
    """A tail whose head promises anything: the rows in the data sets stay readable, nothing else is believed."""
    for words in ([9, 0, 2**63, 0], [9, 2**63, 5, 0], [2**64 - 1, 2**64 - 1, 2**64 - 1, 0], [9, 320, 13, 1]):
        shutil.copy(path("unfinished.h5"), path("tail.h5"))
        with h5py.File(path("tail.h5"), "r+") as f:
            for slot in range(2):
                f["unfinished/spikes/exc/tail0"][slot, :32] = np.frombuffer(np.array(words, dtype="u8").tobytes(), "u1")
        done = run("export", path("tail.h5"), "-f", "csv")
        assert done.returncode == 0 and len(done.stdout.splitlines()) == 321, done.stderr
    for names in "timestamps", "", "timestamps/node_ids/node_ids", "x", "/" * 1000:
        shutil.copy(path("unfinished.h5"), path("tail.h5"))
        with h5py.File(path("tail.h5"), "r+") as f:
            f["unfinished/spikes/exc/tail0"].attrs["columns"] = names
        assert run("export", path("tail.h5"), "-f", "csv").returncode in (0, 1)


@test
def cut_and_flipped_files_do_not_crash():
    with open(path("unfinished.h5"), "rb") as f:
        good = f.read()
    rng = np.random.default_rng(1)
    for k in range(60):
        bad = bytearray(good[:rng.integers(len(good))] if k % 3 == 0 else good)
        for at in rng.integers(min(len(bad), 4096), size=1 + k % 5) if bad else ():
            bad[at] = rng.integers(256)
        with open(path("bad.h5"), "wb") as f:
            f.write(bad)
        assert run("export", path("bad.h5"), "-f", "csv").returncode in (0, 1, 2)


if __name__ == "__main__":
    sys.exit(finish() if prepare(WRITER, "--filter", "leaves_a_file") else 1)
