#!/usr/bin/python3
"""The JSON schema: up to date, itself valid, takes what the program takes, refuses what is broken."""
import glob
import json
import os
import re
import subprocess
import sys

import h5py
import jsonschema
import yaml

SPIKEM = os.environ.get("SPIKEM", "build/release/spikem")
SCHEMA = "tools/schema/scenario.schema.json"


class Yaml12(yaml.SafeLoader):
    """YAML 1.2, as editors read it: `on`, `off`, `yes`, `no` and `1:30` are texts."""


Yaml12.yaml_implicit_resolvers = {}
Yaml12.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), "tf")
Yaml12.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^[-+]?[0-9]+$"), "-+0123456789")
Yaml12.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?$"), "-+.0123456789")
Yaml12.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(~|null|)$"), ["~", "n", ""])

GOOD = "spikem: 1\nduration: 1 s\npopulations:\n  a: {size: 4, model: lif_delta, params: {tau_m: 20 ms}}\n"
STACK = ("spikem: 1\ndata: {d: {mixture: {items: 9, means: [[0, 1], [1, 0]], sd: 0.1}, splits: {t: 0-8}}}\nstack:\n"
         "  data: d\n  layers: [{name: x, unit: linear, corruption: 0.1}, {name: h, size: 3, unit: softplus}]\n"
         "  training: {split: t}\n  evaluate: {score: {split: t}, ascent: {split: t, steps: 3}, likelihood: {split: t, "
         "choose_on: t, samples: 3, widths: [0.1], samplers: [{name: a b, model: generate, rounds: 2}]}}\n")
PROJECTION = GOOD + "projections:\n  - {from: a, to: a, connect: %s, weight: 1 mV, delay: %s}\n"
BROKEN = [
    "spikem: 2\npopulations: {}\n",
    "spikem: 1\nduration: 1 s\n",
    GOOD.replace("duration: 1 s", "duration: 1"),
    GOOD.replace("duration: 1 s", "duration: 1 mV"),
    GOOD.replace("size: 4", "sise: 4"),
    GOOD.replace("size: 4", "size: -4"),
    GOOD.replace("lif_delta", "lif_delay"),
    GOOD.replace("model: lif_delta, ", ""),
    GOOD.replace("tau_m", "tau_n"),
    GOOD.replace("20 ms", "20 pF"),
    GOOD.replace("20 ms", "{uniform: [1 ms]}"),
    GOOD.replace("20 ms", "{normal: {mean: 1 ms}}"),
    GOOD + "unknown: 1\n",
    GOOD + "inputs: {i: {model: poisson, rate: 1 Hz, to: a, weight: 1 mV, currents: [1 pA]}}\n",
    GOOD + "inputs: {i: {model: step_current, to: a, times: [1 ms]}}\n",
    PROJECTION % ("all", "1 ms"),
    PROJECTION % ("{fixed_in_degree: 1, fixed_total: 1}", "1 ms"),
    PROJECTION % ("{autapses: true}", "1 ms"),
    PROJECTION % ("all_to_all", "1"),
    PROJECTION % ("all_to_all", "{axonal: 1 ms, dentritic: 1 ms}"),
    GOOD + "record: {state: {of: a}}\n",
    GOOD + "record: {state: [{of: a, every: 1 Hz}]}\n",
    STACK + "duration: 1 s\n",
    STACK + "populations: {}\n",
    STACK.replace("softplus", "softminus"),
    STACK.replace("size: 3", "size: 0"),
    STACK.replace("corruption: 0.1", "corruption: -1"),
    STACK.replace("{split: t}\n", "{}\n"),
    STACK.replace("widths: [0.1], ", ""),
    STACK.replace("model: generate", "model: ancestral"),
    STACK.replace("steps: 3}", "steps: 3, masks: [top]}"),
    STACK.replace("score: {split: t}", "inpainting: {split: t, masks: [topp]}"),
    STACK.replace("score: {split: t}", "inpainting: {split: t, masks: [top, top]}"),
    GOOD + "data: {d: {splits: {}}}\n",
    GOOD + "data: {d: {file: x.csv, shape: [1, 2], labels: 3}}\n",
    GOOD + "data: {d: {set: mnits}}\n",
    GOOD + "data: {d: {set: mnist, label: last}}\n",
    GOOD + "data: {d: {idx: {images: [a.gz]}}}\n",
    GOOD + "data: {d: {idx: {images: a, labels: b}, set: mnist}}\n",
    GOOD + "data: {d: {mixture: {items: 3, means: [0, 1], sd: 1}}}\n",
    GOOD + "data: {d: {hdf5: {file: a.h5}}}\n",
    GOOD + "data: {d: {hdf5: {file: a.h5, values: /x, labels: 3, label: last}}}\n",
    GOOD + "data: {d: {gaussian: {file: a.h5, values: /x}}}\n",
    GOOD + "data: {d: {gaussian: {file: a.h5, values: /x, items: 3, covariance: whole}}}\n",
    GOOD.replace("20 ms", "{file: a.h5}"),
    GOOD.replace("20 ms", "{file: a.h5, path: /x, snapshot: last}"),
    (PROJECTION % ("all_to_all", "1 ms")).replace("1 mV", "{path: /x}"),
    (PROJECTION % ("all_to_all", "1 ms")).replace("1 mV", "{file: a.h5, offset: 1 mV}"),
    STACK.replace("model: generate, rounds: 2", "model: items"),
    STACK.replace("model: generate, rounds: 2", "model: generate, data: d"),
    GOOD + "data: {d: {mixture: {items: 0, means: [[0, 1]], sd: 1}}}\n",
]

count = failures = 0


def ok(what, passed, note=""):
    global count, failures
    count += 1
    failures += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {what}")
    if not passed and note:
        print("# " + str(note).replace("\n", "\n# "))


def check(path):
    """Exit code of `spikem check`."""
    return subprocess.run([SPIKEM, "check", path], capture_output=True, text=True).returncode


def main():
    fresh = subprocess.run([SPIKEM, "schema"], capture_output=True, text=True, check=True).stdout
    with open(SCHEMA) as file:
        ok("the schema is up to date (make schema)", file.read() == fresh)
    schema = json.loads(fresh)
    jsonschema.Draft7Validator.check_schema(schema)
    ok("the schema is a draft-07 schema", schema["$schema"] == "http://json-schema.org/draft-07/schema#")
    validator = jsonschema.Draft7Validator(schema)

    scratch = os.path.join(os.environ.get("SPK_TEST_DIR", "/tmp"), "schema_under_test.yaml")
    paths = sorted(glob.glob("scenarios/*.yaml") + glob.glob("scenarios/spikes/*.yaml")) + ["tests/data/scenario/full.yaml"]
    ok("there are scenarios to check", len(paths) > 1)
    for path in paths:
        with open(path) as file:
            errors = list(validator.iter_errors(yaml.load(file, Yaml12)))
        ok(f"{path} fits the schema", not errors, errors and errors[0])
    folder = os.path.dirname(scratch)
    with h5py.File(os.path.join(folder, "arrays.h5"), "w") as file:
        file["x"] = [1.0, 2.0, 3.0, 4.0]
        file["rows"] = [[1.0, 2.0], [3.0, 5.0], [4.0, 3.0]]
        pairs = [(s, t) for s in range(4) for t in range(4)]
        for name, k in ("source", 0), ("target", 1):
            file["weights/a_a/" + name] = [pair[k] for pair in pairs]
        file["weights/a_a/delay"] = [1.0] * 16
        file["weights/a_a/snapshots/000000"] = [0.5] * 16
    good = [GOOD, STACK, GOOD.replace("20 ms", "{file: arrays.h5, path: /x, scale: 5, offset: 1 ms}"),
            (PROJECTION % ("all_to_all", "1 ms")).replace("1 mV", "{file: arrays.h5, snapshot: 0, scale: 2}"),
            GOOD + "data: {d: {hdf5: {file: arrays.h5, values: /rows, range: [0, 9], rows: 1-2}, splits: {t: 1}}}\n",
            GOOD + "data: {d: {gaussian: {file: arrays.h5, values: /rows, items: 7, spread: 4}}}\n",
            STACK.replace("model: generate, rounds: 2", "model: items, data: d"), STACK.replace("score: {split: t}", "inpainting: {split: t, masks: [left, right]}"), PROJECTION % ("all_to_all", "1 ms"), PROJECTION % ("{list: [[0, 1]]}", "{dendritic: 1 ms}"),
            PROJECTION % ("{fixed_probability: 0.1}", "{uniform: [1 ms, 2 ms]}"),
            GOOD + "data: {d: {mixture: {items: 3, means: [[0, 1], [1, 0]], sd: 0.1, weights: [1, 2]}}}\n"]
    for text, right in [(text, True) for text in good] + [(text, False) for text in BROKEN]:
        with open(scratch, "w") as file:
            file.write(text)
        errors = list(validator.iter_errors(yaml.load(text, Yaml12)))
        name = " ".join(text.split())[-60:]
        ok(f"schema {'takes' if right else 'refuses'} ...{name}", (not errors) == right, errors and errors[0])
        ok(f"program {'takes' if right else 'refuses'} ...{name}", check(scratch) == (0 if right else 2))
    print(f"1..{count}")
    return failures > 0


sys.exit(main())
