"""B1dc: B1 with the mean of the Poisson input in its place, for the cost of delivery alone."""
import brian2 as b

from brunel import G, J, make_neurons, make_static


def make():
    neurons, exc, inh = make_neurons(40 * b.mV)
    neurons.v = "rand() * 20*mV"
    spikes = b.SpikeMonitor(neurons, record=False)
    return b.Network(neurons, make_static(exc, neurons, J), make_static(inh, neurons, -G * J), spikes)
