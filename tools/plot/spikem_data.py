"""Reading a Spikem result file. Data sets of an unfinished file are cut to the rows that all columns hold."""
import os

import h5py
import numpy as np


def text_of(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


IN_BASE_UNITS = {"V": 1e3, "mV": 1.0, "uV": 1e-3, "s": 1e3, "ms": 1.0, "us": 1e-3}


def quantity(value):
    """A voltage in mV or a time in ms from text such as "20 ms"; None when it is not one plain quantity."""
    parts = str(value).split()
    try:
        number = float(parts[0])
    except (IndexError, ValueError):
        return None
    return number * IN_BASE_UNITS[parts[1]] if len(parts) == 2 and parts[1] in IN_BASE_UNITS else None


def listed(value):
    return value if isinstance(value, list) else [value]


class Results:
    """A result file, opened for reading."""

    def __init__(self, path):
        self.path = path
        self.file = h5py.File(path, "r")
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.title = text_of(self.file.attrs.get("title", ""))
        self.complete = bool(self.file.attrs.get("complete", 1))
        self._scenario = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    # ---- Structure ----

    def group(self, path):
        found = self.file.get(path)
        return found if isinstance(found, h5py.Group) else None

    def children(self, path):
        group = self.group(path)
        return sorted(name for name in group if isinstance(group[name], h5py.Group)) if group else []

    def columns(self, path, names):
        """Equally long columns of a stream, or None if one is missing."""
        group = self.group(path)
        if group is None or any(name not in group for name in names):
            return None
        n = min(len(group[name]) for name in names)
        return {name: group[name][:n] for name in names}

    def unit(self, path, default=""):
        found = self.file.get(path)
        return text_of(found.attrs.get("units", default)) if found is not None else default

    # ---- Spikes ----

    def populations(self):
        """Populations whose spikes were recorded, in the scenario's order as far as that is known."""
        order = list(self.scenario().get("populations") or {})
        return sorted(self.children("/spikes"), key=lambda n: (order.index(n) if n in order else len(order), n))

    def spikes(self, population):
        """Times (ms) and neuron numbers, in order of time."""
        data = self.columns("/spikes/" + population, ("timestamps", "node_ids"))
        if data is None:
            return np.empty(0), np.empty(0, dtype=np.int64)
        t, i = data["timestamps"], data["node_ids"].astype(np.int64)
        if len(t) > 1 and np.any(np.diff(t) < 0):
            order = np.argsort(t, kind="stable")
            t, i = t[order], i[order]
        return t, i

    def size(self, population):
        """Number of neurons; the highest neuron that fired when the file does not say it."""
        group = self.group("/spikes/" + population)
        if group is not None and "size" in group.attrs:
            return int(group.attrs["size"])
        ids = self.spikes(population)[1]
        return int(ids.max()) + 1 if len(ids) else 0

    # ---- Weights ----

    def snapshots(self, projection):
        """Times and data sets of the weight snapshots, in order of time."""
        group = self.group("/weights/%s/snapshots" % projection)
        if group is None:
            return []
        return sorted(((float(group[name].attrs.get("time", np.nan)), group[name]) for name in group),
                      key=lambda pair: pair[0])

    def synapses(self, projection):
        return self.columns("/weights/" + projection, ("source", "target", "delay"))

    def projection_entry(self, projection):
        """The projection as the scenario describes it, with one source and one target; {} if that is not known."""
        for entry in self.scenario().get("projections") or []:
            for source in listed(entry.get("from")):
                for target in listed(entry.get("to")):
                    if projection == "%s_%s" % (source, target) or projection == entry.get("name"):
                        return {**entry, "from": source, "to": target}
        return {}

    def ends_of(self, projection):
        """Names of the source and target population, or (None, None)."""
        attributes = self.file["/weights/" + projection].attrs
        if "from" in attributes and "to" in attributes:
            return text_of(attributes["from"]), text_of(attributes["to"])
        entry = self.projection_entry(projection)
        if entry:
            return entry["from"], entry["to"]
        names = self.populations()
        for a in names:
            for b in names:
                if projection == "%s_%s" % (a, b):
                    return a, b
        return None, None

    # ---- Scenario ----

    def scenario(self):
        """The scenario as used, as a tree; empty when it is not there or python3-yaml is missing."""
        if self._scenario is None:
            self._scenario = {}
            try:
                import yaml
                tree = yaml.safe_load(text_of(self.file["/scenario/used"][()]))
                self._scenario = tree if isinstance(tree, dict) else {}
            except (ImportError, KeyError, ValueError):
                pass
            except yaml.YAMLError:
                pass
        return self._scenario

    def parameter(self, population, name):
        """A neuron parameter in mV or ms, or None when it is not one plain quantity."""
        entry = (self.scenario().get("populations") or {}).get(population) or {}
        return quantity((entry.get("params") or {}).get(name))

    def span(self):
        """Start and end of the run in ms, or (None, None) when the scenario does not say them."""
        start, duration = quantity(self.scenario().get("start", "0 ms")), quantity(self.scenario().get("duration"))
        return (None, None) if start is None or duration is None else (start, start + duration)
