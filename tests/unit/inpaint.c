/* Masks: exactly half, the half that they name. In-painting: visible pixels stay, the rest as in plain loops.
 */
#include "models/stack/inpaint.h"

#include "tests/parallel.h"
#include "tests/test.h"

enum { MAX_PIXELS = 64 };

static size_t count_hidden(size_t n, const unsigned char *visible)
{
	size_t hidden = 0;

	for (size_t k = 0; k < n; k++)
		hidden += visible[k] == 0;
	return hidden;
}

static void masks_hide_exactly_half(void)
{
	struct spk_error err;
	unsigned char visible[MAX_PIXELS];

	for (int kind = SPK_MASK_TOP; kind <= SPK_MASK_RANDOM; kind++)
		for (size_t height = 1; height <= 8; height++)
			for (size_t width = 1; width <= 8; width++) {
				const size_t n = height * width;
				memset(visible, 7, sizeof visible);
				CHECK(spk_mask((enum spk_mask_kind)kind, height, width, 1, 2, visible,
					      &err) == SPK_OK);
				CHECK(count_hidden(n, visible) == n / 2);
				for (size_t k = 0; k < n; k++)
					CHECK(visible[k] <= 1);
				CHECK(n == MAX_PIXELS || visible[n] == 7);
			}
}

static void masks_hide_the_side_that_they_name(void)
{
	struct spk_error err;
	unsigned char visible[4][4 * 6];

	for (int kind = SPK_MASK_TOP; kind <= SPK_MASK_RIGHT; kind++)
		CHECK(spk_mask((enum spk_mask_kind)kind, 4, 6, 1, 2, visible[kind], &err) == SPK_OK);
	for (size_t row = 0; row < 4; row++)
		for (size_t column = 0; column < 6; column++) {
			const size_t k = row * 6 + column;
			CHECK(visible[SPK_MASK_TOP][k] == (row >= 2));
			CHECK(visible[SPK_MASK_BOTTOM][k] == (row < 2));
			CHECK(visible[SPK_MASK_LEFT][k] == (column >= 3));
			CHECK(visible[SPK_MASK_RIGHT][k] == (column < 3));
		}
}

static void random_masks_differ_and_hide_all_pixels_alike(void)
{
	enum { N_MASKS = 2000, N = 20 };
	struct spk_error err;
	unsigned char visible[N], again[N];
	size_t hidden[N] = {0}, same = 0, n_other = 0;

	for (uint64_t id = 0; id < N_MASKS; id++) {
		CHECK(spk_mask(SPK_MASK_RANDOM, 4, 5, 9, id, visible, &err) == SPK_OK);
		CHECK(spk_mask(SPK_MASK_RANDOM, 4, 5, 9, id, again, &err) == SPK_OK);
		same += memcmp(visible, again, N) == 0;
		CHECK(spk_mask(SPK_MASK_RANDOM, 4, 5, 10, id, again, &err) == SPK_OK);
		n_other += memcmp(visible, again, N) != 0;
		for (size_t k = 0; k < N; k++)
			hidden[k] += visible[k] == 0;
	}
	CHECK(same == N_MASKS);
	CHECK(n_other > N_MASKS * 99 / 100);
	for (size_t k = 0; k < N; k++)
		CHECK_ABS((double)hidden[k] / N_MASKS, 0.5, 5 * 0.5 / sqrt(N_MASKS),
			"five standard deviations");
}

/* ---- Rounds ------------------------------------------------------------------------------------- */

enum { N_LAYERS = 3, N_ITEMS = 5, MAX_SIZE = 9, N_ROUNDS = 4 };

static const size_t sizes[N_LAYERS] = {9, 6, 4};
static const char *const units[N_LAYERS] = {"sigmoid", "softplus", "sigmoid"};

/* A net whose arrays live here. */
struct small_net {
	struct spk_net net;
	float numbers[2 * (N_LAYERS - 1)][(MAX_SIZE + 1) * MAX_SIZE];
};

static void set_map(uint64_t *seed, size_t from, size_t to, float *numbers, struct spk_map *map)
{
	*map = (struct spk_map){.n_in = sizes[from],
		.n_out = sizes[to],
		.weight = numbers,
		.bias = numbers + sizes[from] * sizes[to],
		.unit = spk_find_unit(units[to])};
	for (size_t k = 0; k < (sizes[from] + 1) * sizes[to]; k++)
		numbers[k] = (float)test_uniform(seed, -1, 1);
}

static void set_net(uint64_t *seed, struct small_net *small)
{
	small->net = (struct spk_net){.n_layers = N_LAYERS};
	for (size_t l = 0; l < N_LAYERS; l++)
		small->net.size[l] = sizes[l];
	for (size_t l = 0; l + 1 < N_LAYERS; l++) {
		set_map(seed, l, l + 1, small->numbers[2 * l], &small->net.encoder[l]);
		set_map(seed, l + 1, l, small->numbers[2 * l + 1], &small->net.decoder[l]);
	}
}

static void plain_map(const struct spk_map *map, const double *in, double *out)
{
	for (size_t j = 0; j < map->n_out; j++) {
		double a = (double)map->bias[j];
		for (size_t k = 0; k < map->n_in; k++)
			a += (double)map->weight[j * map->n_in + k] * in[k];
		out[j] = map->unit->value(a);
	}
}

/* d = f(h_{l-1}) - f(g(h_l)) */
static void plain_difference(const struct spk_net *net, double h[N_LAYERS][MAX_SIZE], size_t l, double *d)
{
	double image[MAX_SIZE], up[MAX_SIZE], back[MAX_SIZE];

	plain_map(&net->encoder[l - 1], h[l - 1], up);
	plain_map(&net->decoder[l - 1], h[l], image);
	plain_map(&net->encoder[l - 1], image, back);
	for (size_t j = 0; j < net->size[l]; j++)
		d[j] = up[j] - back[j];
}

/* Algorithm 2's INFERENCE on h[0], then its missing pixels anew. */
static void plain_round(const struct spk_net *net, const struct spk_inference *inference,
	const unsigned char *visible, double h[N_LAYERS][MAX_SIZE])
{
	double d[MAX_SIZE], above[MAX_SIZE], image[MAX_SIZE];

	plain_map(&net->encoder[0], h[0], h[1]);
	plain_map(&net->encoder[1], h[1], h[2]);
	for (uint64_t step = 0; step < inference->steps; step++) {
		plain_difference(net, h, 2, d);
		for (size_t j = 0; j < net->size[2]; j++)
			h[2][j] += inference->delta * d[j];
		plain_difference(net, h, 1, d);
		plain_map(&net->decoder[1], h[2], above);
		for (size_t j = 0; j < net->size[1]; j++)
			h[1][j] += inference->delta * d[j] + inference->alpha * (above[j] - h[1][j]);
	}
	plain_map(&net->decoder[0], h[1], image);
	for (size_t k = 0; k < net->size[0]; k++)
		h[0][k] = visible[k] ? h[0][k] : image[k];
}

static void rounds_are_those_of_plain_loops(void)
{
	const struct spk_inference inference = {.steps = 6, .delta = 0.2, .alpha = 0.1};

	PROPERTY(10, seed)
	{
		struct spk_error err;
		struct small_net small;
		struct spk_batch batch;
		unsigned char visible[N_ITEMS * MAX_SIZE];
		float before[N_ITEMS * MAX_SIZE];
		double plain[N_ITEMS][N_LAYERS][MAX_SIZE];

		set_net(&seed, &small);
		if (!CHECK(spk_batch_init(&small.net, N_ITEMS, &batch, &err) == SPK_OK))
			return;
		batch.n = N_ITEMS;
		for (size_t i = 0; i < N_ITEMS; i++) {
			CHECK(spk_mask(SPK_MASK_RANDOM, 3, 3, seed, i, visible + i * 9, &err) == SPK_OK);
			for (size_t k = 0; k < 9; k++) {
				before[i * 9 + k] = batch.h[0][i * 9 + k] = (float)test_uniform(&seed, 0, 1);
				plain[i][0][k] = (double)before[i * 9 + k];
			}
		}
		for (int round = 0; round < N_ROUNDS; round++) {
			spk_inpaint_round(NULL, &small.net, &inference, NULL, visible, NULL, &batch);
			for (size_t i = 0; i < N_ITEMS; i++)
				plain_round(&small.net, &inference, visible + i * 9, plain[i]);
		}
		for (size_t k = 0; k < N_ITEMS * 9; k++) {
			if (visible[k])
				CHECK(memcmp(&batch.h[0][k], &before[k], sizeof before[k]) == 0);
			else
				CHECK(batch.h[0][k] != before[k]);
			CHECK_ABS((double)batch.h[0][k], plain[k / 9][0][k % 9], 1e-5,
				"some hundred roundings of 6e-8 in single precision");
		}
		spk_batch_clear(&batch);
	}
}

TEST_MAIN(TEST(masks_hide_exactly_half), TEST(masks_hide_the_side_that_they_name),
	TEST(random_masks_differ_and_hide_all_pixels_alike), TEST(rounds_are_those_of_plain_loops))
