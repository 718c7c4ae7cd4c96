#include "models/readout/linear_classifier.h"

#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdlib.h>

#include "models/readout/objective.h"

enum { MAX_ITERATIONS = 200 };
static const struct spk_objective_par log_likelihood = {.form = SPK_FORM_SOFTMAX, .scale = 1};

struct fit {
	const struct spk_labelled *data;
	double penalty;
	double *scores, *errors; /* [n_labels] scratch */
};

static void score(
	const struct spk_labelled *d, const double *weights, const float *features, double *ret_scores)
{
	for (size_t j = 0; j < d->n_labels; j++) {
		const double *w = weights + j * (d->n_features + 1);
		double sum = w[d->n_features];
		for (size_t i = 0; i < d->n_features; i++)
			sum += w[i] * (double)features[i];
		ret_scores[j] = sum;
	}
}

/* Mean negative log likelihood plus penalty/2 |w|^2; its gradient too unless gradient is NULL. */
static double loss(const struct fit *f, const double *weights, double *gradient)
{
	const struct spk_labelled *d = f->data;
	const size_t n_weights = d->n_labels * (d->n_features + 1);
	double sum = 0;

	for (size_t k = 0; gradient && k < n_weights; k++)
		gradient[k] = f->penalty * weights[k];
	for (size_t k = 0; k < d->n; k++) {
		score(d, weights, d->features[k], f->scores);
		sum -= spk_objective_value(&log_likelihood, d->n_labels, f->scores, d->labels[k]) /
		       (double)d->n;
		if (!gradient)
			continue;
		spk_objective_gradient(&log_likelihood, d->n_labels, f->scores, d->labels[k], f->errors);
		for (size_t j = 0; j < d->n_labels; j++) {
			double *g = gradient + j * (d->n_features + 1);
			const double error = f->errors[j] / (double)d->n;
			for (size_t i = 0; i < d->n_features; i++)
				g[i] -= error * (double)d->features[k][i];
			g[d->n_features] -= error;
		}
	}
	for (size_t k = 0; k < n_weights; k++)
		sum += f->penalty * weights[k] * weights[k] / 2;
	return sum;
}

static double loss_f(const gsl_vector *x, void *fit)
{
	return loss(fit, x->data, NULL);
}

static void loss_df(const gsl_vector *x, void *fit, gsl_vector *gradient)
{
	(void)loss(fit, x->data, gradient->data);
}

static void loss_fdf(const gsl_vector *x, void *fit, double *value, gsl_vector *gradient)
{
	*value = loss(fit, x->data, gradient->data);
}

int spk_linear_fit(
	const struct spk_labelled *data, double penalty, double *ret_weights, struct spk_error *err)
{
	const size_t n_weights = data->n_labels * (data->n_features + 1);
	struct fit fit = {.data = data, .penalty = penalty};
	gsl_multimin_function_fdf problem = {loss_f, loss_df, loss_fdf, n_weights, &fit};
	gsl_multimin_fdfminimizer *s =
		gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, n_weights);
	gsl_vector *start = gsl_vector_calloc(n_weights);
	int rc = SPK_OK;

	fit.scores = malloc(data->n_labels * sizeof *fit.scores);
	fit.errors = malloc(data->n_labels * sizeof *fit.errors);
	if (!s || !start || !fit.scores || !fit.errors) {
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for the linear classifier");
		goto out;
	}
	gsl_multimin_fdfminimizer_set(s, &problem, start, 0.1, 0.1);
	for (int k = 0; k < MAX_ITERATIONS; k++)
		if (gsl_multimin_fdfminimizer_iterate(s) ||
			gsl_multimin_test_gradient(s->gradient, 1e-4) == 0)
			break;
	for (size_t k = 0; k < n_weights; k++)
		ret_weights[k] = gsl_vector_get(s->x, k);
out:
	if (s)
		gsl_multimin_fdfminimizer_free(s);
	if (start)
		gsl_vector_free(start);
	free(fit.scores);
	free(fit.errors);
	return rc;
}

int spk_linear_accuracy(
	const struct spk_labelled *data, const double *weights, double *ret_accuracy, struct spk_error *err)
{
	double *scores = malloc((data->n_labels + 1) * sizeof *scores);
	size_t right = 0;

	if (!scores)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the linear classifier");
	for (size_t k = 0; k < data->n; k++) {
		score(data, weights, data->features[k], scores);
		right += spk_objective_winner(data->n_labels, scores) == data->labels[k];
	}
	free(scores);
	*ret_accuracy = data->n ? (double)right / (double)data->n : (double)NAN;
	return SPK_OK;
}
