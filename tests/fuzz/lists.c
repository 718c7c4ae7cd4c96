/*
 * Lists of spikes and of connections in files, CSV and HDF5: a scenario that names one is refused with a
 * reason, or has what it promises: spikes in order of sources that exist, connections between neurons that
 * exist. First byte: spikes or connections, CSV or HDF5.
 */
#include <math.h>
#include <spikem/scenario.h>

#include "tests/fuzz/fuzz.h"

const unsigned long fuzz_cases = 4000;

enum { N_SOURCES = 20, N_TARGETS = 30 };

static const char *const scenarios[] = {
	"spikem: 1\nduration: 1 s\npopulations:\n"
	"  x: {size: 20, model: spike_list, spikes: {file: case.csv}}\n",
	"spikem: 1\nduration: 1 s\npopulations:\n"
	"  x: {size: 20, model: poisson, params: {rate: 1 Hz}}\n  z: {size: 30, model: lif_delta}\n"
	"projections:\n  - {from: x, to: z, connect: {list: {file: case.csv}}}\n",
	"spikem: 1\nduration: 1 s\npopulations:\n"
	"  x: {size: 20, model: spike_list, spikes: {file: case.h5, population: exc}}\n",
	"spikem: 1\nduration: 1 s\npopulations:\n"
	"  x: {size: 20, model: poisson, params: {rate: 1 Hz}}\n  z: {size: 30, model: lif_delta}\n"
	"projections:\n  - {from: x, to: z, connect: {list: {file: case.h5, group: /edges}}}\n",
	"spikem: 1\nduration: 1 s\npopulations:\n"
	"  x: {size: 20, model: poisson, params: {rate: 1 Hz}}\n  z: {size: 30, model: lif_delta}\n"
	"projections:\n  - {from: x, to: z, connect: {list: {file: case.csv}}, weight: 1 mV, delay: 1 ms}\n",
};
enum { N_FORMS = sizeof scenarios / sizeof *scenarios };

static void check_spikes(const struct spk_population *population)
{
	for (uint64_t k = 0; k < population->n_spikes; k++) {
		FUZZ_HOLDS(population->spike_ids[k] < N_SOURCES);
		FUZZ_HOLDS(isfinite(population->spike_times[k]) && population->spike_times[k] >= 0);
		FUZZ_HOLDS(k == 0 || population->spike_times[k] >= population->spike_times[k - 1]);
	}
}

static void check_edges(const struct spk_projection *projection)
{
	for (uint64_t k = 0; k < projection->n_list; k++) {
		FUZZ_HOLDS(projection->pre[k] < N_SOURCES && projection->post[k] < N_TARGETS);
		FUZZ_HOLDS(projection->weight.law != SPK_LIST || isfinite(projection->weight.list[k]));
		FUZZ_HOLDS(projection->axonal.law != SPK_LIST ||
			   (projection->axonal.list[k] > 0 && projection->axonal.list[k] <= 1e6));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes bytes = {data, size};
	const uint64_t form = fuzz_number(&bytes, 1) % N_FORMS;
	struct spk_error err = {0};
	struct spk_scenario *scenario = NULL;
	char *diagnostics = NULL, path[FUZZ_PATH];

	fuzz_write(form < 2 || form == 4 ? "case.csv" : "case.h5", bytes.at, bytes.left, path);
	fuzz_write("case.yaml", scenarios[form], strlen(scenarios[form]), path);
	const int rc = spk_scenario_load(path, 0, NULL, &scenario, &diagnostics, &err);
	if (rc)
		FUZZ_HOLDS(!scenario && err.status == rc && (err.text[0] || diagnostics));
	else if (form % 2 || form == 4)
		check_edges(&scenario->projections[0]);
	else
		check_spikes(&scenario->populations[0]);
	spk_scenario_free(scenario);
	free(diagnostics);
	return 0;
}
