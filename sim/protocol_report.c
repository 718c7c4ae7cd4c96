#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/gradient.h"
#include "sim/protocol_run.h"

enum { MAX_PATH = 256 };

/* ---- The first stage that tests before anything was learned, and the last stage that tests. -------- */

static int frozen_stage(const struct spk_protocol_run *run)
{
	for (size_t k = 0; k < run->protocol->n_stages; k++) {
		if (run->protocol->stages[k].learn)
			return -1;
		if (run->scores[k].n)
			return (int)k;
	}
	return -1;
}

static int test_stage(const struct spk_protocol_run *run)
{
	for (size_t k = run->protocol->n_stages; k-- > 0;)
		if (!run->protocol->stages[k].learn && run->scores[k].n)
			return (int)k;
	return -1;
}

static double accuracy_of(const struct spk_stage_score *s)
{
	return (double)s->right / (double)s->n;
}

/* Wilson's interval of a share, 95 %. */
static void wilson(const struct spk_stage_score *s, double *ret_low, double *ret_high)
{
	const double z = 1.959963984540054, n = (double)s->n, p = accuracy_of(s);
	const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
	const double half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));

	*ret_low = centre - half;
	*ret_high = centre + half;
}

/* ---- Result file -------------------------------------------------------------------------------- */

static int write_stages(const struct spk_protocol_run *run, struct spk_file *file, struct spk_error *err)
{
	size_t length = 1;

	for (size_t k = 0; k < run->protocol->n_stages; k++)
		length += strlen(run->protocol->stages[k].name) + 1;
	char *names = calloc(length, 1), *at = names;
	if (!names)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the report");
	for (size_t k = 0; k < run->protocol->n_stages; k++)
		at += snprintf(at, length - (size_t)(at - names), "%s\n", run->protocol->stages[k].name);
	const int rc = spk_file_text(file, "/protocol/stages", names, err);
	free(names);
	return rc;
}

static int write_accuracy(struct spk_file *file, const char *name, double value, struct spk_error *err)
{
	return isnan(value) ? SPK_OK : spk_file_attr_f64(file, "/protocol", name, value, err);
}

/* What is written of a rule or of a comparison. */
struct sums {
	const char *name;
	uint64_t n;
	const double *change, *gradient; /* [n] */
	const char *change_doc, *gradient_doc;
	const struct spk_agreement *agreement; /* blocks of rule number `rule` */
	size_t rule;
	struct spk_cosine cosine;
};

static int write_cosine(
	const struct sums *sums, const char *group, struct spk_file *file, struct spk_error *err)
{
	int rc = spk_file_attr_f64(file, group, "cosine", sums->cosine.value, err);

	if (!rc)
		rc = spk_file_attr_f64(file, group, "cosine_low", sums->cosine.low, err);
	if (!rc)
		rc = spk_file_attr_f64(file, group, "cosine_high", sums->cosine.high, err);
	return rc ? rc : spk_file_attr_u64(file, group, "presentations", sums->agreement->presentations, err);
}

static int write_sums(const struct sums *sums, struct spk_file *file, struct spk_error *err)
{
	const uint64_t blocks = spk_agreement_blocks(sums->agreement);
	double cosines[SPK_AGREEMENT_BLOCKS];
	char group[MAX_PATH], path[MAX_PATH + 16];

	snprintf(group, sizeof group, "/agreement/%s", sums->name);
	snprintf(path, sizeof path, "%s/change", group);
	int rc = spk_file_array(file, path, SPK_F64, 1, &sums->n, sums->change, "", sums->change_doc, err);
	snprintf(path, sizeof path, "%s/gradient", group);
	if (!rc)
		rc = spk_file_array(
			file, path, SPK_F64, 1, &sums->n, sums->gradient, "", sums->gradient_doc, err);
	for (size_t k = 0; k < blocks; k++)
		cosines[k] = spk_agreement_block_cosine(sums->agreement, sums->rule, k);
	snprintf(path, sizeof path, "%s/blocks", group);
	if (!rc)
		rc = spk_file_array(file, path, SPK_F64, 1, &blocks, cosines, "",
			"cosine between change and gradient of each block: every 25th presentation", err);
	return rc ? rc : write_cosine(sums, group, file, err);
}

static int write_rule(
	const struct spk_protocol_run *run, size_t rule, struct spk_file *file, struct spk_error *err)
{
	const uint64_t n = run->n_synapses;
	double *change = malloc((n + 1) * sizeof *change), *gradient = malloc((n + 1) * sizeof *gradient);
	struct sums sums = {.name = spk_protocol_rule(run, rule)->name,
		.n = n,
		.change = change,
		.gradient = gradient,
		.change_doc = "change of each weight that the rule asked for, summed over the presentations",
		.gradient_doc = "dJ/dW of each synapse in the rate limit, summed over the presentations",
		.agreement = &run->agreement,
		.rule = rule};
	int rc = change && gradient ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for the report");

	if (!rc) {
		spk_agreement_total(&run->agreement, rule, change, gradient);
		rc = spk_agreement_cosine(&run->agreement, rule, &sums.cosine, err);
	}
	if (!rc)
		rc = write_sums(&sums, file, err);
	free(change);
	free(gradient);
	return rc;
}

static int write_comparison(
	const struct spk_protocol_run *run, size_t k, struct spk_file *file, struct spk_error *err)
{
	const struct spk_comparison *c = &run->comparisons[k];
	const int is_error = run->protocol->comparisons[k].kind == SPK_DIRECTION_ERROR;
	struct sums sums = {.name = run->protocol->comparisons[k].name,
		.n = c->n,
		.change = c->change,
		.gradient = c->gradient,
		.change_doc = "change of each weight, summed over the presentations",
		.gradient_doc = is_error ? "(target - prediction) * pre of each synapse, summed over the "
					   "presentations"
					 : "dJ/dW of each synapse by backpropagation through the rate limit, "
					   "summed over the presentations",
		.agreement = &c->sample};
	const int rc = spk_comparison_cosine(c, &sums.cosine, err);

	return rc ? rc : write_sums(&sums, file, err);
}

static int write_agreement(const struct spk_protocol_run *run, struct spk_file *file, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t rule = 0; !rc && run->agreement.presentations && rule < run->n_rules; rule++)
		rc = write_rule(run, rule, file, err);
	for (size_t k = 0; !rc && k < run->protocol->n_comparisons; k++)
		if (run->comparisons[k].sample.presentations)
			rc = write_comparison(run, k, file, err);
	return rc;
}

int spk_protocol_write(struct spk_protocol_run *run, struct spk_file *file, struct spk_error *err)
{
	const int frozen = frozen_stage(run), test = test_stage(run);
	char *report = NULL;
	int rc = write_stages(run, file, err);

	if (!rc)
		rc = write_accuracy(file, "linear_accuracy", run->linear_accuracy, err);
	if (!rc && frozen >= 0)
		rc = write_accuracy(file, "frozen_accuracy", accuracy_of(&run->scores[frozen]), err);
	if (!rc && test >= 0)
		rc = write_accuracy(file, "test_accuracy", accuracy_of(&run->scores[test]), err);
	if (!rc)
		rc = write_agreement(run, file, err);
	if (!rc)
		rc = spk_protocol_report(run, &report, err);
	if (!rc)
		rc = spk_file_text(file, "/report", report, err);
	free(report);
	return rc;
}

/* ---- Closing table ------------------------------------------------------------------------------ */

SPK_PRINTF(2, 3) static void print(FILE *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
}

static void print_accuracies(const struct spk_protocol_run *run, FILE *out)
{
	const int frozen = frozen_stage(run);

	print(out, "%-26s %9s   %-17s %11s\n", "accuracy", "", "95 % interval", "mean J");
	for (size_t k = 0; k < run->protocol->n_stages; k++) {
		const struct spk_stage_score *s = &run->scores[k];
		double low, high;
		if (s->n == 0)
			continue;
		wilson(s, &low, &high);
		print(out, "  %-24s %7.2f %%   %.2f to %.2f %%  %11.4g%s\n", run->protocol->stages[k].name,
			100 * accuracy_of(s), 100 * low, 100 * high, s->objective / (double)s->n,
			(int)k == frozen ? "   frozen weights" : "");
	}
	if (!isnan(run->linear_accuracy))
		print(out, "  %-24s %7.2f %%   same pixels, last test\n", "linear classifier",
			100 * run->linear_accuracy);
}

static void print_cosine(FILE *out, const char *name, const struct spk_cosine *c, const char *note)
{
	print(out, "  %-24s %+.3f   %+.3f to %+.3f%s\n", name, c->value, c->low, c->high, note);
}

static int print_agreement(const struct spk_protocol_run *run, FILE *out, struct spk_error *err)
{
	if (run->n_rules == 0 || run->agreement.presentations == 0)
		return SPK_OK;
	print(out, "update against dJ/dW       cosine   95 %% interval     %llu presentations\n",
		(unsigned long long)run->agreement.presentations);
	for (size_t rule = 0; rule < run->n_rules; rule++) {
		struct spk_cosine c;
		const int rc = spk_agreement_cosine(&run->agreement, rule, &c, err);
		if (rc)
			return rc;
		print_cosine(out, spk_protocol_rule(run, rule)->name, &c,
			rule == 0 && run->sim->scenario->projections[run->objective->projection].plasticity
				? "   changes the weights"
				: "");
	}
	return SPK_OK;
}

static int print_comparisons(const struct spk_protocol_run *run, FILE *out, struct spk_error *err)
{
	const size_t n = run->protocol->n_comparisons;

	if (n == 0 || run->comparisons[0].sample.presentations == 0)
		return SPK_OK;
	print(out, "update against gradient    cosine   95 %% interval     %llu presentations\n",
		(unsigned long long)run->comparisons[0].sample.presentations);
	for (size_t k = 0; k < n; k++) {
		const struct spk_comparison_plan *plan = &run->protocol->comparisons[k];
		struct spk_cosine c;
		const int rc = spk_comparison_cosine(&run->comparisons[k], &c, err);
		if (rc)
			return rc;
		print_cosine(out, plan->name, &c,
			plan->kind == SPK_DIRECTION_ERROR ? "   target - prediction" : "   backpropagation");
	}
	return SPK_OK;
}

int spk_protocol_report(const struct spk_protocol_run *run, char **ret_text, struct spk_error *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the report");
	if (run->objective->on)
		print_accuracies(run, out);
	int rc = run->objective->on ? print_agreement(run, out, err) : SPK_OK;
	if (!rc)
		rc = print_comparisons(run, out, err);
	if (fclose(out) && !rc)
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for the report");
	if (rc) {
		free(text);
		return rc;
	}
	*ret_text = text;
	return SPK_OK;
}
