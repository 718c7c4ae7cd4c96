#include "models/neuron/bulk_input.h"

#include <stdlib.h>
#include <string.h>

#include "models/math/philox.h"
#include "models/math/times.h"

enum { BLOCK = SPK_BULK_BLOCK };

/* An event that is kept, and the neuron of the block that it goes to. */
struct spk_bulk_picked {
	struct spk_bulk_event event;
	uint32_t neuron;
};

static struct spk_bulk_event event_of(const struct spk_bulk *bulk, size_t k, double w)
{
	return (struct spk_bulk_event){bulk->when[k], bulk->tau > 0 ? bulk->factor[k] : 0, w};
}

/* ---- Life cycle --------------------------------------------------------------------------------- */

void spk_bulk_clear(struct spk_bulk *bulk)
{
	for (size_t k = 0; k < SPK_BULK_MAX_INPUTS; k++) {
		free(bulk->inputs[k].rng);
		free(bulk->inputs[k].draw);
	}
	free(bulk->lists);
	free(bulk->events);
	free(bulk->bits);
	free(bulk->when);
	free(bulk->factor);
	free(bulk->chosen);
	free(bulk->picked);
	memset(bulk, 0, sizeof *bulk);
}

static int create_source(struct spk_bulk *bulk, const struct spk_group_spec *spec,
	const struct spk_group_input *given, struct spk_bulk_source *source)
{
	source->rate = given->rate;
	source->weight = given->weight;
	source->rng = malloc((bulk->n_blocks + 1) * sizeof *source->rng);
	source->draw = calloc(bulk->n_blocks + 1, sizeof *source->draw);
	if (!source->rng || !source->draw)
		return 0;
	for (size_t k = 0; k < bulk->n_blocks; k++)
		source->rng[k] =
			spk_rng_stream(spec->seed, SPK_RNG_INPUT, given->number, spec->first_id + k * BLOCK);
	return 1;
}

int spk_bulk_init(
	struct spk_bulk *bulk, const struct spk_group_spec *spec, double tau_ms, struct spk_error *err)
{
	if (spec->n_inputs > SPK_BULK_MAX_INPUTS)
		return spk_fail(err, SPK_E_LIMIT, "more than %d Poisson inputs onto one population",
			SPK_BULK_MAX_INPUTS);
	*bulk = (struct spk_bulk){.n = spec->n, .n_blocks = (spec->n + BLOCK - 1) / BLOCK, .tau = tau_ms};
	if (spec->n_inputs == 0)
		return SPK_OK;
	int ok = (bulk->lists = calloc(spec->n + 1, sizeof *bulk->lists)) != NULL;
	for (; ok && bulk->n_inputs < spec->n_inputs; bulk->n_inputs++) {
		const struct spk_group_input *given = &spec->inputs[bulk->n_inputs];
		bulk->has_inhibition = bulk->has_inhibition || given->weight < 0;
		ok = create_source(bulk, spec, given, &bulk->inputs[bulk->n_inputs]);
	}
	if (ok)
		return SPK_OK;
	spk_bulk_clear(bulk);
	return spk_fail(err, SPK_E_NOMEM, "out of memory for inputs");
}

size_t spk_bulk_bytes(const struct spk_bulk *bulk)
{
	return bulk->n_inputs
		       ? bulk->n * sizeof *bulk->lists +
				 bulk->n_inputs * bulk->n_blocks * (sizeof(struct spk_rng) + sizeof(uint64_t))
		       : 0;
}

/* Make room for n items of an array that grows; 0 when memory ran out. */
static int reserve(struct spk_bulk *bulk, void **items, size_t *capacity, size_t n, size_t size)
{
	if (n <= *capacity)
		return 1;
	void *grown = realloc(*items, 2 * n * size);
	if (!grown) {
		bulk->failed = 1;
		return 0;
	}
	*items = grown;
	*capacity = 2 * n;
	return 1;
}

static int reserve_block(struct spk_bulk *bulk, size_t n)
{
	size_t bits = bulk->block_capacity, when = bits, factor = bits, chosen = bits;

	if (!reserve(bulk, (void **)&bulk->bits, &bits, n, sizeof *bulk->bits) ||
		!reserve(bulk, (void **)&bulk->when, &when, n, sizeof *bulk->when) ||
		!reserve(bulk, (void **)&bulk->factor, &factor, n, sizeof *bulk->factor) ||
		!reserve(bulk, (void **)&bulk->chosen, &chosen, n, sizeof *bulk->chosen))
		return 0;
	bulk->block_capacity = bits;
	return 1;
}

static int reserve_events(struct spk_bulk *bulk, size_t n)
{
	return reserve(bulk, (void **)&bulk->events, &bulk->events_capacity, n, sizeof *bulk->events);
}

/* ---- Events ------------------------------------------------------------------------------------- */

void spk_bulk_begin(struct spk_bulk *bulk, double a, double b, double f_a)
{
	bulk->segment++;
	bulk->a = a;
	bulk->b = b;
	bulk->f_a = f_a;
	bulk->n_events = 0;
	for (size_t i = 0; i < bulk->n_inputs; i++)
		for (size_t k = 0; k < bulk->n_blocks; k++)
			bulk->inputs[i].draw[k] = bulk->inputs[i].rng[k].draw;
}

/* The events of one input onto one block, into the scratch arrays; their number. */
static size_t draw_events(struct spk_bulk *bulk, const struct spk_bulk_source *source, struct spk_rng *rng)
{
	const double mean = source->rate / 1000 * (bulk->b - bulk->a) * BLOCK;
	const size_t n = (size_t)spk_rng_poisson(rng, mean);
	const size_t batch = 3 * SPK_PHILOX_BATCH, batches = (n + batch - 1) / batch;

	if (!reserve_block(bulk, batches * batch))
		return 0;
	spk_philox_fill_thirds(rng, rng->draw, batches * SPK_PHILOX_BATCH, bulk->bits);
	rng->draw += batches * SPK_PHILOX_BATCH;
	const struct spk_times times = {.a = bulk->a,
		.b = bulk->b,
		.tau = bulk->tau,
		.f_a = bulk->f_a,
		.when = bulk->when,
		.factor = bulk->tau > 0 ? bulk->factor : NULL};
	spk_convert_times(&times, n, bulk->bits);
	return n;
}

static size_t count_ghosts(const struct spk_bulk *bulk, size_t block, size_t n)
{
	size_t ghosts = 0;

	for (size_t k = 0; (block + 1) * BLOCK > bulk->n && k < n; k++)
		ghosts += block * BLOCK + spk_bulk_neuron(bulk, k) >= bulk->n;
	return ghosts;
}

static void pick_events(struct spk_bulk *bulk, size_t n, double w, uint64_t candidates)
{
	size_t chosen = 0;

	if (!reserve(bulk, (void **)&bulk->picked, &bulk->picked_capacity, bulk->n_picked + n,
		    sizeof *bulk->picked))
		return;
	for (size_t k = 0; k < n; k++) { /* without a branch that could be mispredicted */
		bulk->chosen[chosen] = (uint32_t)k;
		chosen += candidates >> spk_bulk_neuron(bulk, k) & 1;
	}
	for (size_t i = 0; i < chosen; i++) {
		const size_t k = bulk->chosen[i];
		bulk->picked[bulk->n_picked++] =
			(struct spk_bulk_picked){event_of(bulk, k, w), (uint32_t)spk_bulk_neuron(bulk, k)};
	}
}

/* Give each candidate its picked events, in the order of the draws. */
static void list_events(struct spk_bulk *bulk, size_t block, uint64_t candidates)
{
	uint32_t next[BLOCK] = {0}, first = (uint32_t)bulk->n_events;

	if (!reserve_events(bulk, bulk->n_events + bulk->n_picked))
		return;
	for (size_t i = 0; i < bulk->n_picked; i++)
		next[bulk->picked[i].neuron]++;
	for (uint64_t rest = candidates; rest; rest &= rest - 1) {
		const size_t k = (size_t)__builtin_ctzll(rest);
		const uint32_t n = next[k];
		bulk->lists[block * BLOCK + k] = (struct spk_bulk_list){first, n, bulk->segment};
		next[k] = first;
		first += n;
	}
	for (size_t i = 0; i < bulk->n_picked; i++)
		bulk->events[next[bulk->picked[i].neuron]++] = bulk->picked[i].event;
	bulk->n_events += bulk->n_picked;
}

void spk_bulk_each(
	struct spk_bulk *bulk, size_t block, uint64_t candidates, spk_bulk_take *take, void *context)
{
	bulk->n_picked = 0;
	for (size_t i = 0; i < bulk->n_inputs; i++) {
		struct spk_bulk_source *source = &bulk->inputs[i];
		const size_t n = draw_events(bulk, source, &source->rng[block]);
		take(context, bulk, source->weight, n);
		if (candidates)
			pick_events(bulk, n, source->weight, candidates);
		bulk->n_drawn += n - count_ghosts(bulk, block, n);
	}
	if (candidates)
		list_events(bulk, block, candidates);
}

struct sums {
	double *early, *late;
};

static void sum_up(void *context, const struct spk_bulk *bulk, double weight, size_t n)
{
	const struct sums *s = context;
	double *sums = weight < 0 ? s->late : s->early;

	for (size_t k = 0; k < n; k++)
		sums[spk_bulk_neuron(bulk, k)] += weight * bulk->factor[k];
}

void spk_bulk_block(struct spk_bulk *bulk, size_t block, uint64_t candidates, double *early, double *late)
{
	struct sums sums = {early, late};

	spk_bulk_each(bulk, block, candidates, sum_up, &sums);
}

/* Few events: by time, equal times in the order of the draws. */
static void sort_events(struct spk_bulk_event *e, size_t n)
{
	for (size_t k = 1; k < n; k++) {
		const struct spk_bulk_event x = e[k];
		size_t at = k;
		for (; at > 0 && e[at - 1].t > x.t; at--)
			e[at] = e[at - 1];
		e[at] = x;
	}
}

/* Draw the events of the neuron's block once more and keep its own. */
static struct spk_bulk_list recall_events(struct spk_bulk *bulk, size_t neuron)
{
	const size_t block = neuron / BLOCK, first = bulk->n_events;

	for (size_t i = 0; i < bulk->n_inputs; i++) {
		const struct spk_bulk_source *source = &bulk->inputs[i];
		struct spk_rng rng = source->rng[block];
		rng.draw = source->draw[block];
		const size_t n = draw_events(bulk, source, &rng);
		if (!reserve_events(bulk, bulk->n_events + n))
			break;
		for (size_t k = 0; k < n; k++)
			if (spk_bulk_neuron(bulk, k) == neuron % BLOCK)
				bulk->events[bulk->n_events++] = event_of(bulk, k, source->weight);
	}
	return (struct spk_bulk_list){(uint32_t)first, (uint32_t)(bulk->n_events - first), bulk->segment};
}

struct spk_bulk_list spk_bulk_events(struct spk_bulk *bulk, size_t neuron)
{
	if (bulk->n_inputs == 0)
		return (struct spk_bulk_list){0};
	if (bulk->lists[neuron].segment != bulk->segment)
		bulk->lists[neuron] = recall_events(bulk, neuron);
	const struct spk_bulk_list list = bulk->lists[neuron];
	if (list.n)
		sort_events(bulk->events + list.first, list.n);
	return list;
}

void spk_bulk_drop(struct spk_bulk *bulk, size_t neuron, double t)
{
	struct spk_bulk_list list = spk_bulk_events(bulk, neuron);

	for (; list.n > 0 && bulk->events[list.first].t < t; list.first++)
		list.n--;
	bulk->lists[neuron] = list;
}
