/*
 * Poisson input onto a group of exponential neurons, drawn in bulk (bulk_input.h).
 *
 * What an event adds to the scaled state depends on its time alone, so all events of a segment may be added
 * at its start as one sum. Of the bound too: excitation raises it by as much in whichever order it comes.
 * While the bound stays below the threshold nobody asks for D, which would be wrong before the last of them.
 * When somebody does, at time t, the events after t are taken out again. A neuron that may cross the
 * threshold is careful and takes its events one by one (psc_careful.c).
 */
#include <math.h>
#include <string.h>

#include "models/math/levels.h"
#include "models/neuron/psc_group.h"

enum { BLOCK = SPK_BULK_BLOCK, CHUNK = SPK_PSC_CHUNK };
/* So close to V_th, as a share of V_th - V_reset, a neuron is looked at at once, and its events are kept. */
static const double CANDIDATE = 0.03;

/* What the events of a segment add to the neurons of a block. */
struct sums {
	const struct spk_group *g;
	struct spk_psc_jump of[BLOCK];
};

static void sum_up(const struct spk_bulk *bulk, size_t first, size_t n, const struct spk_psc_jump *jump,
	struct spk_psc_jump *sums)
{
	for (size_t k = 0; k < n; k++) {
		struct spk_psc_jump *sum = &sums[spk_bulk_neuron(bulk, first + k)];
		sum->x[SPK_PSC_BOUND] += jump[k].x[SPK_PSC_BOUND];
		spk_psc_add(sum->x, jump[k].x, 1, 0);
	}
}

static void take(void *context, const struct spk_bulk *bulk, double weight, size_t n)
{
	struct sums *sums = context;
	struct spk_psc_jump jump[CHUNK];
	double weights[CHUNK];

	for (size_t k = 0; k < CHUNK; k++)
		weights[k] = weight;
	for (size_t first = 0; first < n; first += CHUNK) {
		const size_t some = n - first < CHUNK ? n - first : CHUNK;
		spk_psc_make_jumps(sums->g, some, bulk->when + first, weights, jump);
		sum_up(bulk, first, some, jump, sums->of);
	}
}

/* Neurons of a block that are careful already, or may become so in this segment. */
SPK_FOR_EACH_LEVEL static uint64_t find_candidates(const double *cells, double level)
{
	uint64_t candidates = 0;

	for (size_t k = 0; k < BLOCK; k++) {
		const uint64_t is_candidate = cells[k * SPK_PSC_EXP_CELL] >= level;
		candidates |= is_candidate << k;
	}
	return candidates;
}

/* A neuron that is careful, or whose bound does not tell. */
static void take_closely(struct spk_group *g, size_t neuron, const struct spk_psc_jump *sum)
{
	const double bound = *spk_psc_cell(g, neuron); /* its first number */

	if (spk_psc_is_careful(bound))
		spk_psc_list_inputs(g, spk_psc_careful_at(g, bound), g->a);
	else
		spk_psc_look_again(g, neuron, g->a, &g->at_a, sum);
}

SPK_FOR_EACH_LEVEL static void add_sums(
	struct spk_group *g, double level, size_t first, size_t last, const struct spk_psc_jump *sums)
{
	spk_psc_vector *cells = (spk_psc_vector *)g->cells;

	for (size_t k = first; k < last; k++) {
		const spk_psc_vector cell = cells[k] + *(const spk_psc_vector *)&sums[k - first];
		if (__builtin_expect(cell[0] < level, 1))
			cells[k] = cell;
		else
			take_closely(g, k, &sums[k - first]);
	}
}

void spk_psc_add_inputs(struct spk_group *g)
{
	const double level = g->law.theta - CANDIDATE * (g->law.theta - g->law.reset);

	spk_bulk_begin(&g->bulk, g->a, g->b, g->at_a.f_m);
	for (size_t block = 0; block < g->bulk.n_blocks; block++) {
		const size_t first = block * BLOCK, last = first + BLOCK < g->n ? first + BLOCK : g->n;
		struct sums sums = {.g = g};
		spk_bulk_each(&g->bulk, block, find_candidates(spk_psc_cell(g, first), level), take, &sums);
		add_sums(g, level, first, last, sums.of);
	}
}

void spk_psc_coming(struct spk_group *g, size_t neuron, double t, int after, struct spk_psc_jump *ret_coming)
{
	struct spk_bulk_list list = spk_bulk_events(&g->bulk, neuron);
	const struct spk_bulk_event *e = g->bulk.events;
	struct spk_psc_jump sum = {{0}};

	for (; list.n > 0 && (e[list.first].t < t || (after && e[list.first].t == t)); list.first++)
		list.n--;
	for (uint32_t first = 0; first < list.n; first += CHUNK) {
		double when[CHUNK], weight[CHUNK];
		struct spk_psc_jump jump[CHUNK];
		const uint32_t n = list.n - first < CHUNK ? list.n - first : CHUNK;
		for (uint32_t k = 0; k < n; k++) {
			when[k] = e[list.first + first + k].t;
			weight[k] = e[list.first + first + k].w;
		}
		spk_psc_make_jumps(g, n, when, weight, jump);
		for (uint32_t k = 0; k < n; k++) {
			sum.x[SPK_PSC_BOUND] += jump[k].x[SPK_PSC_BOUND];
			spk_psc_add(sum.x, jump[k].x, 1, 0);
		}
	}
	*ret_coming = sum;
}

void spk_psc_list_inputs(struct spk_group *g, struct spk_psc_careful *neuron, double t)
{
	struct spk_bulk_list list = spk_bulk_events(&g->bulk, neuron->neuron);

	for (; list.n > 0 && g->bulk.events[list.first].t < t; list.first++)
		list.n--;
	neuron->first = list.first;
	neuron->n = list.n;
}
