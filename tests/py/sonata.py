#!/usr/bin/python3
"""SONATA conformance of a result file: sections 'Common conventions' and 'Spike file' of its developer guide.

How the tests in this folder are called: `make test` runs each as a program of its own, with SPIKEM = path of
the program under test (the compiled tests lie beside it in tests/) and SPK_TEST_DIR = an empty folder for its
files. It prints TAP and ends with 0 when all passed. Only Debian's packages are used.
"""
import os
import subprocess
import sys

import h5py
import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
from tap import finish, prepare, test

SCRATCH = os.environ["SPK_TEST_DIR"]
WRITER = os.path.join(os.path.dirname(os.environ["SPIKEM"]), "tests", "unit", "file")


def h5(name):
    return h5py.File(os.path.join(SCRATCH, name), "r")


def check_stored(dataset, file_type):
    """The type in the file itself, which h5py's dtype may hide."""
    assert dataset.id.get_type().equal(file_type), dataset.name


def check_text_attr(obj, name, value):
    attr = h5py.h5a.open(obj.id, name.encode())
    kind = attr.get_type()
    assert isinstance(kind, h5py.h5t.TypeStringID) and kind.is_variable_str(), (obj.name, name)
    assert kind.get_cset() == h5py.h5t.CSET_UTF8, (obj.name, name)
    assert attr.get_space().get_simple_extent_type() == h5py.h5s.SCALAR
    assert obj.attrs[name] == value, (obj.name, obj.attrs[name])


@test
def root_says_what_the_file_is():
    with h5("sonata.h5") as f:
        magic = h5py.h5a.open(f.id, b"magic")
        assert magic.get_type().equal(h5py.h5t.STD_U32LE) and magic.shape == ()
        assert f.attrs["magic"] == 0x0A7A
        version = h5py.h5a.open(f.id, b"version")
        assert version.get_type().equal(h5py.h5t.STD_U32LE) and version.shape == (2,)
        assert list(f.attrs["version"]) == [0, 1]
        assert f.attrs["complete"] == 1


@test
def spikes_hold_populations_only():
    with h5("sonata.h5") as f:
        assert set(f["spikes"]) == {"exc", "inh", "silent"}
        for name in f["spikes"]:
            assert isinstance(f["spikes"][name], h5py.Group)
            assert set(f["spikes"][name]) == {"timestamps", "node_ids"}


@test
def columns_have_the_types_and_units():
    with h5("sonata.h5") as f:
        for group in f["spikes"].values():
            check_stored(group["timestamps"], h5py.h5t.IEEE_F64LE)
            check_stored(group["node_ids"], h5py.h5t.STD_U64LE)
            check_text_attr(group["timestamps"], "units", "ms")
            assert group["timestamps"].ndim == 1 and group["timestamps"].shape == group["node_ids"].shape


@test
def sorting_is_the_enum_and_true():
    with h5("sonata.h5") as f:
        for group in f["spikes"].values():
            attr = h5py.h5a.open(group.id, b"sorting")
            kind = attr.get_type()
            assert isinstance(kind, h5py.h5t.TypeEnumID), "a string or a number"
            assert kind.get_super().equal(h5py.h5t.STD_U8LE)
            members = {kind.get_member_name(k): kind.get_member_value(k) for k in range(kind.get_nmembers())}
            assert members == {b"none": 0, b"by_id": 1, b"by_time": 2}, members
            assert attr.get_space().get_simple_extent_type() == h5py.h5s.SCALAR
            assert group.attrs["sorting"] == 2
    with h5("sonata.h5") as f:
        times = f["spikes/inh/timestamps"][:]
        assert len(times) == 500 and (np.diff(times) >= 0).all()


@test
def values_are_those_written():
    with h5("sonata.h5") as f:
        k = np.arange(1000)
        assert (f["spikes/exc/timestamps"][:] == 0.1 * (k // 2) + 1e-7 * (k % 1013)).all()
        assert (f["spikes/inh/timestamps"][:] == k[::2]).all()
        assert (f["spikes/inh/node_ids"][:] == k[::2] % 5).all()
        assert f["spikes/silent/timestamps"].shape == (0,)
        assert (f["state/exc/V_m"][:] == np.arange(100) * np.float32(-0.25)).all()
        assert f["weights/exc_inh/snapshots/000000"].attrs["time"] == 0
        assert f["scenario/source"][()] == b"spikem: 1\n"


@test
def other_data_say_their_units():
    with h5("sonata.h5") as f:
        check_text_attr(f["state/exc/V_m"], "units", "mV")
        check_text_attr(f["state/exc/V_m"], "description", "membrane potential")
        check_text_attr(f["weights/exc_inh/snapshots/000000"], "units", "mV")


@test
def an_unfinished_file_opens_and_says_so():
    with h5("unfinished.h5") as f:
        n = min(len(f["spikes/exc/timestamps"]), len(f["spikes/exc/node_ids"]))
        k = np.arange(n)
        assert f.attrs["complete"] == 0 and n == 320, n  # 10 chunks of 32; 13 more spikes in the tail
        assert (f["spikes/exc/timestamps"][:n] == 0.1 * (k // 2) + 1e-7 * (k % 1013)).all()


@test
def hdf5_tools_read_it():
    out = subprocess.run(["h5dump", "-A", os.path.join(SCRATCH, "sonata.h5")], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    assert 'ATTRIBUTE "sorting"' in out.stdout and "(0): by_time" in out.stdout


if __name__ == "__main__":
    sys.exit(finish() if prepare(WRITER, "--filter", "leaves_a_file") else 1)
