#include "models/stack/noise.h"

#include "models/math/normal.h"
#include "models/math/philox.h"
#include "models/stack/blas.h"

/* Rows of one piece of work; normals made at once, a multiple of what normal.c makes from a batch. */
enum { ROWS = 8, PIECE = 256 };

struct job {
	struct spk_rng noise;
	size_t n, size;
	const float *h;
	float *out;
	float sd;
	uint64_t draws;
};

static struct spk_rng row_stream(const struct job *job, size_t row)
{
	struct spk_rng rng = job->noise;

	rng.id += row;
	return rng;
}

static void add_to_rows(void *context, unsigned chunk)
{
	const struct job *job = context;
	float z[PIECE];

	for (size_t row = (size_t)chunk * ROWS; row < job->n && row < ((size_t)chunk + 1) * ROWS; row++) {
		const struct spk_rng rng = row_stream(job, row);
		for (size_t first = 0; first < job->size; first += PIECE) {
			const size_t at = row * job->size + first;
			const size_t count = job->size - first < PIECE ? job->size - first : PIECE;
			spk_normal_fill(&rng, rng.draw + spk_normal_blocks(first), count, z);
			for (size_t k = 0; k < count; k++)
				job->out[at + k] = job->h[at + k] + job->sd * z[k];
		}
	}
}

static void draw_rows(void *context, unsigned chunk)
{
	const struct job *job = context;

	for (size_t row = (size_t)chunk * ROWS; row < job->n && row < ((size_t)chunk + 1) * ROWS; row++) {
		struct spk_draws draws = spk_draws_of(row_stream(job, row));
		for (size_t k = row * job->size; k < (row + 1) * job->size; k++) {
			const double p = (double)job->h[k];
			uint64_t n_ones = 0;
			for (uint64_t d = 0; d < job->draws; d++)
				n_ones += spk_draws_uniform(&draws) < p;
			job->out[k] = (float)((double)n_ones / (double)job->draws);
		}
	}
}

static void run_rows(const struct spk_parallel *parallel, void (*work)(void *context, unsigned chunk),
	const struct job *job)
{
	spk_run_parallel(parallel, (unsigned)((job->n + ROWS - 1) / ROWS), work, (void *)job);
}

void spk_noise_add(const struct spk_parallel *parallel, struct spk_rng *noise, double sd, size_t n,
	size_t size, const float *h, float *out)
{
	const struct job job = {.noise = *noise, .n = n, .size = size, .h = h, .out = out, .sd = (float)sd};

	run_rows(parallel, add_to_rows, &job);
	noise->draw += spk_normal_blocks(size);
}

void spk_noise_bernoulli(const struct spk_parallel *parallel, struct spk_rng *noise, uint64_t draws, size_t n,
	size_t size, const float *h, float *out)
{
	const struct job job = {.noise = *noise, .n = n, .size = size, .h = h, .out = out, .draws = draws};
	const uint64_t n_blocks = (size * draws + 1) / 2;

	run_rows(parallel, draw_rows, &job);
	noise->draw += (n_blocks + SPK_PHILOX_BATCH - 1) / SPK_PHILOX_BATCH * SPK_PHILOX_BATCH;
}

const float *spk_noise_corrupt(const struct spk_parallel *parallel, const struct spk_stack_layer *layer,
	int for_decoder, struct spk_rng *noise, size_t n, const float *h, float *room)
{
	if (for_decoder && layer->draws > 0)
		spk_noise_bernoulli(parallel, noise, layer->draws, n, layer->size, h, room);
	else if (layer->corruption > 0)
		spk_noise_add(parallel, noise, layer->corruption, n, layer->size, h, room);
	else
		return h;
	return room;
}
