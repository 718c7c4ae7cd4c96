"""B2: the current-based network of Vogels and Abbott (2005), benchmark 2 of Brette et al. (2007)."""
import brian2 as b

N_E, N_I = 3200, 800
NEURON = """
dv/dt = (-49*mV - v + ge + gi) / (20*ms) : volt (unless refractory)
dge/dt = -ge / (5*ms) : volt
dgi/dt = -gi / (10*ms) : volt
"""


def make():
    neurons = b.NeuronGroup(N_E + N_I, NEURON, threshold="v > -50*mV", reset="v = -60*mV",
                            refractory=5 * b.ms, method="exact")
    neurons.v = "-60*mV + rand() * 10*mV"
    exc = b.Synapses(neurons[:N_E], neurons, on_pre="ge += 1.62*mV")
    exc.connect(p=0.02)
    inh = b.Synapses(neurons[N_E:], neurons, on_pre="gi -= 9*mV")
    inh.connect(p=0.02)
    return b.Network(neurons, exc, inh, b.SpikeMonitor(neurons, record=False))
