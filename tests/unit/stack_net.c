/* Products, initial weights and propagation of a stack against plain loops. */
#include "tests/stack_fixture.h"

/* ---- Products ----------------------------------------------------------------------------------- */

static size_t at(int transposed, size_t i, size_t k, size_t n_i, size_t n_k)
{
	return transposed ? k * n_i + i : i * n_k + k;
}

static void count_columns(void *context, struct spk_block block)
{
	size_t *counts = context;

	counts[block.index] = block.first * 1000 + block.count;
}

static void products_equal_plain_loops(void)
{
	const size_t shapes[][3] = {{1, 1, 1}, {3, 5, 7}, {17, 97, 30}, {9, 385, 12}, {2, 1600, 3}};

	PROPERTY(5, seed)
	{
		const size_t m = shapes[seed - 1][0], n = shapes[seed - 1][1], inner = shapes[seed - 1][2];
		float *a = malloc(m * inner * sizeof *a), *b = malloc(inner * n * sizeof *b),
		      *c = malloc(m * n * sizeof *c);
		double *da = malloc(m * inner * sizeof *da), *db = malloc(inner * n * sizeof *db),
		       *dc = malloc(m * n * sizeof *dc);
		for (size_t k = 0; k < m * inner; k++)
			a[k] = (float)test_uniform(&seed, -1, 1), da[k] = (double)a[k];
		for (size_t k = 0; k < inner * n; k++)
			b[k] = (float)test_uniform(&seed, -1, 1), db[k] = (double)b[k];
		for (int form = 0; form < 3; form++) {
			size_t counts[SPK_PRODUCT_MAX_BLOCKS] = {0}, next = 0;
			for (size_t k = 0; k < m * n; k++)
				c[k] = NAN, dc[k] = 1; /* c is overwritten, dc added to */
			spk_product(NULL,
				&(struct spk_product){form, m, n, inner, a, b, c, count_columns, counts});
			spk_product_double(
				NULL, &(struct spk_product_double){form, m, n, inner, da, db, dc, 1});
			for (size_t i = 0; i < m; i++)
				for (size_t j = 0; j < n; j++) {
					double want = 0;
					for (size_t k = 0; k < inner; k++)
						want += da[at(form == SPK_PRODUCT_AT_B, i, k, m, inner)] *
							db[at(form == SPK_PRODUCT_A_BT, k, j, inner, n)];
					CHECK_ABS((double)c[i * n + j], want, (double)inner * 6e-8 * 2,
						"inner roundings of terms below 1, twice");
					CHECK_ABS(dc[i * n + j], 1 + want, (double)inner * 3e-16, "the same");
				}
			for (unsigned k = 0; k < spk_product_blocks(n); k++) {
				CHECK(counts[k] / 1000 == next);
				next += counts[k] % 1000;
			}
			CHECK(next == n); /* every column belongs to one block */
		}
		free(a), free(b), free(c), free(da), free(db), free(dc);
	}
}

/* ---- Initial weights ---------------------------------------------------------------------------- */

/* Rows (or columns, where there are fewer) are orthogonal and of the given length. */
static void check_orthogonal(const struct spk_map *map, double gain)
{
	const int by_rows = map->n_out <= map->n_in;
	const size_t n = by_rows ? map->n_out : map->n_in, m = by_rows ? map->n_in : map->n_out;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++) {
			double sum = 0;
			for (size_t k = 0; k < m; k++)
				sum += (double)map->weight[by_rows ? i * m + k : k * n + i] *
				       (double)map->weight[by_rows ? j * m + k : k * n + j];
			CHECK_ABS(sum, i == j ? gain * gain : 0, 1e-6, "weights are rounded to 6e-8");
		}
}

static void initial_weights_are_orthogonal(void)
{
	const size_t size[] = {60, 90, 25};
	struct fixture f, other;

	fixture_describe(&f, 3, size);
	f.layers[1].decoder_gain = 0.5;
	if (!fixture_build(&f, 1, 3))
		return;
	check_orthogonal(&f.net.encoder[0], 1.5);
	check_orthogonal(&f.net.decoder[0], 1.5);
	check_orthogonal(&f.net.encoder[1], 1.5);
	check_orthogonal(&f.net.decoder[1], 0.5);
	for (size_t k = 0; k < 25; k++)
		CHECK_ABS((double)f.net.encoder[1].bias[k], 0, 1e-8, "0.1 * 2 - 0.2 in single precision");
	for (size_t k = 0; k < 90; k++)
		CHECK((double)f.net.decoder[1].bias[k] == (double)-0.1f);

	/* the same seed: the same weights, also beside other layers; another seed or direction: others */
	fixture_describe(&other, 2, size);
	if (fixture_build(&other, 1, 3)) {
		CHECK(memcmp(other.net.encoder[0].weight, f.net.encoder[0].weight, 5400 * sizeof(float)) ==
			0);
		CHECK(memcmp(other.net.decoder[0].weight, f.net.decoder[0].weight, 5400 * sizeof(float)) ==
			0);
		/* not the transposed one */
		CHECK((double)other.net.decoder[0].weight[1] != (double)f.net.encoder[0].weight[60]);
	}
	fixture_clear(&other);
	fixture_describe(&other, 2, size);
	if (fixture_build(&other, 1, 4))
		CHECK(memcmp(other.net.encoder[0].weight, f.net.encoder[0].weight, 5400 * sizeof(float)) !=
			0);
	fixture_clear(&other);
	fixture_clear(&f);
}

/* An even distribution has entries of mean 0 and variance 1/n: QR without care makes some always negative. */
static void initial_weights_are_evenly_distributed(void)
{
	const size_t size[] = {4, 4};
	double corner = 0, square = 0;

	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct fixture f;
		fixture_describe(&f, 2, size);
		f.layers[1].gain = 1;
		if (fixture_build(&f, 1, seed)) {
			corner += (double)f.net.encoder[0].weight[0] / 400;
			square +=
				(double)f.net.encoder[0].weight[0] * (double)f.net.encoder[0].weight[0] / 400;
		}
		fixture_clear(&f);
	}
	CHECK_ABS(corner, 0, 5 * 0.5 / 20, "5 standard errors of 400 entries of sd 1/2");
	CHECK_ABS(square, 0.25, 5 * 0.25 / 20, "w^2 on the 3-sphere has an sd below 1/4");
}

static void bad_shapes_are_refused(void)
{
	const size_t size[] = {5, 0, 3};
	struct spk_error err = {0};
	struct fixture f;

	fixture_describe(&f, 3, size);
	CHECK(spk_net_init(&f.stack, 1, &f.net, &err) == SPK_E_INVALID && strstr(err.text, "layer 1"));
	f.stack.n_layers = 1;
	CHECK(spk_net_init(&f.stack, 1, &f.net, &err) == SPK_E_INVALID);
	CHECK(f.net.n_layers == 0);
}

/* ---- Propagation -------------------------------------------------------------------------------- */

static void maps_equal_plain_loops(void)
{
	const size_t size[] = {40, 101, 30, 7};
	struct fixture f;

	fixture_describe(&f, 4, size);
	if (fixture_build(&f, 9, 12))
		for (size_t l = 0; l < 3; l++) {
			const struct spk_map *map = &f.net.encoder[l];
			for (size_t i = 0; i < 9; i++) {
				double in[128], want[128];
				plain_row(f.batch.h[l], map->n_in, i, in);
				plain_apply(map, in, want);
				for (size_t k = 0; k < map->n_out; k++)
					CHECK_ABS((double)f.batch.h[l + 1][i * map->n_out + k], want[k], 5e-6,
						"40 to 101 roundings of sums of size 3");
			}
			spk_map_input(NULL, map, 9, f.batch.h[l], f.batch.scratch[0]);
			for (size_t i = 0; i < 9; i++) {
				double in[128];
				plain_row(f.batch.h[l], map->n_in, i, in);
				for (size_t k = 0; k < map->n_out; k++)
					CHECK_ABS((double)f.batch.scratch[0][i * map->n_out + k],
						plain_input(map, k, in), 5e-6, "the same");
			}
		}
	fixture_clear(&f);
}

static void centring_makes_the_mean_input_the_bias(void)
{
	const size_t size[] = {20, 30, 10};
	struct spk_error err = {0};
	struct fixture f;

	fixture_describe(&f, 3, size);
	f.layers[2].centre = 1;
	f.layers[2].bias = -0.7;
	if (fixture_build(&f, 50, 5) &&
		CHECK(spk_net_centre(NULL, &f.stack, 50, f.batch.h[0], &f.net, &err) == SPK_OK)) {
		spk_map_input(NULL, &f.net.encoder[1], 50, f.batch.h[1], f.batch.scratch[0]);
		for (size_t k = 0; k < 10; k++) {
			double mean = 0;
			for (size_t i = 0; i < 50; i++)
				mean += (double)f.batch.scratch[0][i * 10 + k] / 50;
			CHECK_ABS(mean, -0.7, 1e-5, "rounding");
		}
		CHECK((double)f.net.encoder[0].bias[3] == (double)-0.1f); /* not asked for */
	}
	fixture_clear(&f);
}

TEST_MAIN(TEST(products_equal_plain_loops), TEST(initial_weights_are_orthogonal),
	TEST(initial_weights_are_evenly_distributed), TEST(bad_shapes_are_refused),
	TEST(maps_equal_plain_loops), TEST(centring_makes_the_mean_input_the_bias))
