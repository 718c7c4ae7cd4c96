/**
 * Coefficient of variation of interspike intervals, sd / mean of each neuron's intervals, mean over neurons.
 * Neurons with fewer than min_intervals intervals do not count. The CV of n intervals is biased downwards: by
 * about CV / n where they are independent and exponential (exactly E[CV^2] = n / (n + 1)), and a finite
 * recording favours short intervals. A rate that changes raises it.
 * Interval: t interval of the neurons' CVs; of one neuron none. Too narrow where neurons share their input.
 */
#include <math.h>
#include <stdlib.h>

#include "models/measure/estimate.h"
#include "models/models.h"

enum { MIN_INTERVALS, N_PARAMS };

static const struct spk_measure_input inputs[] = {
	{"times", 0, "times of the spikes of all neurons"},
	{"neurons", 0, "neuron of each spike"},
};

static const struct spk_field params[] = {
	{"min_intervals", SPK_DIM_NONE, 5, 2, 1e9, 0, NULL, "neurons with fewer intervals do not count"},
};

struct spike {
	double neuron, time;
};

static int compare(const void *a, const void *b)
{
	const struct spike *const x = a, *const y = b;

	if (x->neuron != y->neuron)
		return x->neuron < y->neuron ? -1 : 1;
	return x->time < y->time ? -1 : x->time > y->time;
}

/* CV of the intervals between n + 1 sorted spikes, n >= 2; 0 if all are at one time. */
static double cv_of(size_t n, const struct spike *spikes)
{
	const double mean = (spikes[n].time - spikes[0].time) / (double)n;
	double squares = 0;

	for (size_t k = 0; k < n; k++) {
		const double d = spikes[k + 1].time - spikes[k].time - mean;

		squares += d * d;
	}
	return mean > 0 ? sqrt(squares / (double)(n - 1)) / mean : 0;
}

/* CVs of the neurons that count, in place of the first n_cvs values of `cvs`. */
static size_t gather(size_t n, const struct spike *spikes, size_t least, double *cvs)
{
	size_t n_cvs = 0, first = 0;

	for (size_t k = 1; k <= n; k++) {
		if (k < n && spikes[k].neuron == spikes[first].neuron)
			continue;
		if (k - first > least)
			cvs[n_cvs++] = cv_of(k - first - 1, &spikes[first]);
		first = k;
	}
	return n_cvs;
}

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	const size_t n = in[0].n;
	struct spike *const spikes = calloc(n + 1, sizeof *spikes);
	double *const cvs = calloc(n + 1, sizeof *cvs);
	size_t n_cvs = 0;
	(void)seed;
	int rc = spikes && cvs ? spk_estimate_check_two(&in[0], "times", &in[1], "neurons", 1, err)
			       : spk_fail(err, SPK_E_NOMEM, "out of memory");

	for (size_t k = 0; k < n && rc == SPK_OK; k++)
		spikes[k] = (struct spike){in[1].values[k], in[0].values[k]};
	if (rc == SPK_OK && n > 0) {
		qsort(spikes, n, sizeof *spikes, compare);
		n_cvs = gather(n, spikes, (size_t)par[MIN_INTERVALS], cvs);
	}
	if (rc == SPK_OK && n_cvs == 0)
		rc = spk_fail(err, SPK_E_INVALID, "no neuron has %.0f intervals between its spikes",
			par[MIN_INTERVALS]);
	if (rc == SPK_OK && n_cvs == 1)
		*ret = spk_estimate_point(cvs[0], 1);
	else if (rc == SPK_OK)
		rc = spk_estimate_mean(n_cvs, cvs, confidence, ret, err);
	free(spikes);
	free(cvs);
	return rc;
}

const struct spk_measurement spk_measure_interval_cv = {
	.name = "interval_cv",
	.summary = "Coefficient of variation of interspike intervals, mean over neurons",
	.estimator =
		"CV = sd / mean of a neuron's intervals; mean over neurons with min_intervals or more. "
		"Biased\n"
		"downwards, by about CV / n for n exponential intervals; a changing rate raises it.\n"
		"Interval: t interval of the neurons' CVs. Too narrow where neurons share their input. One\n"
		"neuron: none.\n",
	.refs = (const char *const[]){"student1908", NULL},
	.inputs = inputs,
	.n_inputs = 2,
	.params = params,
	.n_params = N_PARAMS,
	.run = run,
};
