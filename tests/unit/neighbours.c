/* Nearest neighbours and k-means centroids against brute force, on ties, near ties and separated blobs. */
#include "models/stack/centroids.h"
#include "models/stack/nearest.h"

#include "tests/parallel.h"
#include "tests/test.h"

static double plain_distance(size_t n_dims, const unsigned char *visible, const float *a, const float *b)
{
	double sum = 0;

	for (size_t d = 0; d < n_dims; d++)
		if (!visible || visible[d])
			sum += ((double)a[d] - (double)b[d]) * ((double)a[d] - (double)b[d]);
	return sum;
}

static size_t plain_nearest(
	size_t n_dims, const unsigned char *visible, size_t n, const float *points, const float *query)
{
	size_t best = 0;

	for (size_t k = 1; k < n; k++)
		if (plain_distance(n_dims, visible, query, points + k * n_dims) <
			plain_distance(n_dims, visible, query, points + best * n_dims))
			best = k;
	return best;
}

/* What a coordinate is drawn as. Sums of squared differences are exact in double precision for all. */
enum kind {
	GRID,  /* 0, 1 or 2: many ties */
	FINE,  /* multiples of 2^-20 in [0, 1) */
	CLOSE, /* 4096 + multiples of 2^-11 below 2^-6: single-precision products say nothing */
	N_KINDS
};

static float draw_coordinate(uint64_t *seed, enum kind kind)
{
	if (kind == GRID)
		return (float)(test_random(seed) % 3);
	if (kind == FINE)
		return (float)(test_random(seed) % 1048576) * 0x1p-20F;
	return 4096 + (float)(test_random(seed) % 32) * 0x1p-11F;
}

static float *draw_points(uint64_t *seed, size_t n, enum kind kind)
{
	float *points = malloc(n * sizeof *points);

	for (size_t k = 0; points && k < n; k++)
		points[k] = draw_coordinate(seed, kind);
	return points;
}

static unsigned char *draw_masks(uint64_t *seed, size_t n)
{
	unsigned char *masks = malloc(n);

	for (size_t k = 0; masks && k < n; k++)
		masks[k] = test_random(seed) % 2 == 0;
	return masks;
}

/* Hidden values of the queries are NAN: they must not be read. */
static void hide(size_t n, const unsigned char *visible, float *queries)
{
	for (size_t k = 0; k < n; k++)
		if (!visible[k])
			queries[k] = NAN;
}

static void check_nearest(
	uint64_t *seed, enum kind kind, int masked, size_t n_dims, size_t n_points, size_t n_queries)
{
	struct spk_error err;
	float *points = draw_points(seed, n_points * n_dims, kind),
	      *queries = draw_points(seed, n_queries * n_dims, kind);
	unsigned char *visible = draw_masks(seed, n_queries * n_dims);
	size_t *found = malloc(n_queries * sizeof *found);

	if (CHECK(points && queries && visible && found)) {
		if (masked)
			hide(n_queries * n_dims, visible, queries);
		CHECK(spk_nearest_point(NULL, n_dims, masked ? visible : NULL, n_points, points, n_queries,
			      queries, found, &err) == SPK_OK);
		for (size_t i = 0; i < n_queries; i++)
			CHECK(found[i] == plain_nearest(n_dims, masked ? visible + i * n_dims : NULL,
						  n_points, points, queries + i * n_dims));
	}
	free(points);
	free(queries);
	free(visible);
	free(found);
}

static void nearest_is_that_of_brute_force(void)
{
	for (int kind = 0; kind < N_KINDS; kind++)
		for (int masked = 0; masked < 2; masked++)
			PROPERTY(2, seed)
			{
				check_nearest(&seed, (enum kind)kind, masked, 1, 1, 1);
				check_nearest(&seed, (enum kind)kind, masked, 3, 513, 129);
				check_nearest(&seed, (enum kind)kind, masked, 17, 1100, 200);
				check_nearest(&seed, (enum kind)kind, masked, 2, 5, 128 * 33);
			}
}

static void neighbours_do_not_depend_on_threads(void)
{
	enum { N_DIMS = 7, N_POINTS = 600, N_QUERIES = 700 };
	struct spk_error err;
	struct spk_pool *pool = NULL;
	uint64_t seed = 3;
	float *points = draw_points(&seed, N_POINTS * N_DIMS, GRID),
	      *queries = draw_points(&seed, N_QUERIES * N_DIMS, GRID);
	size_t one[N_QUERIES], many[N_QUERIES];

	if (CHECK(points && queries && spk_pool_create(3, &pool, &err) == SPK_OK)) {
		const struct spk_parallel runs[] = {test_on_pool(pool), test_backwards()};
		CHECK(spk_nearest_point(
			      NULL, N_DIMS, NULL, N_POINTS, points, N_QUERIES, queries, one, &err) == SPK_OK);
		for (size_t r = 0; r < 2; r++) {
			CHECK(spk_nearest_point(&runs[r], N_DIMS, NULL, N_POINTS, points, N_QUERIES, queries,
				      many, &err) == SPK_OK);
			CHECK(memcmp(one, many, sizeof one) == 0);
		}
		spk_pool_free(pool);
	}
	free(points);
	free(queries);
}

/* ---- Centroids ---------------------------------------------------------------------------------- */

enum { N_BLOBS = 3, PER_BLOB = 40, N_ITEMS = N_BLOBS * PER_BLOB };

/* Items of blob b around (10 b, -10 b), within 1. */
static void draw_blobs(uint64_t *seed, float *ret_items, double *ret_means)
{
	memset(ret_means, 0, 2 * N_BLOBS * sizeof *ret_means);
	for (size_t i = 0; i < N_ITEMS; i++)
		for (size_t d = 0; d < 2; d++) {
			const double centre = 10.0 * (double)(i % N_BLOBS) * (d ? -1 : 1);
			ret_items[2 * i + d] = (float)(centre + test_uniform(seed, -1, 1));
			ret_means[2 * (i % N_BLOBS) + d] += (double)ret_items[2 * i + d] / PER_BLOB;
		}
}

static size_t blob_of(const float *point)
{
	return (size_t)lrint((double)point[0] / 10);
}

/* From the seed's choice until nothing changes; the number of iterations. */
static size_t settle(const struct spk_parallel *parallel, size_t n_dims, size_t n, const float *items,
	size_t k, uint64_t seed, float *ret_centroids)
{
	struct spk_error err;
	size_t *owner = malloc(n * sizeof *owner), changed = n, n_steps = 0;

	CHECK(owner && spk_centroids_choose(n_dims, n, items, k, seed, ret_centroids, &err) == SPK_OK);
	for (size_t i = 0; owner && i < n; i++)
		owner[i] = SIZE_MAX;
	while (owner && changed && n_steps++ < 100)
		CHECK(spk_centroids_step(
			      parallel, n_dims, n, items, k, ret_centroids, owner, &changed, &err) == SPK_OK);
	free(owner);
	return n_steps;
}

static int starts_in_all_blobs(const float *items, uint64_t seed)
{
	struct spk_error err;
	float start[2 * N_BLOBS];
	unsigned seen = 0;

	CHECK(spk_centroids_choose(2, N_ITEMS, items, N_BLOBS, seed, start, &err) == SPK_OK);
	for (size_t c = 0; c < N_BLOBS; c++)
		seen |= 1u << blob_of(start + 2 * c);
	return seen == (1u << N_BLOBS) - 1;
}

static void separated_blobs_are_found(void)
{
	int n_found = 0;

	PROPERTY(60, seed)
	{
		float items[2 * N_ITEMS], centroids[2 * N_BLOBS];
		double means[2 * N_BLOBS];

		draw_blobs(&seed, items, means);
		if (!starts_in_all_blobs(items, seed))
			continue;
		n_found++;
		/* all items are placed, then none moves */
		CHECK(settle(NULL, 2, N_ITEMS, items, N_BLOBS, seed, centroids) == 2);
		for (size_t c = 0; c < N_BLOBS; c++)
			for (size_t d = 0; d < 2; d++)
				CHECK_ABS((double)centroids[2 * c + d],
					means[2 * blob_of(centroids + 2 * c) + d], 1e-6,
					"rounding of a mean below 32 to single precision");
	}
	CHECK(n_found > 0 || getenv("SPK_TEST_SEED"));
}

/* Lloyd's algorithm written out: means and owners of one iteration. */
static size_t plain_step(size_t n, const float *items, size_t k, float *centroids, size_t *owner)
{
	size_t changed = 0;

	for (size_t c = 0; c < k; c++) {
		double sum[2] = {0, 0}, count = 0;
		for (size_t i = 0; i < n; i++)
			if (owner[i] == c) {
				count++;
				sum[0] += (double)items[2 * i];
				sum[1] += (double)items[2 * i + 1];
			}
		for (size_t d = 0; count > 0 && d < 2; d++)
			centroids[2 * c + d] = (float)(sum[d] / count);
	}
	for (size_t i = 0; i < n; i++) {
		const size_t c = plain_nearest(2, NULL, k, centroids, items + 2 * i);
		changed += c != owner[i];
		owner[i] = c;
	}
	return changed;
}

/* To the bit, until nothing changes; ties among items on a grid. */
static void iterations_are_those_of_plain_loops(void)
{
	PROPERTY(40, seed)
	{
		enum { N = 300, MAX_K = 31 };
		const size_t k = 2 + test_random(&seed) % (MAX_K - 1);
		struct spk_error err;
		float *items = draw_points(&seed, 2 * N, seed % 2 ? FINE : GRID);
		float found[2 * MAX_K], plain[2 * MAX_K];
		size_t owner[N], plain_owner[N], changed = 1, n_steps = 0;

		if (!CHECK(items && spk_centroids_choose(2, N, items, k, seed, found, &err) == SPK_OK))
			return;
		memcpy(plain, found, 2 * k * sizeof *found);
		for (size_t i = 0; i < N; i++)
			owner[i] = plain_owner[i] = SIZE_MAX;
		while (changed && n_steps++ < 1000) {
			CHECK(spk_centroids_step(NULL, 2, N, items, k, found, owner, &changed, &err) ==
				SPK_OK);
			CHECK(plain_step(N, items, k, plain, plain_owner) == changed);
			CHECK(memcmp(owner, plain_owner, sizeof owner) == 0);
			CHECK(memcmp(found, plain, 2 * k * sizeof *found) == 0);
		}
		CHECK(n_steps > 1 && changed == 0);
		free(items);
	}
}

static void as_many_centroids_as_items_are_the_items(void)
{
	enum { N = 50 };
	float items[N], centroids[N];
	unsigned char seen[N] = {0};

	for (size_t k = 0; k < N; k++)
		items[k] = (float)k;
	CHECK(settle(NULL, 1, N, items, N, 4, centroids) == 2);
	for (size_t k = 0; k < N; k++)
		seen[(size_t)centroids[k]]++;
	for (size_t k = 0; k < N; k++)
		CHECK(seen[k] == 1);
	CHECK(memcmp(items, centroids, sizeof items) != 0); /* in random order */
}

static void a_centroid_without_items_stays(void)
{
	struct spk_error err;
	const float items[] = {1, 1, 1, 5};
	float centroids[] = {1, 1, 7};
	size_t owner[] = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX}, changed = 0;

	CHECK(spk_centroids_step(NULL, 1, 4, items, 3, centroids, owner, &changed, &err) == SPK_OK);
	CHECK(changed == 4);
	CHECK(owner[0] == 0 && owner[1] == 0 && owner[2] == 0 && owner[3] == 2);
	CHECK(spk_centroids_step(NULL, 1, 4, items, 3, centroids, owner, &changed, &err) == SPK_OK);
	CHECK(changed == 0);
	CHECK(centroids[0] == 1 && centroids[1] == 1 && centroids[2] == 5);
}

/* The first centroid comes exactly as near to item 6 as its owner, which stayed at 10. */
static void a_tie_with_a_centroid_that_moved_goes_to_the_first(void)
{
	struct spk_error err;
	const float items[] = {6, 14, 2};
	float centroids[] = {0, 10};
	size_t owner[] = {SIZE_MAX, SIZE_MAX, SIZE_MAX}, changed = 0;

	CHECK(spk_centroids_step(NULL, 1, 3, items, 2, centroids, owner, &changed, &err) == SPK_OK);
	CHECK(owner[0] == 1 && owner[1] == 1 && owner[2] == 0);
	CHECK(spk_centroids_step(NULL, 1, 3, items, 2, centroids, owner, &changed, &err) == SPK_OK);
	CHECK(centroids[0] == 2 && centroids[1] == 10);
	CHECK(changed == 1 && owner[0] == 0);
}

static void centroids_do_not_depend_on_threads(void)
{
	enum { N_DIMS = 5, N = 900, K = 70 };
	struct spk_error err;
	struct spk_pool *pool = NULL;
	uint64_t seed = 3;
	float *items = draw_points(&seed, N * N_DIMS, FINE), one[K * N_DIMS], many[K * N_DIMS];

	if (CHECK(items && spk_pool_create(3, &pool, &err) == SPK_OK)) {
		const struct spk_parallel runs[] = {test_on_pool(pool), test_backwards()};
		const size_t n_steps = settle(NULL, N_DIMS, N, items, K, 1, one);
		for (size_t r = 0; r < 2; r++)
			CHECK(settle(&runs[r], N_DIMS, N, items, K, 1, many) == n_steps &&
				memcmp(one, many, sizeof one) == 0);
		spk_pool_free(pool);
	}
	free(items);
}

TEST_MAIN(TEST(nearest_is_that_of_brute_force), TEST(neighbours_do_not_depend_on_threads),
	TEST(separated_blobs_are_found), TEST(iterations_are_those_of_plain_loops),
	TEST(as_many_centroids_as_items_are_the_items), TEST(a_centroid_without_items_stays),
	TEST(a_tie_with_a_centroid_that_moved_goes_to_the_first), TEST(centroids_do_not_depend_on_threads))
