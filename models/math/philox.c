/*
 * Philox4x32-10 on SPK_PHILOX_BATCH counters side by side (Salmon et al. 2011). The layout of the counter is
 * that of rng.c. Plain C loops over lanes did not become vector multiplies (gcc 12: 8 ns per 64 bits against
 * 3 ns on a busy machine), hence the AVX2 form beside the plain one. All arithmetic is on integers: same
 * bits.
 */
#include "models/math/philox.h"

enum { LANES = SPK_PHILOX_BATCH, ROUNDS = 10 };

#define WEYL_0 UINT32_C(0x9E3779B9)
#define WEYL_1 UINT32_C(0xBB67AE85)
#define LOW UINT64_C(0xFFFFFFFF)

/* A batch of blocks, two 64-bit numbers each, all first ones before all second ones. */
struct batch {
	uint64_t first[LANES], second[LANES];
};

static void fill_block(const struct spk_rng *rng, uint64_t draw, uint64_t *ret_first, uint64_t *ret_second)
{
	uint32_t word[4];

	spk_rng_block(rng, draw, word);
	*ret_first = (uint64_t)word[1] << 32 | word[0];
	*ret_second = (uint64_t)word[3] << 32 | word[2];
}

static void fill_plain(const struct spk_rng *rng, uint64_t draw, struct batch *ret_batch)
{
	for (unsigned k = 0; k < LANES; k++)
		fill_block(rng, draw + k, &ret_batch->first[k], &ret_batch->second[k]);
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define MULTIPLIER_0 INT64_C(0xD2511F53)
#define MULTIPLIER_1 INT64_C(0xCD9E8D57)

/* Four blocks; each 32-bit word sits in a 64-bit lane whose upper half does not matter to mul_epu32. */
struct four {
	__m256i c0, c1, c2, c3;
};

__attribute__((target("avx2"), always_inline)) static inline struct four make_four(
	const uint64_t word[4], int64_t first)
{
	return (struct four){
		_mm256_add_epi64(_mm256_set1_epi64x((int64_t)word[0] + first), _mm256_set_epi64x(3, 2, 1, 0)),
		_mm256_set1_epi64x((int64_t)word[1]), _mm256_set1_epi64x((int64_t)word[2]),
		_mm256_set1_epi64x((int64_t)word[3])};
}

/* The same block of four streams. */
__attribute__((target("avx2"), always_inline)) static inline struct four make_streams(
	const uint64_t word[4], const uint64_t id[4])
{
	const __m256i low = _mm256_set1_epi64x((int64_t)LOW);
	const __m256i ids = _mm256_loadu_si256((const __m256i *)id);
	const __m256i upper = _mm256_slli_epi64(_mm256_srli_epi64(ids, 32), 16);

	return (struct four){_mm256_set1_epi64x((int64_t)word[0]),
		_mm256_or_si256(_mm256_set1_epi64x((int64_t)word[1]), upper), _mm256_and_si256(ids, low),
		_mm256_set1_epi64x((int64_t)word[3])};
}

__attribute__((target("avx2"), always_inline)) static inline struct four do_round(
	struct four x, __m256i key0, __m256i key1)
{
	const __m256i product0 = _mm256_mul_epu32(x.c0, _mm256_set1_epi64x(MULTIPLIER_0));
	const __m256i product1 = _mm256_mul_epu32(x.c2, _mm256_set1_epi64x(MULTIPLIER_1));

	return (struct four){_mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(product1, 32), x.c1), key0),
		product1, _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(product0, 32), x.c3), key1),
		product0};
}

__attribute__((target("avx2"), always_inline)) static inline void store_four(
	struct four x, uint64_t *ret_first, uint64_t *ret_second)
{
	const __m256i low = _mm256_set1_epi64x((int64_t)LOW);

	_mm256_storeu_si256((__m256i *)ret_first,
		_mm256_or_si256(_mm256_slli_epi64(x.c1, 32), _mm256_and_si256(x.c0, low)));
	_mm256_storeu_si256((__m256i *)ret_second,
		_mm256_or_si256(_mm256_slli_epi64(x.c3, 32), _mm256_and_si256(x.c2, low)));
}

/* Two fours at a time: each waits for its multiplications while the other one goes on. */
__attribute__((target("avx2"), always_inline)) static inline void run_rounds(
	struct four x, struct four y, uint32_t seed0, uint32_t seed1, struct batch *ret_batch)
{
	const __m256i weyl0 = _mm256_set1_epi64x((int64_t)WEYL_0),
		      weyl1 = _mm256_set1_epi64x((int64_t)WEYL_1);
	__m256i key0 = _mm256_set1_epi64x((int64_t)seed0), key1 = _mm256_set1_epi64x((int64_t)seed1);

	for (unsigned round = 0; round < ROUNDS; round++) {
		x = do_round(x, key0, key1);
		y = do_round(y, key0, key1);
		key0 = _mm256_add_epi64(key0, weyl0); /* what is carried beyond 32 bits does not matter */
		key1 = _mm256_add_epi64(key1, weyl1);
	}
	store_four(x, ret_batch->first, ret_batch->second);
	store_four(y, ret_batch->first + LANES / 2, ret_batch->second + LANES / 2);
}

__attribute__((target("avx2"))) static void fill_avx2(
	const uint64_t word[4], uint32_t seed0, uint32_t seed1, struct batch *ret_batch)
{
	run_rounds(make_four(word, 0), make_four(word, LANES / 2), seed0, seed1, ret_batch);
}

__attribute__((target("avx2"))) static void fill_streams_avx2(const uint64_t word[4],
	const uint64_t id[LANES], uint32_t seed0, uint32_t seed1, struct batch *ret_batch)
{
	run_rounds(make_streams(word, id), make_streams(word, id + LANES / 2), seed0, seed1, ret_batch);
}

static int can_use_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
static void fill_avx2(const uint64_t word[4], uint32_t key0, uint32_t key1, struct batch *ret_batch)
{
	(void)word, (void)key0, (void)key1, (void)ret_batch;
}

static void fill_streams_avx2(const uint64_t word[4], const uint64_t id[LANES], uint32_t key0, uint32_t key1,
	struct batch *ret_batch)
{
	(void)word, (void)id, (void)key0, (void)key1, (void)ret_batch;
}

static int can_use_avx2(void)
{
	return 0;
}
#endif

static void fill_batch(const struct spk_rng *rng, uint64_t draw, struct batch *ret_batch)
{
	const uint64_t word[4] = {draw & LOW,
		(uint32_t)(draw >> 32 & 0xff) | rng->purpose << 8 | (uint32_t)(rng->id >> 32) << 16,
		rng->id & LOW, rng->sub};

	/* the batch must not cross a change of the counter's second word */
	if (can_use_avx2() && (draw & LOW) + LANES - 1 <= LOW)
		fill_avx2(word, (uint32_t)rng->seed, (uint32_t)(rng->seed >> 32), ret_batch);
	else
		fill_plain(rng, draw, ret_batch);
}

void spk_philox_fill(const struct spk_rng *rng, uint64_t draw, size_t n, uint64_t *ret_bits)
{
	for (size_t k = 0; k < n; k += LANES) {
		struct batch batch;
		fill_batch(rng, draw + k, &batch);
		for (size_t i = 0; i < LANES; i++) {
			ret_bits[2 * (k + i)] = batch.first[i];
			ret_bits[2 * (k + i) + 1] = batch.second[i];
		}
	}
}

void spk_philox_fill_thirds(const struct spk_rng *rng, uint64_t draw, size_t n, uint64_t *ret_bits)
{
	const uint64_t top = ~UINT64_C(0) << 22;

	for (size_t k = 0; k < n; k += LANES, ret_bits += 3 * LANES) {
		struct batch batch;
		fill_batch(rng, draw + k, &batch);
		for (size_t i = 0; i < LANES; i++) {
			ret_bits[i] = batch.first[i] << 22;
			ret_bits[i + LANES] = (batch.first[i] >> 42 | batch.second[i] << 22) << 22;
			ret_bits[i + 2 * LANES] = batch.second[i] << 2 & top;
		}
	}
}

void spk_philox_streams(const struct spk_rng *rng, size_t n, const uint64_t *id, uint64_t *ret_bits)
{
	const uint64_t word[4] = {
		rng->draw & LOW, (uint32_t)(rng->draw >> 32 & 0xff) | rng->purpose << 8, 0, rng->sub};
	size_t k = 0;

	for (; can_use_avx2() && k + LANES <= n; k += LANES) {
		struct batch batch;
		fill_streams_avx2(word, id + k, (uint32_t)rng->seed, (uint32_t)(rng->seed >> 32), &batch);
		for (size_t i = 0; i < LANES; i++) {
			ret_bits[2 * (k + i)] = batch.first[i];
			ret_bits[2 * (k + i) + 1] = batch.second[i];
		}
	}
	for (; k < n; k++) {
		struct spk_rng one = *rng;
		one.id = id[k];
		fill_block(&one, one.draw, &ret_bits[2 * k], &ret_bits[2 * k + 1]);
	}
}
