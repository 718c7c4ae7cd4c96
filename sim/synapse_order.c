#include "sim/synapse_order.h"

#include <stdlib.h>

static int compare_places(const void *left, const void *right)
{
	const struct spk_synapse_place *a = left, *b = right;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->delay != b->delay)
		return a->delay < b->delay ? -1 : 1;
	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	return (a->k > b->k) - (a->k < b->k); /* a target lies in one partition */
}

int spk_synapse_places(const struct spk_network *network, size_t projection,
	struct spk_synapse_place **ret_places, uint64_t *ret_n, struct spk_error *err)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < network->n_partitions; i++)
		n += network->partitions[i].tables[projection].table.n_synapses;
	struct spk_synapse_place *places = malloc((n + 1) * sizeof *places);
	if (!places)
		return spk_fail(
			err, SPK_E_NOMEM, "out of memory to order %llu synapses", (unsigned long long)n);
	n = 0;
	for (uint32_t i = 0; i < network->n_partitions; i++) {
		const struct spk_partition *p = &network->partitions[i];
		const struct spk_table *table = &p->tables[projection].table;
		const uint64_t lo = p->members[p->tables[projection].to].lo;
		for (uint64_t row = 0; row < table->n_rows; row++) {
			struct spk_targets targets = spk_table_targets(table, row);
			for (uint32_t k = 0; k < table->rows[row].n; k++) {
				const uint32_t at = table->rows[row].first + k;
				places[n++] = (struct spk_synapse_place){table->source_of_row[row],
					(uint32_t)(lo + spk_targets_next(&targets)), i, at,
					spk_table_delay(table, row, at)};
			}
		}
	}
	qsort(places, n, sizeof *places, compare_places);
	*ret_places = places;
	*ret_n = n;
	return SPK_OK;
}

double spk_synapse_weight(
	const struct spk_network *network, size_t projection, const struct spk_synapse_place *place)
{
	return spk_table_weight(&network->partitions[place->partition].tables[projection].table, place->k);
}
