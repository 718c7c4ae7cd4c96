/* Figures of runs and seeds into one, and the verdict. */
#include <spikem/claim.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *spk_verdict_word(enum spk_verdict verdict)
{
	return verdict == SPK_HOLDS ? "holds" : verdict == SPK_FAILS ? "fails" : "undecided";
}

enum spk_verdict spk_claim_judge(const struct spk_claim *claim, const struct spk_estimate *measured)
{
	if (measured->low >= claim->at_least && measured->high <= claim->at_most)
		return SPK_HOLDS;
	if (measured->high < claim->at_least || measured->low > claim->at_most)
		return SPK_FAILS;
	return SPK_UNDECIDED;
}

/* Last minus first, or last over first. */
static int compare_ends(const struct spk_claim *claim, const struct spk_estimate *figures,
	struct spk_estimate *ret, struct spk_error *err)
{
	const double first = figures[0].value, last = figures[claim->n_runs - 1].value;

	if (claim->across == SPK_ACROSS_RATIO && first == 0)
		return spk_fail(err, SPK_E_INVALID, "no ratio: the figure of the first run is 0");
	ret->value = claim->across == SPK_ACROSS_RATIO ? last / first : last - first;
	ret->low = ret->high = NAN;
	ret->n = 2;
	return SPK_OK;
}

/* Index of the input of this name, SIZE_MAX if there is none. */
static size_t find_input(const struct spk_measurement *measure, const char *name)
{
	for (size_t k = 0; k < measure->n_inputs; k++)
		if (strcmp(measure->inputs[k].name, name) == 0)
			return k;
	return SIZE_MAX;
}

/* The figures become the input `y`, with the runs' x as `x`, or else the first input. */
static int measure_across(const struct spk_claim *claim, const struct spk_estimate *figures,
	struct spk_estimate *ret, struct spk_error *err)
{
	const struct spk_measurement *const measure = claim->across_measure;
	const size_t n = claim->n_runs, x = find_input(measure, "x"), y = find_input(measure, "y");
	struct spk_series *const in = calloc(measure->n_inputs + 1, sizeof *in);
	double *const values = calloc(2 * n + 1, sizeof *values);
	int rc;

	if (in == NULL || values == NULL) {
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory");
		goto out;
	}
	for (size_t k = 0; k < n; k++) {
		values[k] = claim->runs[k].x;
		values[n + k] = figures[k].value;
	}
	if (x != SIZE_MAX)
		in[x] = (struct spk_series){n, values};
	in[y != SIZE_MAX ? y : 0] = (struct spk_series){n, values + n};
	rc = measure->run(claim->across_params, in, claim->confidence, claim->seeds[0], ret, err);
out:
	free(in);
	free(values);
	return rc;
}

/* One seed's figures into one. */
static int combine_runs(const struct spk_claim *claim, const struct spk_estimate *figures,
	struct spk_estimate *ret, struct spk_error *err)
{
	for (size_t k = 0; k < claim->n_runs; k++)
		if (!isfinite(figures[k].value))
			return spk_fail(err, SPK_E_INVALID, "a figure that is not finite%s%s",
				claim->n_runs > 1 ? ": that of " : "", claim->runs[k].label);
	switch (claim->across) {
	case SPK_ACROSS_MEASURE:
		return measure_across(claim, figures, ret, err);
	case SPK_ACROSS_CHANGE:
	case SPK_ACROSS_RATIO:
		return compare_ends(claim, figures, ret, err);
	default:
		*ret = figures[0];
		return SPK_OK;
	}
}

int spk_claim_combine(const struct spk_claim *claim, const struct spk_estimate *figures,
	struct spk_estimate *ret_seeds, struct spk_estimate *ret, struct spk_error *err)
{
	const size_t n = claim->n_seeds;
	double *const values = calloc(n, sizeof *values);
	int rc = values != NULL ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory");

	for (size_t k = 0; k < n && rc == SPK_OK; k++) {
		rc = combine_runs(claim, &figures[k * claim->n_runs], &ret_seeds[k], err);
		if (rc == SPK_OK)
			values[k] = ret_seeds[k].value;
	}
	if (rc == SPK_OK && n > 1) {
		rc = spk_estimate_mean(n, values, claim->confidence, ret, err);
	} else if (rc == SPK_OK && (isnan(ret_seeds[0].low) || isnan(ret_seeds[0].high))) {
		rc = spk_fail(err, SPK_E_INVALID,
			"one seed gives no interval here: write `seeds: 2` or more (measured: %.6g)",
			ret_seeds[0].value);
	} else if (rc == SPK_OK) {
		*ret = ret_seeds[0];
	}
	free(values);
	return rc;
}
