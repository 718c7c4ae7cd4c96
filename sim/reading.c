#include "sim/reading.h"

#include <stdlib.h>
#include <string.h>

#include "sim/group_general.h"

/* A block of memory and what stood in it. */
struct kept {
	void *place;
	size_t size;
	void *copy;
};

struct spk_reading {
	size_t n, capacity;
	struct kept *items;
};

static int keep(void *user, void *place, size_t size)
{
	struct spk_reading *r = user;

	if (!size)
		return SPK_OK;
	if (r->n == r->capacity) {
		const size_t capacity = r->capacity ? 2 * r->capacity : 16;
		struct kept *items = realloc(r->items, capacity * sizeof *items);
		if (!items)
			return SPK_E_NOMEM;
		r->items = items;
		r->capacity = capacity;
	}
	void *copy = malloc(size);
	if (!copy)
		return SPK_E_NOMEM;
	memcpy(copy, place, size);
	r->items[r->n++] = (struct kept){place, size, copy};
	return SPK_OK;
}

static int keep_plastic(struct spk_reading *r, struct spk_plastic *p)
{
	const uint64_t n = p->table->n_synapses;
	int rc = keep(r, p->weight, n * sizeof *p->weight);

	if (!rc && p->syn)
		rc = keep(r, p->syn, n * p->rule->model->n_syn_states * sizeof *p->syn);
	if (!rc)
		rc = keep(r, p->settled, p->table->n_rows * sizeof *p->settled);
	return rc ? rc : keep(r, &p->swept, sizeof p->swept);
}

static int keep_partition(struct spk_reading *r, struct spk_partition *p)
{
	int rc = SPK_OK;

	for (size_t i = 0; i < p->n_tables; i++)
		for (size_t k = 0; !rc && k < p->tables[i].n_plastic; k++)
			rc = keep_plastic(r, &p->tables[i].plastic[k]);
	for (size_t i = 0; !rc && i < p->n_members; i++)
		if (p->members[i].type == &spk_group_general)
			rc = spk_general_visit(p->members[i].group, keep, r);
	return rc;
}

static void release(struct spk_reading *r, int put_back)
{
	for (size_t k = 0; k < r->n; k++) {
		if (put_back)
			memcpy(r->items[k].place, r->items[k].copy, r->items[k].size);
		free(r->items[k].copy);
	}
	free(r->items);
	free(r);
}

int spk_reading_begin(
	struct spk_network *network, double t, struct spk_reading **ret_reading, struct spk_error *err)
{
	struct spk_reading *r = calloc(1, sizeof *r);
	int rc = r ? SPK_OK : SPK_E_NOMEM;

	*ret_reading = NULL;
	for (uint32_t k = 0; !rc && k < network->n_partitions; k++)
		rc = keep_partition(r, &network->partitions[k]);
	if (rc) {
		if (r)
			release(r, 0);
		return spk_fail(err, rc, "out of memory for reading weights");
	}
	for (uint32_t k = 0; k < network->n_partitions; k++)
		spk_partition_settle(&network->partitions[k], t);
	*ret_reading = r;
	return SPK_OK;
}

void spk_reading_end(struct spk_reading *reading)
{
	if (reading)
		release(reading, 1);
}
