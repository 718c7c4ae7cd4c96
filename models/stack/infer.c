#include "models/stack/infer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/levels.h"
#include "models/stack/noise.h"

/* What lies in the scratch rows during a step of layer l. */
enum { BELOW, UP, ABOVE, BACK };

int spk_batch_init(const struct spk_net *net, size_t room, struct spk_batch *ret_batch, struct spk_error *err)
{
	struct spk_batch batch = {.n = room, .room = room, .n_layers = net->n_layers};
	size_t largest = 0;
	int is_complete;

	for (size_t l = 0; l < net->n_layers; l++)
		largest = net->size[l] > largest ? net->size[l] : largest;
	batch.up = calloc(room * net->size[1], sizeof *batch.up);
	is_complete = batch.up != NULL;
	for (size_t l = 0; l < net->n_layers; l++) {
		batch.h[l] = calloc(room * net->size[l], sizeof *batch.h[l]);
		is_complete &= batch.h[l] != NULL;
	}
	for (size_t k = 0; k < 4; k++) {
		batch.scratch[k] = calloc(room * largest, sizeof *batch.scratch[k]);
		is_complete &= batch.scratch[k] != NULL;
	}
	if (!is_complete) {
		spk_batch_clear(&batch);
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu items of a stack", room);
	}
	*ret_batch = batch;
	return SPK_OK;
}

void spk_batch_clear(struct spk_batch *batch)
{
	for (size_t l = 0; l < batch->n_layers; l++)
		free(batch->h[l]);
	for (size_t k = 0; k < 4; k++)
		free(batch->scratch[k]);
	free(batch->up);
	*batch = (struct spk_batch){0};
}

void spk_encode(const struct spk_parallel *parallel, const struct spk_net *net, struct spk_batch *batch)
{
	for (size_t l = 0; l + 1 < net->n_layers; l++)
		spk_map_apply(parallel, &net->encoder[l], batch->n, batch->h[l], batch->h[l + 1]);
	memcpy(batch->up, batch->h[1], batch->n * net->size[1] * sizeof *batch->up);
}

/* ---- Steps -------------------------------------------------------------------------------------- */

/* What to do with the difference up - back (up may be NULL: then the difference is `back` itself). */
struct move {
	size_t n, size;
	const float *up, *back;
	const float *above; /* prediction from above, or NULL */
	float *to;          /* h_l; or where to put the difference */
	float delta, alpha;
};

SPK_FOR_EACH_LEVEL static void approach(size_t n, float step, const float *target, float *h)
{
	for (size_t k = 0; k < n; k++)
		h[k] += step * (target[k] - h[k]);
}

SPK_FOR_EACH_LEVEL static void add_difference(
	size_t n, float step, const float *up, const float *back, float *h)
{
	for (size_t k = 0; k < n; k++)
		h[k] += step * (up[k] - back[k]);
}

SPK_FOR_EACH_LEVEL static void add_direction(size_t n, float step, const float *d, float *h)
{
	for (size_t k = 0; k < n; k++)
		h[k] += step * d[k];
}

static void move_block(void *context, struct spk_block block)
{
	const struct move *m = context;

	for (size_t i = 0; i < m->n; i++) {
		const size_t at = i * m->size + block.first;
		if (m->above)
			approach(block.count, m->alpha, m->above + at, m->to + at);
		if (m->up)
			add_difference(block.count, m->delta, m->up + at, m->back + at, m->to + at);
		else
			add_direction(block.count, m->delta, m->back + at, m->to + at);
	}
}

static void write_difference(void *context, struct spk_block block)
{
	const struct move *m = context;

	for (size_t i = 0; i < m->n; i++)
		for (size_t at = i * m->size + block.first; at < i * m->size + block.first + block.count;
			at++)
			m->to[at] = m->up ? m->up[at] - m->back[at] : m->back[at];
}

/* y = g(h_l) is there: room = (h_{l-1} - y) times the slope of g. */
struct error {
	size_t n;
	const struct spk_map *map;
	const float *target;
	float *y, *room;
};

static void weigh_error(void *context, struct spk_block block)
{
	const struct error *e = context;

	for (size_t i = 0; i < e->n; i++) {
		const size_t at = i * e->map->n_out + block.first;
		float *d = e->room + at;
		for (size_t k = 0; k < block.count; k++)
			d[k] = e->target[at + k] - e->y[at + k];
		e->map->unit->apply_slope(block.count, e->y + at, d);
	}
}

/* Compute the difference of layer l and hand it to `use`, block by block of its columns. */
static void find_difference(const struct spk_parallel *parallel, const struct spk_net *net,
	enum spk_estimator estimator, const struct spk_map *random, size_t l, struct spk_batch *batch,
	void (*use)(void *context, struct spk_block block), struct move *move)
{
	const struct spk_map *decoder = &net->decoder[l - 1], *encoder = &net->encoder[l - 1];
	float *below = batch->scratch[BELOW], *back = batch->scratch[BACK];

	move->n = batch->n;
	move->size = net->size[l];
	move->back = back;
	if (estimator == SPK_ESTIMATOR_TARGET_PROP) {
		if (!move->up) {
			spk_map_apply(parallel, encoder, batch->n, batch->h[l - 1], batch->scratch[UP]);
			move->up = batch->scratch[UP];
		}
		spk_map_apply(parallel, decoder, batch->n, batch->h[l], below);
		spk_map_apply_then(parallel, encoder, batch->n, below, back, use, move);
		return;
	}
	struct error error = {.n = batch->n,
		.map = decoder,
		.target = batch->h[l - 1],
		.y = below,
		.room = batch->scratch[UP]};
	const struct spk_product product = {.form = SPK_PRODUCT_A_B,
		.rows = batch->n,
		.columns = net->size[l],
		.inner = net->size[l - 1],
		.a = error.room,
		.b = estimator == SPK_ESTIMATOR_RANDOM ? random[l - 1].weight : decoder->weight,
		.c = back,
		.finish = use,
		.context = move};

	move->up = NULL;
	spk_map_apply_then(parallel, decoder, batch->n, batch->h[l], below, weigh_error, &error);
	spk_product(parallel, &product);
}

void spk_infer_step(const struct spk_parallel *parallel, const struct spk_net *net,
	const struct spk_inference *inference, const struct spk_map *random, struct spk_rng *noise,
	struct spk_batch *batch)
{
	for (size_t l = net->n_layers - 1; l > 0; l--) {
		struct move move = {.up = l == 1 ? batch->up : NULL,
			.to = batch->h[l],
			.delta = (float)inference->delta,
			.alpha = (float)inference->alpha};
		if (l + 1 < net->n_layers && inference->alpha > 0) {
			move.above = batch->scratch[ABOVE];
			spk_map_apply(
				parallel, &net->decoder[l], batch->n, batch->h[l + 1], batch->scratch[ABOVE]);
		}
		find_difference(parallel, net, inference->estimator, random, l, batch, move_block, &move);
		if (inference->temperature > 0)
			spk_noise_add(parallel, noise, sqrt(2 * inference->delta * inference->temperature),
				batch->n, net->size[l], batch->h[l], batch->h[l]);
	}
}

void spk_infer(const struct spk_parallel *parallel, const struct spk_net *net,
	const struct spk_inference *inference, const struct spk_map *random, struct spk_rng *noise,
	struct spk_batch *batch)
{
	spk_encode(parallel, net, batch);
	for (uint64_t k = 0; k < inference->steps; k++)
		spk_infer_step(parallel, net, inference, random, noise, batch);
}

void spk_infer_difference(const struct spk_parallel *parallel, const struct spk_net *net,
	enum spk_estimator estimator, const struct spk_map *random, size_t l, struct spk_batch *batch,
	float *ret)
{
	struct move move = {.to = ret};

	find_difference(parallel, net, estimator, random, l, batch, write_difference, &move);
}
