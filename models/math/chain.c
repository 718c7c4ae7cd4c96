/*
 * Divided differences of the exponential.
 *
 * With the rates sorted, lo = r_1 <= ... <= r_n = hi, and spread x = (hi - lo) t:
 * - x small: with y_i = (hi - r_i) t >= 0 the divided difference is exp(-hi t) t^(n-1) times the sum over k
 *   of h_k(y) / (k + n - 1)!, h_k the complete homogeneous symmetric polynomial. All terms are positive.
 * - otherwise the defining recursion (f[r_1 .. r_{n-1}] - f[r_2 .. r_n]) / (hi - lo); the spread keeps the
 *   difference from cancelling, as the first response is the larger one.
 */
#include "models/math/chain.h"

/** Spread below which n rates go through the series; wider for longer chains, where recursion loses more. */
#define SERIES_SPREAD(n) (1.0 * (double)((n)-1))

#define N_FACTORIALS 40
static const double inverse_factorial[N_FACTORIALS] = {1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120,
	1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600,
	1.0 / 6227020800, 1.0 / 87178291200, 1.0 / 1307674368000, 1.0 / 20922789888000, 1.0 / 355687428096000,
	1.0 / 6402373705728000, 1.0 / 121645100408832000.0, 1.0 / 2432902008176640000.0,
	1.0 / 51090942171709440000.0, 1.0 / 1124000727777607680000.0, 1.0 / 25852016738884976640000.0,
	1.0 / 620448401733239439360000.0, 1.0 / 15511210043330985984000000.0,
	1.0 / 403291461126605635584000000.0, 1.0 / 10888869450418352160768000000.0,
	1.0 / 304888344611713860501504000000.0, 1.0 / 8841761993739701954543616000000.0,
	1.0 / 265252859812191058636308480000000.0, 1.0 / 8222838654177922817725562880000000.0,
	1.0 / 263130836933693530167218012160000000.0, 1.0 / 8683317618811886495518194401280000000.0,
	1.0 / 295232799039604140847618609643520000000.0, 1.0 / 10333147966386144929666651337523200000000.0,
	1.0 / 371993326789901217467999448150835200000000.0,
	1.0 / 13763753091226345046315979581580902400000000.0,
	1.0 / 523022617466601111760007224100074291200000000.0,
	1.0 / 20397882081197443358640281739902897356800000000.0};

/** Relative size of a term that no longer counts; the terms after it are smaller still. */
#define NEGLIGIBLE 0x1p-56

/**
 * Series for two rates: e^{-hi t} t (e^x - 1)/x, 0 <= x < 1, as a polynomial of degree 15 whose rest is below
 * 1/17!; evaluated in independent pieces, which is several times faster than a loop.
 */
static double sum_series2(double hi_decay, double x, double t)
{
	const double *c = inverse_factorial + 1, x2 = x * x, x4 = x2 * x2, x8 = x4 * x4;
	const double low = (c[0] + c[1] * x) + (c[2] + c[3] * x) * x2 +
			   ((c[4] + c[5] * x) + (c[6] + c[7] * x) * x2) * x4;
	const double high = (c[8] + c[9] * x) + (c[10] + c[11] * x) * x2 +
			    ((c[12] + c[13] * x) + (c[14] + c[15] * x) * x2) * x4;
	return hi_decay * t * (low + high * x8);
}

/** Series for n >= 3 sorted rates. */
static double sum_series(size_t n, const struct spk_mode *modes, double t)
{
	double y[SPK_CHAIN_MAX], h[SPK_CHAIN_MAX], scale = modes[n - 1].decay;
	for (size_t i = 0; i + 1 < n; i++) {
		y[i] = (modes[n - 1].rate - modes[i].rate) * t;
		h[i] = 1.0;
		scale *= t;
	}
	double sum = inverse_factorial[n - 1];
	for (size_t k = 1; k + n - 1 < N_FACTORIALS; k++) {
		h[0] *= y[0];
		for (size_t i = 1; i + 1 < n; i++)
			h[i] = h[i - 1] + y[i] * h[i];
		const double term = h[n - 2] * inverse_factorial[k + n - 1];
		sum += term;
		if (term < sum * NEGLIGIBLE)
			break;
	}
	return scale * sum;
}

static double respond2(struct spk_mode lo, struct spk_mode hi, double t)
{
	const double gap = hi.rate - lo.rate;
	return gap * t >= SERIES_SPREAD(2) ? (lo.decay - hi.decay) / gap : sum_series2(hi.decay, gap * t, t);
}

static double respond(size_t n, const struct spk_mode *modes, double t)
{
	if (n == 1)
		return modes[0].decay;
	if (n == 2)
		return respond2(modes[0], modes[1], t);
	const double gap = modes[n - 1].rate - modes[0].rate;
	if (gap * t >= SERIES_SPREAD(n))
		return (respond(n - 1, modes, t) - respond(n - 1, modes + 1, t)) / gap;
	return sum_series(n, modes, t);
}

double spk_chain2(struct spk_mode a, struct spk_mode b, double t)
{
	return a.rate <= b.rate ? respond2(a, b, t) : respond2(b, a, t);
}

double spk_chain(size_t n, const struct spk_mode *modes, double t)
{
	struct spk_mode sorted[SPK_CHAIN_MAX];
	for (size_t i = 0; i < n; i++) {
		size_t j = i;
		for (; j > 0 && sorted[j - 1].rate > modes[i].rate; j--)
			sorted[j] = sorted[j - 1];
		sorted[j] = modes[i];
	}
	return respond(n, sorted, t);
}
