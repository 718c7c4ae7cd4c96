#include "sim/connect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/det.h"
#include "models/math/philox.h"

void spk_edges_clear(struct spk_edges *edges)
{
	free(edges->source);
	free(edges->target);
	free(edges->id);
	memset(edges, 0, sizeof *edges);
}

static int reserve_edges(struct spk_edges *e, uint64_t n, int keep_ids, struct spk_error *err)
{
	if (n > UINT32_MAX)
		return spk_fail(err, SPK_E_LIMIT, "a projection has more than %lu synapses in one partition",
			(unsigned long)UINT32_MAX);
	if (n <= e->capacity)
		return SPK_OK;
	uint64_t capacity = e->capacity ? e->capacity * 2 : 1024;
	if (capacity < n)
		capacity = n;
	uint32_t *source = realloc(e->source, capacity * sizeof *source);
	if (source)
		e->source = source;
	uint32_t *target = realloc(e->target, capacity * sizeof *target);
	if (target)
		e->target = target;
	uint64_t *id = keep_ids ? realloc(e->id, capacity * sizeof *id) : NULL;
	if (id)
		e->id = id;
	if (!source || !target || (keep_ids && !id))
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %llu synapses", (unsigned long long)n);
	e->capacity = capacity;
	return SPK_OK;
}

static void put_edge(struct spk_edges *e, uint64_t source, uint64_t target, uint64_t id)
{
	e->source[e->n] = (uint32_t)source;
	e->target[e->n] = (uint32_t)target;
	if (e->id)
		e->id[e->n] = id;
	e->n++;
}

static int is_same_population(const struct spk_connect_task *task)
{
	return task->projection->from == task->projection->to;
}

static int skips(const struct spk_connect_task *task, uint64_t source, uint64_t target)
{
	return source == target && !task->projection->autapses && is_same_population(task);
}

static int connect_all(const struct spk_connect_task *task, struct spk_edges *e, struct spk_error *err)
{
	const uint64_t n = (task->target_hi - task->target_lo) * task->n_source;
	const int rc = reserve_edges(e, n, task->keep_ids, err);

	if (rc)
		return rc;
	for (uint64_t target = task->target_lo; target < task->target_hi; target++)
		for (uint64_t source = 0; source < task->n_source; source++)
			if (!skips(task, source, target))
				put_edge(e, source, target, target * task->n_source + source);
	return SPK_OK;
}

static int connect_one(const struct spk_connect_task *task, struct spk_edges *e, struct spk_error *err)
{
	const int rc = reserve_edges(e, task->target_hi - task->target_lo, task->keep_ids, err);

	for (uint64_t k = task->target_lo; !rc && k < task->target_hi && k < task->n_source; k++)
		put_edge(e, k, k, k);
	return rc;
}

/* Fisher-Yates over a table of partners that is restored afterwards, so that each draw costs O(degree). */
static void draw_distinct(
	struct spk_draws *draws, uint64_t n, uint64_t degree, uint32_t *table, uint32_t *swaps)
{
	for (uint64_t k = 0; k < degree; k++) {
		const uint64_t pick = k + spk_draws_below(draws, (uint32_t)(n - k));
		const uint32_t kept = table[k];
		table[k] = table[pick];
		table[pick] = kept;
		swaps[k] = (uint32_t)pick;
	}
}

static void restore_table(uint64_t degree, uint32_t *table, const uint32_t *swaps)
{
	for (uint64_t k = degree; k-- > 0;) {
		const uint32_t kept = table[k];
		table[k] = table[swaps[k]];
		table[swaps[k]] = kept;
	}
}

/* One side has a fixed degree: `own` draws its partners among n_partner, without itself if asked. */
struct degree_draw {
	const struct spk_connect_task *task;
	uint64_t n_partner;
	int without_self;
	uint32_t *table, *swaps; /* for draws without multapses */
};

static void draw_partners(const struct degree_draw *d, uint64_t own, uint32_t *ret_partners)
{
	const struct spk_projection *p = d->task->projection;
	struct spk_draws draws =
		spk_draws_of(spk_rng_stream(d->task->seed, SPK_RNG_CONNECT, spk_connect_drawn(d->task), own));
	const uint64_t n = d->n_partner - (uint64_t)(d->without_self != 0);

	if (p->multapses) {
		for (uint64_t k = 0; k < p->n; k++)
			ret_partners[k] = spk_draws_below(&draws, (uint32_t)n);
	} else {
		draw_distinct(&draws, n, p->n, d->table, d->swaps);
		memcpy(ret_partners, d->table, p->n * sizeof *ret_partners);
		restore_table(p->n, d->table, d->swaps);
	}
	for (uint64_t k = 0; d->without_self && k < p->n; k++)
		ret_partners[k] += ret_partners[k] >= own;
}

static int connect_degree(const struct spk_connect_task *task, struct spk_edges *e, struct spk_error *err)
{
	const struct spk_projection *p = task->projection;
	const int in = p->connect == SPK_CONNECT_IN_DEGREE;
	const uint64_t first = in ? task->target_lo : 0, last = in ? task->target_hi : task->n_source;
	struct degree_draw d = {.task = task, .n_partner = in ? task->n_source : task->n_target};
	uint32_t *partners = malloc((p->n + 1) * sizeof *partners);
	int rc = SPK_OK;

	d.without_self = !p->autapses && is_same_population(task);
	d.table = malloc((d.n_partner + 1) * sizeof *d.table);
	d.swaps = malloc((p->n + 1) * sizeof *d.swaps);
	if (!partners || !d.table || !d.swaps) {
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for connections");
		goto out;
	}
	const uint64_t candidates = d.n_partner - (uint64_t)(d.without_self && d.n_partner > 0);
	if (last > first && p->n > 0 && (candidates == 0 || (!p->multapses && candidates < p->n))) {
		rc = spk_fail(err, SPK_E_INVALID,
			"projection %s: a degree of %llu needs more partners than %llu", p->name,
			(unsigned long long)p->n, (unsigned long long)candidates);
		goto out;
	}
	for (uint64_t k = 0; k < d.n_partner; k++)
		d.table[k] = (uint32_t)k;
	for (uint64_t own = first; own < last; own++) {
		rc = reserve_edges(e, e->n + p->n, task->keep_ids, err);
		if (rc)
			goto out;
		draw_partners(&d, own, partners);
		for (uint64_t k = 0; k < p->n; k++) {
			if (in)
				put_edge(e, partners[k], own, own * p->n + k);
			else if (partners[k] >= task->target_lo && partners[k] < task->target_hi)
				put_edge(e, own, partners[k], own * p->n + k);
		}
	}
	e->by_target = in;
out:
	free(partners);
	free(d.table);
	free(d.swaps);
	return rc;
}

/* Sources of one target by geometric gaps: the cost is proportional to the edges. */
static int connect_probability(
	const struct spk_connect_task *task, struct spk_edges *e, struct spk_error *err)
{
	const double p = task->projection->p;

	if (p <= 0)
		return SPK_OK;
	if (p >= 1)
		return connect_all(task, e, err);
	const double scale = 1 / spk_log1p(-p);
	for (uint64_t target = task->target_lo; target < task->target_hi; target++) {
		struct spk_draws draws = spk_draws_of(
			spk_rng_stream(task->seed, SPK_RNG_CONNECT, spk_connect_drawn(task), target));
		double source = -1;
		for (;;) {
			source += 1 + floor(spk_log(spk_draws_uniform(&draws)) * scale);
			if (!(source < (double)task->n_source))
				break;
			const int rc = reserve_edges(e, e->n + 1, task->keep_ids, err);
			if (rc)
				return rc;
			if (!skips(task, (uint64_t)source, target))
				put_edge(e, (uint64_t)source, target,
					target * task->n_source + (uint64_t)source);
		}
	}
	e->by_target = 1;
	return SPK_OK;
}

/* A stream read by whole blocks, as spk_rng_below() reads it, many at once. */
enum { MANY = 8 * SPK_PHILOX_BATCH };

struct blocks {
	struct spk_rng rng;
	unsigned next; /* first unused block */
	uint64_t bits[2 * MANY];
};

/* n_biased: (2^64 - n) % n, a division that takes longer than all the rest */
static inline uint64_t next_below(struct blocks *blocks, uint64_t n, uint64_t n_biased)
{
	for (;;) {
		if (blocks->next == MANY) {
			spk_philox_fill(&blocks->rng, blocks->rng.draw, MANY, blocks->bits);
			blocks->rng.draw += MANY;
			blocks->next = 0;
		}
		const uint64_t bits = blocks->bits[(size_t)2 * blocks->next++];
		const uint64_t low = (bits & UINT32_MAX) * n, high = (bits >> 32) * n + (low >> 32);
		if ((high << 32 | (low & UINT32_MAX)) >= n_biased)
			return high >> 32; /* n < 2^32: bits * n = high * 2^32 + low mod 2^32 */
	}
}

/* What a fixed number of pairs is drawn with. */
struct total_draw {
	const struct spk_connect_task *task;
	uint64_t sources_biased, targets_biased;
	unsigned char *seen; /* bits of pairs that there are, NULL with multapses */
	struct blocks blocks;
};

/* Mark a pair that is drawn for the first time. */
static int is_new(unsigned char *seen, uint64_t pair)
{
	const unsigned bit = 1u << pair % 8;
	const int is_old = (seen[pair / 8] & bit) != 0;

	seen[pair / 8] = (unsigned char)(seen[pair / 8] | bit);
	return !is_old;
}

/* Edges number k .. last - 1, for which there is room. */
static void draw_pairs(struct total_draw *d, uint64_t k, uint64_t last, struct spk_edges *e)
{
	const struct spk_connect_task *task = d->task;
	const uint64_t n_source = task->n_source, n_target = task->n_target;
	const uint64_t lo = task->target_lo, n_own = task->target_hi - lo;
	const int all = task->projection->autapses || !is_same_population(task);
	uint64_t source, target;

	for (; k < last; k++) {
		do {
			source = next_below(&d->blocks, n_source, d->sources_biased);
			target = next_below(&d->blocks, n_target, d->targets_biased);
		} while ((!all && source == target) ||
			 (d->seen && !is_new(d->seen, source * n_target + target)));
		put_edge(e, source, target, k);
		e->n -= target - lo >= n_own; /* which target is whose cannot be predicted: no branch */
	}
}

/* Edge number k draws (source, target) from its own stream; without multapses a bit set finds repeats. */
static int connect_total(const struct spk_connect_task *task, struct spk_edges *e, struct spk_error *err)
{
	enum { PIECE = 1024 };
	const struct spk_projection *p = task->projection;
	const uint64_t pairs = task->n_source * task->n_target;
	const uint64_t diagonal = !p->autapses && is_same_population(task) ? task->n_source : 0;
	int rc = SPK_OK;

	if (p->n == 0)
		return SPK_OK;
	if (pairs <= diagonal || (!p->multapses && pairs - diagonal < p->n))
		return spk_fail(err, SPK_E_INVALID,
			"projection %s: %llu synapses do not fit between %llu pairs", p->name,
			(unsigned long long)p->n, (unsigned long long)(pairs - diagonal));
	struct total_draw d = {.task = task,
		.sources_biased = (0 - task->n_source) % task->n_source,
		.targets_biased = (0 - task->n_target) % task->n_target,
		.seen = p->multapses ? NULL : calloc(pairs / 8 + 1, 1),
		.blocks = {.rng = spk_rng_stream(task->seed, SPK_RNG_CONNECT, spk_connect_drawn(task), 0),
			.next = MANY}};
	if (!p->multapses && !d.seen)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for connections");
	for (uint64_t k = 0; !rc && k < p->n; k += PIECE) {
		const uint64_t last = k + PIECE < p->n ? k + PIECE : p->n;
		rc = reserve_edges(e, e->n + PIECE, task->keep_ids, err);
		if (!rc)
			draw_pairs(&d, k, last, e);
	}
	free(d.seen);
	return rc;
}

static int connect_list(const struct spk_connect_task *task, struct spk_edges *e, struct spk_error *err)
{
	const struct spk_projection *p = task->projection;
	int rc = SPK_OK;

	for (uint64_t k = 0; !rc && k < p->n_list; k++) {
		if (p->post[k] < task->target_lo || p->post[k] >= task->target_hi)
			continue;
		rc = reserve_edges(e, e->n + 1, task->keep_ids, err);
		if (!rc)
			put_edge(e, p->pre[k], p->post[k], k);
	}
	return rc;
}

static int connect_units(
	const struct spk_connect_task *task, struct spk_edges *ret_edges, struct spk_error *err)
{
	static int (*const rules[])(
		const struct spk_connect_task *, struct spk_edges *, struct spk_error *) = {
		[SPK_CONNECT_ALL] = connect_all,
		[SPK_CONNECT_ONE] = connect_one,
		[SPK_CONNECT_IN_DEGREE] = connect_degree,
		[SPK_CONNECT_OUT_DEGREE] = connect_degree,
		[SPK_CONNECT_PROBABILITY] = connect_probability,
		[SPK_CONNECT_TOTAL] = connect_total,
		[SPK_CONNECT_LIST] = connect_list,
	};
	struct spk_edges edges = {0};
	const int rc = rules[task->projection->connect](task, &edges, err);

	if (rc) {
		spk_edges_clear(&edges);
		return rc;
	}
	if (task->projection->connect == SPK_CONNECT_ALL || task->projection->connect == SPK_CONNECT_ONE)
		edges.by_target = 1;
	*ret_edges = edges;
	return SPK_OK;
}

/* All copies of the source of each edge to all copies of its target that belong to the task. */
static int expand_edges(const struct spk_connect_task *task, uint64_t n_from, uint64_t n_to,
	const struct spk_edges *units, struct spk_edges *ret_edges, struct spk_error *err)
{
	struct spk_edges e = {0};

	for (uint64_t k = 0; k < units->n; k++) {
		const uint64_t source = units->source[k] * n_from, target = units->target[k] * n_to;
		const int rc = reserve_edges(&e, e.n + n_from * n_to, task->keep_ids, err);
		if (rc) {
			spk_edges_clear(&e);
			return rc;
		}
		for (uint64_t j = target; j < target + n_to; j++)
			for (uint64_t i = source; i < source + n_from; i++)
				if (j >= task->target_lo && j < task->target_hi)
					put_edge(&e, i, j, units->id ? units->id[k] : 0);
	}
	*ret_edges = e;
	return SPK_OK;
}

int spk_connect(const struct spk_connect_task *task, struct spk_edges *ret_edges, struct spk_error *err)
{
	const uint64_t n_from = task->source_copies ? task->source_copies : 1;
	const uint64_t n_to = task->target_copies ? task->target_copies : 1;
	struct spk_connect_task units = *task;
	struct spk_edges edges = {0};

	if (n_from == 1 && n_to == 1)
		return connect_units(task, ret_edges, err);
	units.n_source /= n_from;
	units.n_target /= n_to;
	units.target_lo /= n_to;
	units.target_hi = (task->target_hi + n_to - 1) / n_to;
	int rc = connect_units(&units, &edges, err);
	if (!rc)
		rc = expand_edges(task, n_from, n_to, &edges, ret_edges, err);
	spk_edges_clear(&edges);
	return rc;
}

double spk_connect_expected(const struct spk_connect_task *task)
{
	const struct spk_projection *p = task->projection;
	const double own = (double)(task->target_hi - task->target_lo);
	const double share = task->n_target ? own / (double)task->n_target : 0;

	switch (p->connect) {
	case SPK_CONNECT_ALL:
		return (double)task->n_source * own;
	case SPK_CONNECT_ONE:
		return own;
	case SPK_CONNECT_IN_DEGREE:
		return (double)p->n * own;
	case SPK_CONNECT_OUT_DEGREE:
		return (double)p->n * (double)task->n_source * share;
	case SPK_CONNECT_PROBABILITY:
		return p->p * (double)task->n_source * own;
	case SPK_CONNECT_TOTAL:
		return (double)p->n * share;
	case SPK_CONNECT_LIST:
		return (double)p->n_list * share;
	}
	return 0;
}
