"""B1: the sparse random network of Brunel (2000) in its asynchronous irregular state."""
import brian2 as b

J = 0.1 * b.mV
G = 5
P_CONNECT = 0.1
DELAY = 1.5 * b.ms
N_E, N_I = 10000, 2500
NEURON = "dv/dt = (drive - v) / (20*ms) : volt (unless refractory)"


def make_neurons(drive):
    """12,500 neurons, the excitatory ones first."""
    neurons = b.NeuronGroup(N_E + N_I, NEURON, threshold="v >= 20*mV", reset="v = 10*mV",
                            refractory=2 * b.ms, method="exact", namespace={"drive": drive})
    return neurons, neurons[:N_E], neurons[N_E:]


def make_static(source, target, weight):
    """Static synapses of one weight: a constant, so that none is stored per synapse."""
    synapses = b.Synapses(source, target, on_pre="v_post += weight", delay=DELAY,
                          namespace={"weight": weight})
    synapses.connect(p=P_CONNECT)
    return synapses


def make():
    neurons, exc, inh = make_neurons(0 * b.mV)
    background = b.PoissonInput(neurons, "v", N=1000, rate=20 * b.Hz, weight=J)
    spikes = b.SpikeMonitor(neurons, record=False)
    return b.Network(neurons, background, make_static(exc, neurons, J), make_static(inh, neurons, -G * J), spikes)
