/**
 * Spike-list source: emits the spikes that the scenario gives it. The list belongs to the population, so the
 * model has no parameters and no next().
 */
#include "models/models.h"

const struct spk_source_model spk_source_spike_list = {
	.name = "spike_list",
	.summary = "spikes at given times",
	.equations = "Source k emits the spikes listed for k, each at exactly its time. The drive has no "
		     "effect.\n",
	.refs = (const char *const[]){NULL},
	.takes_spikes = 1,
};
