/* The linear yardstick: optimality of the fit, separable and overlapping data with known answers. */
#include "models/readout/linear_classifier.h"

#include "tests/test.h"

enum { N = 300, FEATURES = 3, LABELS = 4, WEIGHTS = LABELS * (FEATURES + 1) };

struct sample {
	float pixels[N][FEATURES];
	const float *rows[N];
	uint32_t labels[N];
};

/* Clouds of the given half width around corners of a cube, one a label. */
static struct spk_labelled draw_clouds(struct sample *s, double half_width, uint64_t seed)
{
	for (size_t k = 0; k < N; k++) {
		s->labels[k] = (uint32_t)(k % LABELS);
		for (size_t i = 0; i < FEATURES; i++)
			s->pixels[k][i] =
				(float)((s->labels[k] == i) + test_uniform(&seed, -half_width, half_width));
		s->rows[k] = s->pixels[k];
	}
	return (struct spk_labelled){
		.n = N, .n_features = FEATURES, .n_labels = LABELS, .features = s->rows, .labels = s->labels};
}

/* The loss that the fit minimises, written anew. */
static double loss_of(const struct spk_labelled *d, double penalty, const double *w)
{
	double sum = 0;

	for (size_t k = 0; k < d->n; k++) {
		double norm = 0, own = 0;
		for (size_t j = 0; j < LABELS; j++) {
			double score = w[j * (FEATURES + 1) + FEATURES];
			for (size_t i = 0; i < FEATURES; i++)
				score += w[j * (FEATURES + 1) + i] * (double)d->features[k][i];
			norm += exp(score);
			own = j == d->labels[k] ? score : own;
		}
		sum += (log(norm) - own) / (double)d->n;
	}
	for (size_t k = 0; k < WEIGHTS; k++)
		sum += penalty / 2 * w[k] * w[k];
	return sum;
}

static void separable_data_are_separated(void)
{
	static struct sample s;
	const struct spk_labelled d = draw_clouds(&s, 0.4, 1);
	double w[WEIGHTS], accuracy = 0;

	CHECK(spk_linear_fit(&d, 1e-4, w, NULL) == SPK_OK);
	CHECK(spk_linear_accuracy(&d, w, &accuracy, NULL) == SPK_OK);
	CHECK(accuracy == 1.0);
}

static void fit_is_a_minimum(void)
{
	static struct sample s;
	const double penalties[] = {1e-4, 1e-2, 1.0}, h = 1e-4;

	for (size_t p = 0; p < 3; p++) {
		const struct spk_labelled d = draw_clouds(&s, 1.0, 2 + p);
		double w[WEIGHTS];
		CHECK(spk_linear_fit(&d, penalties[p], w, NULL) == SPK_OK);
		for (size_t k = 0; k < WEIGHTS; k++) {
			const double old = w[k];
			w[k] = old + h;
			const double up = loss_of(&d, penalties[p], w);
			w[k] = old - h;
			const double down = loss_of(&d, penalties[p], w);
			w[k] = old;
			CHECK_ABS((up - down) / (2 * h), 0.0, 2e-4,
				"the fit stops at a gradient of 1e-4, finite differences add 1e-8");
		}
	}
}

static void overlapping_data_are_not_separated(void)
{
	static struct sample s;
	const struct spk_labelled d = draw_clouds(&s, 1.5, 7);
	double w[WEIGHTS], accuracy = 0;

	CHECK(spk_linear_fit(&d, 1e-4, w, NULL) == SPK_OK);
	CHECK(spk_linear_accuracy(&d, w, &accuracy, NULL) == SPK_OK);
	CHECK(accuracy > 0.3 && accuracy < 0.95); /* above the chance of 0.25, below all */
}

static void accuracy_counts_hits(void)
{
	const float pixels[] = {1, -1, 2, -3};
	const float *rows[] = {pixels, pixels + 1, pixels + 2, pixels + 3};
	const uint32_t labels[] = {0, 1, 1, 1};
	const double w[] = {1.0, 0.0, -1.0, 0.0}; /* label 0 where the pixel is positive */
	const struct spk_labelled d = {
		.n = 4, .n_features = 1, .n_labels = 2, .features = rows, .labels = labels};
	double accuracy = 0;

	CHECK(spk_linear_accuracy(&d, w, &accuracy, NULL) == SPK_OK);
	CHECK(accuracy == 0.75);
	const struct spk_labelled none = {.n_features = 1, .n_labels = 2};
	CHECK(spk_linear_accuracy(&none, w, &accuracy, NULL) == SPK_OK && isnan(accuracy));
}

TEST_MAIN(TEST(separable_data_are_separated), TEST(fit_is_a_minimum),
	TEST(overlapping_data_are_not_separated), TEST(accuracy_counts_hits))
