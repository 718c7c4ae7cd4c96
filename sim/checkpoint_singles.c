/* Checkpoints of single events: at synapses with delays of their own, and spikes that were found early. */
#include <stdlib.h>

#include "sim/checkpoint_parts.h"

/* Events of the open cell that have not been taken; those of inputs are taken in their stretch. */
static size_t count_open(const struct spk_partition *p, size_t member)
{
	const struct spk_open_bin *open = &p->singles.open[member];

	return open->n - open->next;
}

static void copy_open(const struct spk_partition *p, size_t member, struct spk_single **to)
{
	const struct spk_open_bin *open = &p->singles.open[member];

	for (size_t i = open->next; i < open->n; i++)
		*(*to)++ = (struct spk_single){.t = open->t[i],
			.weight = open->weight[i],
			.source = open->source[i],
			.target = open->target[i] + (uint32_t)p->members[member].lo};
}

static void copy_bin(
	const struct spk_partition *p, size_t member, const struct spk_bin *bin, struct spk_single **to)
{
	for (size_t i = 0; i < bin->n; i++) {
		**to = bin->items[i];
		(*to)++->target += (uint32_t)p->members[member].lo;
	}
}

static size_t count_singles(const struct spk_network *net, size_t member)
{
	size_t n = 0;

	for (uint32_t k = 0; k < net->n_partitions; k++) {
		const struct spk_singles *s = &net->partitions[k].singles;
		n += count_open(&net->partitions[k], member);
		for (size_t cell = 0; cell < s->n_cells; cell++)
			n += s->bins[member * s->n_cells + cell].n;
	}
	return n;
}

static int save_singles(struct spk_archive *a, const struct spk_network *net, size_t member)
{
	const size_t n = count_singles(net, member);
	struct spk_single *events = calloc(n + 1, sizeof *events), *to = events;

	if (!events)
		return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	for (uint32_t k = 0; k < net->n_partitions; k++) {
		const struct spk_partition *p = &net->partitions[k];
		const size_t n_cells = p->singles.n_cells;
		copy_open(p, member, &to);
		for (size_t cell = 0; cell < n_cells; cell++)
			copy_bin(p, member, &p->singles.bins[member * n_cells + cell], &to);
	}
	const int rc = spk_checkpoint_append(a, net->ranks, "events", n * sizeof *events, events);
	free(events);
	return rc;
}

/* Into the queue of its target, if that is on this rank. */
static int put_single(struct spk_network *net, size_t member, struct spk_single event)
{
	uint32_t k = 0;
	uint64_t lo, hi;

	spk_network_own(net, member, &lo, &hi);
	if (event.target < lo || event.target >= hi)
		return 1;
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
	int rc = spk_archive_count(a, 1, &n);

	n /= sizeof(struct spk_single);

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

/* ---- Spikes that were found early: they wait for the next exchange -------------------------------- */

static int save_fired(struct spk_archive *a, const struct spk_network *net)
{
	uint64_t n = 0;

	for (uint32_t k = 0; k < net->n_partitions; k++)
		n += net->partitions[k].fired.n;
	struct spk_fired *fired = calloc(n + 1, sizeof *fired), *to = fired;
	if (!fired)
		return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	for (uint32_t k = 0; k < net->n_partitions; k++)
		for (size_t i = 0; i < net->partitions[k].fired.n; i++, to++) {
			to->t = net->partitions[k].fired.items[i].t; /* without what stands between fields */
			to->id = net->partitions[k].fired.items[i].id;
		}
	const int rc = spk_checkpoint_append(a, net->ranks, "events", n * sizeof *fired, fired);
	free(fired);
	return rc;
}

/* The source is a neuron of this rank. */
static int is_own(const struct spk_network *net, uint32_t id)
{
	size_t population = 0;
	uint64_t lo, hi;

	while (id >= net->first_id[population + 1])
		population++;
	spk_network_own(net, population, &lo, &hi);
	return id - net->first_id[population] >= lo && id - net->first_id[population] < hi;
}

static int load_fired(struct spk_archive *a, struct spk_network *net)
{
	uint64_t n = 0;
	int rc = spk_archive_count(a, 1, &n);

	n /= sizeof(struct spk_fired);

	for (uint64_t k = 0; !rc && k < n; k++) {
		struct spk_fired one = {0};
		rc = spk_archive_bytes(a, &one, sizeof one);
		if (!rc && one.id >= net->first_id[net->scenario->n_populations])
			rc = spk_archive_fail(a, SPK_E_FORMAT, "a spike has no source here");
		if (!rc && is_own(net, one.id) && spk_fired_append(&net->partitions[0].fired, one.t, one.id))
			rc = spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	}
	return rc;
}

int spk_checkpoint_singles(struct spk_archive *a, struct spk_network *net, double now)
{
	const int loading = spk_archive_is_loading(a);
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < net->scenario->n_populations; k++)
		rc = loading ? load_singles(a, net, k, now) : save_singles(a, net, k);
	if (rc)
		return rc;
	return loading ? load_fired(a, net) : save_fired(a, net);
}
