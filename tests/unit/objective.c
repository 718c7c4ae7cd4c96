/* The one-layer objective: values and gradients against finite differences, extremes, and identities. */
#include "models/readout/objective.h"

#include "tests/test.h"

enum { MAX_UNITS = 12 };

static struct spk_objective_par draw_par(uint64_t *seed, enum spk_objective_form form)
{
	return (struct spk_objective_par){.form = form,
		.scale = test_uniform(seed, 0.3, 3.0),
		.target_on = test_uniform(seed, 5.0, 30.0),
		.target_off = test_uniform(seed, -5.0, 5.0)};
}

static size_t draw_readout(uint64_t *seed, double *r)
{
	const size_t n = 2 + test_random(seed) % (MAX_UNITS - 1);

	for (size_t k = 0; k < n; k++)
		r[k] = test_uniform(seed, -4.0, 4.0);
	return n;
}

static void check_gradient(uint64_t seed, enum spk_objective_form form)
{
	const struct spk_objective_par par = draw_par(&seed, form);
	double r[MAX_UNITS], gradient[MAX_UNITS];
	const size_t n = draw_readout(&seed, r), label = test_random(&seed) % n;
	const double h = 1e-4;

	spk_objective_gradient(&par, n, r, label, gradient);
	for (size_t k = 0; k < n; k++) {
		const double old = r[k];
		r[k] = old + h;
		const double up = spk_objective_value(&par, n, r, label);
		r[k] = old - h;
		const double down = spk_objective_value(&par, n, r, label);
		r[k] = old;
		CHECK_ABS(gradient[k], (up - down) / (2 * h), 1e-6,
			"h^2 J'''/6 < 1e-7, rounding of J over h < 1e-9");
	}
}

static void softmax_gradient_is_the_slope(void)
{
	PROPERTY(200, seed)
	check_gradient(seed, SPK_FORM_SOFTMAX);
}

static void squared_gradient_is_the_slope(void)
{
	PROPERTY(200, seed)
	check_gradient(seed, SPK_FORM_SQUARED);
}

static void softmax_probabilities_sum_to_one(void)
{
	PROPERTY(100, seed)
	{
		uint64_t state = seed;
		const struct spk_objective_par par = draw_par(&state, SPK_FORM_SOFTMAX);
		double r[MAX_UNITS], gradient[MAX_UNITS], sum = 0, slopes = 0;
		const size_t n = draw_readout(&state, r);
		for (size_t label = 0; label < n; label++)
			sum += exp(spk_objective_value(&par, n, r, label));
		CHECK_ABS(sum, 1.0, 1e-13, "rounding of n <= 12 terms");
		spk_objective_gradient(&par, n, r, 0, gradient);
		for (size_t k = 0; k < n; k++)
			slopes += gradient[k];
		CHECK_ABS(slopes, 0.0, 1e-13, "J does not change when all readouts move together");
	}
}

static void softmax_by_hand(void)
{
	const struct spk_objective_par par = {.form = SPK_FORM_SOFTMAX, .scale = 2.0};
	const double r[] = {2.0 * 0.6931471805599453, 0.0}; /* p = 2/3, 1/3 */
	double gradient[2];

	CHECK_ABS(spk_objective_value(&par, 2, r, 0), -0.40546510810816444, 1e-15, "log(2/3)");
	CHECK_ABS(spk_objective_value(&par, 2, r, 1), -1.0986122886681098, 1e-15, "log(1/3)");
	spk_objective_gradient(&par, 2, r, 1, gradient);
	CHECK_ABS(gradient[0], -1.0 / 3.0, 1e-15, "-(2/3)/2");
	CHECK_ABS(gradient[1], 1.0 / 3.0, 1e-15, "(1 - 1/3)/2");
}

static void softmax_of_extreme_readouts(void)
{
	const struct spk_objective_par par = {.form = SPK_FORM_SOFTMAX, .scale = 1e-3};
	const double r[] = {1e6, -1e6, 0.0};
	double gradient[3];

	CHECK(spk_objective_value(&par, 3, r, 0) == 0.0);
	CHECK_REL(spk_objective_value(&par, 3, r, 1), -2e9, 1e-12, "difference over scale");
	spk_objective_gradient(&par, 3, r, 1, gradient);
	CHECK_REL(gradient[0], -1000.0, 1e-12, "p = 1");
	CHECK_REL(gradient[1], 1000.0, 1e-12, "p = 0");
	CHECK(gradient[2] == 0.0);
}

static void squared_by_hand(void)
{
	const struct spk_objective_par par = {
		.form = SPK_FORM_SQUARED, .scale = 2.0, .target_on = 10.0, .target_off = 1.0};
	const double r[] = {4.0, 3.0, 1.0};
	double gradient[3];

	CHECK_ABS(spk_objective_value(&par, 3, r, 0), -5.0, 1e-15, "-(36 + 4 + 0)/8");
	spk_objective_gradient(&par, 3, r, 0, gradient);
	CHECK(gradient[0] == 1.5 && gradient[1] == -0.5 && gradient[2] == 0.0);
}

static void winner_is_the_first_of_equals(void)
{
	const double r[] = {-1.0, 3.0, 3.0, 2.0};

	CHECK(spk_objective_winner(4, r) == 1);
	CHECK(spk_objective_winner(1, r) == 0);
}

TEST_MAIN(TEST(softmax_gradient_is_the_slope), TEST(squared_gradient_is_the_slope),
	TEST(softmax_probabilities_sum_to_one), TEST(softmax_by_hand), TEST(softmax_of_extreme_readouts),
	TEST(squared_by_hand), TEST(winner_is_the_first_of_equals))
