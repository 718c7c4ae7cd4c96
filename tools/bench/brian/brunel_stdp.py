"""B3: B1 with additive all-to-all pair STDP on the synapses between excitatory neurons; axonal delay."""
import brian2 as b

from brunel import DELAY, G, J, P_CONNECT, make_neurons, make_static

TRACES = """
w : volt
dpre/dt = -pre / (20*ms) : volt (event-driven)
dpost/dt = -post / (20*ms) : volt (event-driven)
"""
ON_PRE = """
v_post += w
pre += a_plus
w = clip(w - post, 0*mV, w_max)
"""
ON_POST = """
post += a_minus
w = clip(w + pre, 0*mV, w_max)
"""


def make():
    neurons, exc, inh = make_neurons(0 * b.mV)
    background = b.PoissonInput(neurons, "v", N=1000, rate=20 * b.Hz, weight=J)
    w_max = 0.2 * b.mV
    plastic = b.Synapses(exc, exc, TRACES, on_pre=ON_PRE, on_post=ON_POST, delay={"pre": DELAY},
                         namespace={"w_max": w_max, "a_plus": 1e-3 * w_max, "a_minus": 1.05e-3 * w_max})
    plastic.connect(p=P_CONNECT)
    plastic.w = J
    spikes = b.SpikeMonitor(neurons, record=False)
    return b.Network(neurons, background, plastic, make_static(exc, inh, J), make_static(inh, neurons, -G * J), spikes)
