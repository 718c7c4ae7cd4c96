/*
 * Checkpoints of spiking runs, changed as a script says. Byte 0: which network, and whether the checksum is
 * made right again after the change. With the old checksum a changed file is refused; with a right one it is
 * refused or taken in, and whatever it says no byte outside the state is touched.
 */
#include "sim/checkpoint.h"
#include "sim/checksum.h"
#include "sim/protocol.h"
#include "tests/fuzz/fuzz.h"

const unsigned long fuzz_cases = 1500;

/* Rows, drawn delays, dendritic delays with weights on their way, inputs in bulk and one by one, lists. */
static const char network[] =
	"spikem: 1\nseed: 7\nduration: 20 ms\n"
	"populations:\n"
	"  noise: {size: 9, model: poisson, params: {rate: 300 Hz}}\n"
	"  list: {size: 2, model: spike_list, spikes: {times: [1 ms, 8 ms], ids: [0, 1]}}\n"
	"  fast: {size: 12, model: lif_delta, params: {V_th: 5 mV}}\n"
	"  exp: {size: 8, model: lif_exp, params: {V_th: 3 mV}}\n"
	"  chance: {size: 8, model: lif_escape, params: {V_th: 5 mV}}\n"
	"  slow: {size: 7, model: lif_delta, params: {V_th: 5 mV, tau_m: {uniform: [10 ms, 20 ms]}}}\n"
	"inputs:\n"
	"  up: {model: poisson, rate: 9 kHz, to: [fast, chance], weight: 0.1 mV}\n"
	"  rare: {model: poisson, rate: 200 Hz, to: slow, weight: 3 mV, "
	"schedule: {times: [10 ms], rates: [100 Hz]}}\n"
	"  step: {model: step_current, to: slow, times: [2 ms, 12 ms], currents: [500 pA, 300 pA]}\n"
	"projections:\n"
	"  - {from: noise, to: fast, connect: {fixed_in_degree: 5}, weight: 1 mV, "
	"delay: {axonal: 0.7 ms, dendritic: 2.6 ms}, plasticity: {rule: stdp_pair, bounds: [0 mV, 2 mV]}}\n"
	"  - {from: fast, to: exp, connect: {fixed_total: 60}, weight: {uniform: [0 pA, 60 pA]}, "
	"delay: {uniform: [1 ms, 9 ms]}}\n"
	"  - {from: exp, to: slow, connect: {fixed_out_degree: 3}, weight: 0.5 mV, delay: 1.7 ms, "
	"plasticity: {rule: eq1, params: {reading: x_du, eta: 1e-3}, bounds: [0 mV, 2 mV]}}\n"
	"  - {from: slow, to: chance, connect: all_to_all, weight: 0.5 mV, delay: 3 ms, "
	"plasticity: {rule: stdp_triplet, bounds: [0 mV, 2 mV]}}\n"
	"  - {from: list, to: exp, connect: {list: [[0, 1, 2 pA, 1 ms], [1, 7, 3 pA, 9 ms]]}}\n";

static const char records[] =
	"record:\n"
	"  spikes: [fast, exp]\n"
	"  state: {of: slow, variables: [V_m, u], every: 1 ms}\n"
	"  rates: [{of: fast, width: 5 ms, every: 1 ms, per_neuron: true}, "
	"{of: exp, filter: exponential, width: 5 ms, every: 1 ms}]\n"
	"  weights: {of: noise_fast, every: 5 ms, synapses: [0, 5], trace_every: 2 ms}\n";

static const char learning[] =
	"spikem: 1\nseed: 3\n"
	"data: {bars: {file: bars.csv, shape: [2, 2], range: [0, 100], labels: 2, splits: {train: 0-3}}}\n"
	"populations:\n"
	"  pixels: {size: 4, model: poisson, params: {rate: 150 Hz}}\n"
	"  out: {size: 2, model: lif_exp, params: {V_th: 6 mV}}\n"
	"projections:\n"
	"  - {from: pixels, to: out, connect: all_to_all, weight: {uniform: [0 pA, 90 pA]}, "
	"delay: 1.5 ms, plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: 0.01}}}\n"
	"objective: {model: softmax, of: out, projection: pixels_out, readout: u, scale: 2 mV}\n"
	"protocol:\n"
	"  data: bars\n"
	"  phases:\n"
	"    - {name: free, duration: 5.3 ms, show: pixels, readout: true}\n"
	"    - {name: nudged, duration: 4 ms, show: pixels, nudge: 200 pA, gate: open}\n"
	"  stages: [{name: learn, split: train, epochs: 2, order: shuffled}]\n";
static const char bars[] = "0,90,0,90,0\n90,0,90,0,1\n10,80,5,70,0\n80,10,75,5,1\n";

enum { N_NETWORKS = 3, STOP_AT_BORDER = 11 };

/* What was saved of each network, once. */
struct saved {
	struct spk_scenario *scenario;
	char checkpoint[FUZZ_PATH], results[FUZZ_PATH], again[FUZZ_PATH];
	size_t size;
	uint8_t bytes[FUZZ_FILE];
};
static struct saved all_saved[N_NETWORKS];

static void read_scenario(size_t k, struct saved *s)
{
	static char text[sizeof network + sizeof records];
	struct spk_error err = {0};
	char *diagnostics = NULL, path[FUZZ_PATH];

	(void)snprintf(text, sizeof text, "%s%s", k == 2 ? learning : network,
		k == 1 ? records : "record: {spikes: none}\n");
	fuzz_write("bars.csv", bars, sizeof bars - 1, path);
	fuzz_write("net.yaml", text, strlen(text), path);
	const int rc = spk_scenario_load(path, 0, NULL, &s->scenario, &diagnostics, &err);
	if (rc)
		fprintf(stderr, "%s\n%s\n", err.text, diagnostics ? diagnostics : "");
	FUZZ_HOLDS(rc == SPK_OK);
	free(diagnostics);
}

static enum spk_checkpoint_wish stop(void *user)
{
	unsigned *border = user;

	return ++*border == STOP_AT_BORDER ? SPK_CHECKPOINT_STOP : SPK_CHECKPOINT_NONE;
}

/* The saved state of network k: of a run that was stopped. */
static struct saved *save_once(size_t k)
{
	struct saved *s = &all_saved[k];
	unsigned border = 0;
	struct spk_sim *sim = NULL;
	struct spk_error err = {0};

	if (s->scenario)
		return s;
	read_scenario(k, s);
	(void)snprintf(s->checkpoint, FUZZ_PATH, "%s/case%zu.checkpoint", fuzz_folder(), k);
	(void)snprintf(s->results, FUZZ_PATH, "%s/case%zu.h5", fuzz_folder(), k);
	(void)snprintf(s->again, FUZZ_PATH, "%s/again%zu.h5", fuzz_folder(), k);
	const struct spk_sim_options options = {.checkpoint = s->checkpoint,
		.output = k == 1 ? s->results : NULL,
		.wish = stop,
		.user = &border};
	FUZZ_HOLDS(spk_sim_create(s->scenario, &options, &sim, &err) == SPK_OK);
	FUZZ_HOLDS(spk_sim_run(sim, &err) == SPK_E_INTERRUPTED);
	spk_sim_free(sim);
	s->size = fuzz_read(s->checkpoint, s->bytes);
	return s;
}

/* A checkpoint of one frame: its checksum as sim/archive.c makes it. */
static void seal(uint8_t *file, size_t size)
{
	enum { MAGIC = 8, WORDS = 8, HEAD = 16 };
	const uint32_t n = (uint32_t)(size - MAGIC - HEAD), is_last = 1;

	memcpy(file + MAGIC, &n, sizeof n);
	memcpy(file + MAGIC + sizeof n, &is_last, sizeof is_last);
	uint64_t sum = spk_checksum(SPK_CHECKSUM_START, file + MAGIC, WORDS);
	sum = spk_checksum(sum, file + MAGIC + HEAD, n);
	memcpy(file + MAGIC + WORDS, &sum, sizeof sum);
}

/* Load the checkpoint into a fresh simulation, as a resumed run does. */
static int load(const struct saved *s, unsigned partitions, struct spk_error *err)
{
	const int records_something = s == &all_saved[1];
	const struct spk_sim_options options = {.partitions = partitions};
	struct spk_sim *sim = NULL;
	uint64_t *rows = NULL;
	int found = 0;

	FUZZ_HOLDS(spk_sim_create(s->scenario, &options, &sim, err) == SPK_OK);
	FUZZ_HOLDS(spk_recorder_open(&sim->recorder, &sim->engine.network,
			   records_something ? s->again : NULL, 0, err) == SPK_OK);
	if (sim->protocol)
		FUZZ_HOLDS(spk_protocol_open(sim->protocol, err) == SPK_OK);
	int rc = spk_checkpoint_load(sim, s->checkpoint, &found, &rows, err);
	FUZZ_HOLDS(rc ? !rows : found && rows);
	if (!rc && records_something) {
		FUZZ_HOLDS(spk_file_close(sim->recorder.file, 0, err) == SPK_OK);
		sim->recorder.file = NULL;
	}
	free(rows);
	spk_sim_free(sim);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t file[FUZZ_FILE];
	struct fuzz_bytes bytes = {data, size};
	const uint64_t what = fuzz_number(&bytes, 1);
	const struct saved *s = save_once(what % N_NETWORKS);
	const int is_sealed = what / N_NETWORKS % 2 != 0;
	struct spk_error err = {0};
	char path[FUZZ_PATH], name[32];
	size_t n = s->size;

	memcpy(file, s->bytes, n);
	fuzz_edit(&bytes, file, &n);
	if (is_sealed && n > 24)
		seal(file, n);
	const int same = n == s->size && memcmp(file, s->bytes, n) == 0;
	(void)snprintf(name, sizeof name, "%s", strrchr(s->checkpoint, '/') + 1);
	fuzz_write(name, file, n, path);
	const int rc = load(s, 1 + (unsigned)(what / 6 % 3), &err);
	if (rc)
		FUZZ_IS_ERROR(rc, err);
	FUZZ_HOLDS(same ? rc == SPK_OK
			: rc == SPK_E_FORMAT || (is_sealed && (rc == SPK_OK || rc == SPK_E_LIMIT)));
	return 0;
}
