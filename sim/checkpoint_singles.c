/* Checkpoints of single events: at synapses with delays of their own, and spikes that were found early. */
#include "sim/checkpoint_parts.h"

/* Events of the open cell that have not been taken; those of inputs are taken in their stretch. */
static size_t count_open(const struct spk_partition *p, size_t member)
{
	const struct spk_open_bin *open = &p->singles.open[member];

	return open->n - open->next;
}

static int save_open(struct spk_archive *a, const struct spk_partition *p, size_t member)
{
	const struct spk_open_bin *open = &p->singles.open[member];
	int rc = SPK_OK;

	for (size_t i = open->next; !rc && i < open->n; i++) {
		struct spk_single event = {.t = open->t[i],
			.weight = open->weight[i],
			.source = open->source[i],
			.target = open->target[i] + (uint32_t)p->members[member].lo};
		rc = spk_archive_bytes(a, &event, sizeof event);
	}
	return rc;
}

static int save_bin(
	struct spk_archive *a, const struct spk_partition *p, size_t member, const struct spk_bin *bin)
{
	int rc = SPK_OK;

	for (size_t i = 0; !rc && i < bin->n; i++) {
		struct spk_single event = bin->items[i];
		event.target += (uint32_t)p->members[member].lo;
		rc = spk_archive_bytes(a, &event, sizeof event);
	}
	return rc;
}

static int save_singles(struct spk_archive *a, const struct spk_network *net, size_t member, uint64_t n)
{
	int rc = spk_archive_count(a, sizeof(struct spk_single), &n);

	for (uint32_t k = 0; k < net->n_partitions; k++) {
		const struct spk_partition *p = &net->partitions[k];
		const size_t n_cells = p->singles.n_cells;
		if (!rc)
			rc = save_open(a, p, member);
		for (size_t cell = 0; !rc && cell < n_cells; cell++)
			rc = save_bin(a, p, member, &p->singles.bins[member * n_cells + cell]);
	}
	return rc;
}

static int put_single(struct spk_network *net, size_t member, struct spk_single event)
{
	uint32_t k = 0;

	while (event.target >= net->partitions[k].members[member].hi)
		k++;
	struct spk_partition *p = &net->partitions[k];
	const uint64_t cell = spk_lattice_cell(&p->lattice, event.t) & (p->singles.n_cells - 1);
	struct spk_bin *bin = &p->singles.bins[member * p->singles.n_cells + cell];
	if (!spk_bin_reserve(bin, bin->n + 1))
		return 0;
	event.target -= (uint32_t)p->members[member].lo;
	bin->items[bin->n++] = event;
	return 1;
}

static int load_singles(struct spk_archive *a, struct spk_network *net, size_t member, double now)
{
	uint64_t n = 0;
	int rc = spk_archive_count(a, sizeof(struct spk_single), &n);

	for (uint64_t k = 0; !rc && k < n; k++) {
		struct spk_single event;
		rc = spk_archive_bytes(a, &event, sizeof event);
		if (rc)
			break;
		if (!(event.t >= now && event.t - now < SPK_FURTHEST_CELLS * net->cell_ms) ||
			event.target >= net->scenario->populations[member].size)
			rc = spk_archive_fail(a, SPK_E_FORMAT, "an event on its way has no target here");
		else if (!put_single(net, member, event))
			rc = spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	}
	return rc;
}

static int transfer_singles(struct spk_archive *a, struct spk_network *net, size_t member, double now)
{
	uint64_t n = 0;

	if (spk_archive_is_loading(a))
		return load_singles(a, net, member, now);
	for (uint32_t k = 0; k < net->n_partitions; k++) {
		const struct spk_singles *s = &net->partitions[k].singles;
		n += count_open(&net->partitions[k], member);
		for (size_t cell = 0; cell < s->n_cells; cell++)
			n += s->bins[member * s->n_cells + cell].n;
	}
	return save_singles(a, net, member, n);
}

/* Spikes that were found early: they wait for the next exchange. */
static int transfer_fired(struct spk_archive *a, struct spk_network *net)
{
	uint64_t n = 0;

	for (uint32_t k = 0; !spk_archive_is_loading(a) && k < net->n_partitions; k++)
		n += net->partitions[k].fired.n;
	int rc = spk_archive_count(a, sizeof(struct spk_fired), &n);
	for (uint32_t k = 0; !rc && !spk_archive_is_loading(a) && k < net->n_partitions; k++) {
		const struct spk_fired_list *fired = &net->partitions[k].fired;
		for (size_t i = 0; !rc && i < fired->n; i++) {
			rc = spk_archive_bytes(a, &fired->items[i].t, sizeof fired->items[i].t);
			if (!rc)
				rc = spk_archive_bytes(a, &fired->items[i].id, sizeof fired->items[i].id);
		}
	}
	for (uint64_t k = 0; !rc && spk_archive_is_loading(a) && k < n; k++) {
		struct spk_fired one = {0};
		rc = spk_archive_bytes(a, &one.t, sizeof one.t);
		if (!rc)
			rc = spk_archive_bytes(a, &one.id, sizeof one.id);
		if (!rc && one.id >= net->first_id[net->scenario->n_populations])
			rc = spk_archive_fail(a, SPK_E_FORMAT, "a spike has no source here");
		if (!rc && spk_fired_append(&net->partitions[0].fired, one.t, one.id))
			rc = spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	}
	return rc;
}

int spk_checkpoint_singles(struct spk_archive *a, struct spk_network *net, double now)
{
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < net->scenario->n_populations; k++)
		rc = transfer_singles(a, net, k, now);
	return rc ? rc : transfer_fired(a, net);
}
