/**
 * Share of values in a range, hits / n: unbiased. Values may be compared one by one with those of a second
 * input: then it is the differences that lie in the range, so a share of right answers is that of predicted -
 * label in [0, 0]. Interval of Clopper and Pearson: covers at least its level at every n and share, by up to
 * a few percent more where n is small; not valid where values depend on each other.
 */
#include <math.h>

#include "models/measure/estimate.h"
#include "models/models.h"

enum { AT_LEAST, AT_MOST, ABOVE, BELOW, N_PARAMS };

static const struct spk_measure_input inputs[] = {
	{"values", 0, "independent values"},
	{"than", 1, "as many others; what counts is then values - than"},
};

static const struct spk_field params[] = {
	{"at_least", SPK_DIM_NONE, -INFINITY, -INFINITY, INFINITY, 0, NULL, "smallest value that counts"},
	{"at_most", SPK_DIM_NONE, INFINITY, -INFINITY, INFINITY, 0, NULL, "largest value that counts"},
	{"above", SPK_DIM_NONE, -INFINITY, -INFINITY, INFINITY, 0, NULL, "what counts is larger than this"},
	{"below", SPK_DIM_NONE, INFINITY, -INFINITY, INFINITY, 0, NULL, "what counts is smaller than this"},
};

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	const struct spk_series *values = &in[0], *than = &in[1];
	size_t hits = 0;
	(void)seed;
	const int rc = than->n ? spk_estimate_check_two(values, "values", than, "than", 1, err)
			       : spk_estimate_check(values, "values", 1, err);

	if (rc)
		return rc;
	for (size_t k = 0; k < values->n; k++) {
		const double x = values->values[k] - (than->n ? than->values[k] : 0);
		hits += x >= par[AT_LEAST] && x <= par[AT_MOST] && x > par[ABOVE] && x < par[BELOW];
	}
	*ret = spk_estimate_share(hits, values->n, confidence);
	return SPK_OK;
}

const struct spk_measurement spk_measure_share = {
	.name = "share",
	.summary = "Share of independent values, or of differences, that lie in a range",
	.estimator =
		"p = hits / n; unbiased. A hit: at_least <= x <= at_most and above < x < below,\n"
		"x = value, or value - than. Right answers: predicted and label with at_least 0, at_most 0.\n"
		"Interval: Clopper and Pearson, which covers its level or more at every n. Not valid where\n"
		"values depend on each other.\n",
	.refs = (const char *const[]){"clopper1934", NULL},
	.inputs = inputs,
	.n_inputs = 2,
	.params = params,
	.n_params = N_PARAMS,
	.run = run,
};
