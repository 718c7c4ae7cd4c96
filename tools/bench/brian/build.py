#!/usr/bin/python3
"""Compile one benchmark network with Brian2's C++ standalone device: build.py NETWORK DIRECTORY

The program that results, DIRECTORY/main, takes the biological duration in seconds as its argument, so that
two durations of the same program give the cost of the simulation without that of the set-up. This is the only
change to what Brian2 generates. Its compiler options are Brian2's own (-O3 -ffast-math -march=native).
"""
import importlib
import os
import re
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore", category=FutureWarning)
import brian2 as b  # noqa: E402

NETWORKS = ("brunel", "brunel_dc", "cuba", "cuba_40k", "brunel_stdp")
MARK_S = 123.456  # a duration that stands nowhere else in the generated program


def build(network, directory):
    """Generate DIRECTORY/main.cpp and the rest, make the duration an argument, compile."""
    b.set_device("cpp_standalone", build_on_run=False, directory=directory)
    b.defaultclock.dt = 0.1 * b.ms
    b.seed(1)
    net = importlib.import_module(network).make()
    net.run(MARK_S * b.second)
    b.device.build(directory=directory, compile=False, run=False, clean=False)

    main = os.path.join(directory, "main.cpp")
    with open(main, encoding="utf-8") as file:
        text = file.read()
    text, n = re.subn(re.escape(repr(MARK_S)), "atof(argv[1])", text)
    if n != 1:
        raise SystemExit("main.cpp: the duration stands there %d times, expected once" % n)
    with open(main, "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run(["make", "-C", directory], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in NETWORKS:
        raise SystemExit("usage: build.py {%s} DIRECTORY" % "|".join(NETWORKS))
    build(sys.argv[1], os.path.abspath(sys.argv[2]))
