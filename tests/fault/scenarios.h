/** Small scenarios in which much happens: plasticity, a learning protocol, recordings; a stack. */
#ifndef SPIKEM_TESTS_SCENARIOS_H
#define SPIKEM_TESTS_SCENARIOS_H

#include "tests/test.h"

static const char scenario_network[] =
	"spikem: 1\nseed: 7\nduration: 30 ms\n"
	"populations:\n"
	"  noise: {size: 70, model: poisson, params: {rate: 100 Hz}}\n"
	"  list: {size: 2, model: spike_list, spikes: {times: [1 ms, 2 ms], ids: [0, 1]}}\n"
	"  fast: {size: 130, model: lif_delta, params: {V_th: 5 mV}}\n"
	"  exp: {size: 70, model: lif_exp, params: {V_th: 3 mV}}\n"
	"  slow: {size: 70, model: lif_delta, params: {V_th: 5 mV, tau_m: {uniform: [10 ms, 20 ms]}}}\n"
	"inputs:\n"
	"  up: {model: poisson, rate: 9 kHz, to: [fast, slow], weight: 0.1 mV, "
	"schedule: {times: [10 ms], rates: [8 kHz]}}\n"
	"  current: {model: poisson, rate: 3 kHz, to: exp, weight: 9 pA}\n"
	"  step: {model: step_current, to: slow, neurons: 3-9, times: [5 ms], currents: [50 pA]}\n"
	"projections:\n"
	"  - {from: noise, to: fast, connect: {fixed_in_degree: 5}, weight: 1 mV, "
	"delay: {uniform: [1 ms, 5 ms]}, plasticity: {rule: stdp_pair, bounds: [0 mV, 2 mV]}}\n"
	"  - {from: fast, to: exp, connect: {fixed_total: 300}, weight: {uniform: [0 pA, 60 pA]}, "
	"delay: 12 ms}\n"
	"  - {from: exp, to: slow, connect: {fixed_out_degree: 5}, weight: 0.5 mV, delay: 1.7 ms, "
	"probes: [{rule: eq1, params: {reading: x_dv, eta: 1e-3}}]}\n"
	"  - {from: list, to: exp, connect: {list: [[0, 1, 2 pA, 1 ms], [1, 69, 3 pA, 2 ms]]}}\n"
	"record:\n"
	"  spikes: [fast, exp, slow]\n"
	"  state: {of: slow, variables: [V_m, u], every: 1 ms}\n"
	"  weights: {of: noise_fast, every: 5 ms}\n";

/** Much to record for a second or so. */
static const char scenario_long[] =
	"spikem: 1\nseed: 7\nduration: 3 s\n"
	"populations:\n"
	"  noise: {size: 70, model: poisson, params: {rate: 100 Hz}}\n"
	"  fast: {size: 130, model: lif_delta, params: {V_th: 5 mV}}\n"
	"inputs:\n  up: {model: poisson, rate: 9 kHz, to: fast, weight: 0.1 mV}\n"
	"projections:\n"
	"  - {from: noise, to: fast, connect: {fixed_in_degree: 5}, weight: 1 mV, "
	"delay: {uniform: [1 ms, 5 ms]}, plasticity: {rule: stdp_pair, bounds: [0 mV, 2 mV]}}\n"
	"record:\n"
	"  spikes: [noise, fast]\n"
	"  state: {of: fast, variables: [V_m], every: 5 ms, neurons: 0-9}\n"
	"  weights: {of: noise_fast, every: 100 ms}\n";

/** Needs items.csv beside it. */
static const char scenario_protocol[] =
	"spikem: 1\nseed: 3\n"
	"data: {shapes: {file: items.csv, shape: [2, 8], range: [0, 10], labels: 3, "
	"splits: {train: 0-8, test: 9-11}}}\n"
	"populations:\n"
	"  pixels: {size: 16, model: poisson, params: {rate: 150 Hz}}\n"
	"  hidden: {size: 30, model: lif_exp, params: {V_th: 6 mV}}\n"
	"  out: {size: 3, model: lif_exp, params: {V_th: 6 mV}}\n"
	"projections:\n"
	"  - {from: pixels, to: hidden, connect: {fixed_in_degree: 9}, weight: 120 pA, delay: 1 ms, "
	"plasticity: {rule: stdp_pair, bounds: [0 pA, 200 pA]}}\n"
	"  - {from: pixels, to: out, connect: all_to_all, weight: {uniform: [0 pA, 90 pA]}, "
	"delay: {axonal: 1.5 ms}, plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: 0.01}}, "
	"probes: [{rule: eq1, name: p1, params: {reading: x_dv, eta: 0.01}}]}\n"
	"  - {from: hidden, to: out, connect: {fixed_in_degree: 10}, weight: -10 pA, "
	"delay: {axonal: 1 ms, dendritic: 1 ms}, plasticity: {rule: stdp_triplet, bounds: [-50 pA, 0 pA]}}\n"
	"objective: {model: softmax, of: out, projection: pixels_out, readout: u, scale: 2 mV}\n"
	"protocol:\n"
	"  data: shapes\n"
	"  phases:\n"
	"    - {name: free, duration: 25.3 ms, show: pixels, readout: true}\n"
	"    - {name: nudged, duration: 20 ms, show: pixels, nudge: 200 pA, paired: true, gate: open}\n"
	"    - {name: pause, duration: 7 ms}\n"
	"  stages:\n"
	"    - {name: learn, split: train, epochs: 2, order: shuffled}\n"
	"    - {name: test, split: test, learn: false}\n"
	"record: {spikes: [out], weights: {of: pixels_out, every: 100 ms}}\n";

/** Needs items.csv beside it. */
static const char scenario_stack[] =
	"spikem: 1\nseed: 5\n"
	"data: {shapes: {file: items.csv, shape: [2, 8], range: [0, 10], labels: 3, "
	"splits: {train: 0-8, test: 9-11}}}\n"
	"stack:\n"
	"  data: shapes\n"
	"  layers:\n"
	"    - {name: x, unit: sigmoid, corruption: 0.1}\n"
	"    - {name: h1, size: 6, unit: softplus, gain: 0.5}\n"
	"    - {name: h2, size: 3, unit: sigmoid}\n"
	"  objective: {prior: true}\n"
	"  training: {split: train, epochs: 3, minibatch: 4, encoder_step: 1e-3, decoder_step: 1e-2}\n"
	"  evaluate:\n"
	"    ascent: {split: test, steps: 3}\n"
	"    inpainting: {split: test, rounds: 2, masks: [left]}\n";

static inline void scenario_items(const char *path)
{
	FILE *const out = fopen(path, "w");

	CHECK(out != NULL);
	for (int item = 0; item < 12 && out; item++) {
		for (int k = 0; k < 16; k++)
			(void)fprintf(out, "%d,", k % 3 == item % 3 ? 3 + (k + item) % 7 : 1);
		(void)fprintf(out, "%d\n", item % 3);
	}
	CHECK(out && fclose(out) == 0);
}

#endif
