/*
 * Additive pair STDP on eight synapses at a time, with AVX-512.
 *
 * A view is as long as a vector: eight of them are loaded and turned, so that each of their numbers becomes a
 * vector over synapses. Then the same sums, products and choices as in pair.c: the same bits. Plain C did not
 * become such code (gcc 12 gathers each number of each view: slower than one synapse at a time).
 */
#include "models/plasticity/pair_row.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f"), always_inline)) static inline

_Static_assert(sizeof(struct spk_post_view) == sizeof(__m512d), "a view is a vector");

/* The numbers of eight views, a vector each. */
struct views {
	__m512d t0, t1, t2, t3, up0, up1, up2, down;
};

/* Pairs of 128 bits: columns c and c + 1 of rows (a, a + 2, a + 4, a + 6) of a matrix of such pairs. */
WIDE __m512d choose_even(__m512d a, __m512d b)
{
	return _mm512_shuffle_f64x2(a, b, 0x88);
}

WIDE __m512d choose_odd(__m512d a, __m512d b)
{
	return _mm512_shuffle_f64x2(a, b, 0xdd);
}

/* Four rows' pairs of numbers into one vector for each place: out[c] holds place c of all four. */
WIDE void gather_pairs(const __m512d in[4], __m512d out[4])
{
	const __m512d a = choose_even(in[0], in[1]), b = choose_odd(in[0], in[1]);
	const __m512d c = choose_even(in[2], in[3]), d = choose_odd(in[2], in[3]);

	out[0] = choose_even(a, c);
	out[2] = choose_odd(a, c);
	out[1] = choose_even(b, d);
	out[3] = choose_odd(b, d);
}

WIDE struct views load_views(const struct spk_post_view *views, const uint32_t *post)
{
	__m512d low[4], high[4], even[4], odd[4];

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		const __m512d x = _mm512_loadu_pd(&views[post[2 * i]]);
		const __m512d y = _mm512_loadu_pd(&views[post[2 * i + 1]]);
		low[i] = _mm512_unpacklo_pd(x, y);
		high[i] = _mm512_unpackhi_pd(x, y);
	}
	gather_pairs(low, even);
	gather_pairs(high, odd);
	return (struct views){even[0], odd[0], even[1], odd[1], even[2], odd[2], even[3], odd[3]};
}

WIDE __m512d clip(__m512d w, __m512d w_min, __m512d w_max)
{
	return _mm512_min_pd(w_max, _mm512_max_pd(w_min, w)); /* of equal ones the second, as in clip() */
}

/* w + up * factor where the spike at t came since, clipped. */
WIDE __m512d add_owed(
	__m512d w, __m512d t, __m512d factor, const struct spk_pair_row *r, __m512d w_min, __m512d w_max)
{
	const __m512d at_synapse = _mm512_add_pd(t, _mm512_set1_pd(r->dendritic));
	const __mmask8 is_owed = _mm512_cmp_pd_mask(at_synapse, _mm512_set1_pd(r->since), _CMP_GE_OQ);

	return clip(
		_mm512_add_pd(w, _mm512_maskz_mul_pd(is_owed, factor, _mm512_set1_pd(r->up))), w_min, w_max);
}

__attribute__((target("avx512f"))) unsigned spk_pair_additive_wide(
	const struct spk_rule_call *call, const struct spk_pair_row *r, size_t k)
{
	const uint32_t *post = call->post + k;
	const struct views v = load_views(call->views, post);
	const __m512d d = _mm512_set1_pd(r->dendritic), since = _mm512_set1_pd(r->since),
		      now = _mm512_set1_pd(r->t);
	const __m512d w_min = _mm512_set1_pd(call->w_min), w_max = _mm512_set1_pd(call->w_max);
	const unsigned unclear = _mm512_cmp_pd_mask(_mm512_add_pd(v.t3, d), since, _CMP_GE_OQ) |
				 _mm512_cmp_pd_mask(_mm512_add_pd(v.t0, d), now, _CMP_GE_OQ);
	__m512d w = _mm512_loadu_pd(call->weight + k);

	if (k + SPK_PAIR_WIDE + SPK_PAIR_AHEAD <= call->n)
#pragma GCC unroll 8
		for (int i = 0; i < SPK_PAIR_WIDE; i++)
			__builtin_prefetch(&call->views[post[i + SPK_PAIR_AHEAD]]);
	w = add_owed(w, v.t2, v.up2, r, w_min, w_max);
	w = add_owed(w, v.t1, v.up1, r, w_min, w_max);
	w = add_owed(w, v.t0, v.up0, r, w_min, w_max);
	w = clip(_mm512_sub_pd(w, _mm512_mul_pd(v.down, _mm512_set1_pd(r->down))), w_min, w_max);
	_mm512_mask_storeu_pd(call->weight + k, (__mmask8)~unclear, w);
	return unclear;
}

int spk_pair_can_wide(void)
{
	return __builtin_cpu_supports("avx512f") != 0;
}
#else
unsigned spk_pair_additive_wide(const struct spk_rule_call *call, const struct spk_pair_row *r, size_t k)
{
	(void)call, (void)r, (void)k;
	return (1u << SPK_PAIR_WIDE) - 1;
}

int spk_pair_can_wide(void)
{
	return 0;
}
#endif
