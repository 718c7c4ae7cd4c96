"""B2: the current-based network of Vogels and Abbott (2005), benchmark 2 of Brette et al. (2007)."""
import brian2 as b

NEURON = """
dv/dt = (-49*mV - v + ge + gi) / (20*ms) : volt (unless refractory)
dge/dt = -ge / (5*ms) : volt
dgi/dt = -gi / (10*ms) : volt
"""


def make(n_exc=3200, n_inh=800, probability=0.02):
    neurons = b.NeuronGroup(n_exc + n_inh, NEURON, threshold="v > -50*mV", reset="v = -60*mV",
                            refractory=5 * b.ms, method="exact")
    neurons.v = "-60*mV + rand() * 10*mV"
    exc = b.Synapses(neurons[:n_exc], neurons, on_pre="ge += 1.62*mV")
    exc.connect(p=probability)
    inh = b.Synapses(neurons[n_exc:], neurons, on_pre="gi -= 9*mV")
    inh.connect(p=probability)
    return b.Network(neurons, exc, inh, b.SpikeMonitor(neurons, record=False))
