/**
 * What every spike source owes: sound tables, rates that follow the drive, no memory of a discarded spike.
 */
#include <gsl/gsl_cdf.h>
#include <spikem/model.h>

#include "tests/test.h"

enum { MAX_PARAMS = 16, MAX_STATES = 8 };

struct source {
	const struct spk_source_model *model;
	double par[MAX_PARAMS], st[MAX_STATES];
	struct spk_rng rng;
};

static double *param(struct source *source, const char *name)
{
	for (size_t k = 0; k < source->model->n_params; k++)
		if (strcmp(source->model->params[k].name, name) == 0)
			return &source->par[k];
	return NULL;
}

/** The model with its defaults; parameters without one get 50. */
static struct source make_source(const char *name, uint64_t id)
{
	struct source source = {.model = spk_find_source(name),
		.rng = spk_rng_stream(11, SPK_RNG_TEST, 1, id & SPK_RNG_MAX_ID)};
	CHECK(source.model && source.model->n_params <= MAX_PARAMS && source.model->n_states <= MAX_STATES);
	for (size_t k = 0; k < source.model->n_params; k++)
		source.par[k] = isnan(source.model->params[k].def) ? 50.0 : source.model->params[k].def;
	return source;
}

/** As the engine does: spikes in [0, stop) of one showing. @return their number; times in ret_t[max] */
static size_t show(struct source *source, double drive, double stop, size_t max, double *ret_t)
{
	double now = 0.0;
	size_t n = 0;
	for (int fresh = 1;; fresh = 0) {
		double wait = source->model->next(source->par, source->st, drive, now, fresh, &source->rng);
		CHECK(wait >= 0.0);
		now += wait;
		if (!(now < stop) || n == max)
			return n;
		ret_t[n++] = now;
	}
}

static void tables_are_sound(void)
{
	for (size_t k = 0; spk_source_models[k]; k++) {
		const struct spk_source_model *model = spk_source_models[k];
		CHECK(spk_find_source(model->name) == model);
		CHECK(k == 0 || strcmp(spk_source_models[k - 1]->name, model->name) < 0);
		CHECK(model->summary && model->equations && (model->n_params == 0 || model->params));
		CHECK((model->next != NULL) == !model->takes_spikes);
		for (const char *const *ref = model->refs; *ref; ref++)
			CHECK(spk_find_reference(*ref) != NULL);
		for (size_t j = 0; j < model->n_params; j++) {
			const struct spk_field *field = &model->params[j];
			CHECK(field->name && field->doc && field->lo <= field->hi);
			CHECK(isnan(field->def) || (field->def >= field->lo && field->def <= field->hi));
		}
	}
}

/** Whatever the model: waits are never negative, and the same stream gives the same spikes. */
static void showings_repeat(void)
{
	for (size_t k = 0; spk_source_models[k]; k++) {
		if (spk_source_models[k]->takes_spikes)
			continue;
		PROPERTY(50, seed)
		{
			double a[200], b[200], drive = test_uniform(&seed, 0.0, 1.0);
			struct source one = make_source(spk_source_models[k]->name, seed), other = one;
			size_t n = show(&one, drive, 1000.0, 200, a);
			CHECK(show(&other, drive, 1000.0, 200, b) == n && memcmp(a, b, n * sizeof a[0]) == 0);
			for (size_t j = 1; j < n; j++)
				CHECK(a[j] > a[j - 1]);
		}
	}
}

/** A longer quiet part of the showing moves nothing: `since` is taken off. */
static void first_spike_counts_from_the_setting_of_the_drive(void)
{
	static const char *const names[] = {"regular", "latency"};
	for (int k = 0; k < 2; k++) {
		struct source source = make_source(names[k], 0);
		const struct spk_source_model *model = source.model;
		double early = model->next(source.par, source.st, 0.6, 0.0, 1, &source.rng);
		double late = model->next(source.par, source.st, 0.6, 3.0, 1, &source.rng);
		CHECK_ABS(early - late, 3.0, 1e-13, "a few roundings of times below 100 ms");
		CHECK(model->next(source.par, source.st, 0.6, 1e6, 1, &source.rng) == 0.0);
	}
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/** Intervals against the exponential law: Kolmogorov-Smirnov at p = 1e-4. */
static void poisson_intervals_are_exponential(void)
{
	enum { N = 20000 };
	static double t[N];
	static const struct {
		double rate, rate_min, drive, want;
	} cases[] = {
		{50, 0, 1, 50}, {50, 0, 0.5, 25}, {80, 20, 0.25, 35}, {20, 5, 0, 5}, {20000, 0, 1, 20000}};
	for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
		struct source source = make_source("poisson", c);
		*param(&source, "rate") = cases[c].rate;
		*param(&source, "rate_min") = cases[c].rate_min;
		CHECK(show(&source, cases[c].drive, INFINITY, N, t) == N);
		for (size_t k = N - 1; k > 0; k--)
			t[k] -= t[k - 1];
		qsort(t, N, sizeof t[0], compare_doubles);
		double worst = 0.0;
		for (size_t k = 0; k < N; k++) {
			double p = gsl_cdf_exponential_P(t[k], 1000.0 / cases[c].want);
			worst = fmax(worst, fmax(p - (double)k / N, (double)(k + 1) / N - p));
		}
		CHECK(worst * sqrt(N) < 2.23);
	}
}

/** Discarding the pending spike at changes of the drive keeps the rate of each part. */
static void poisson_follows_changes_of_drive(void)
{
	enum { PARTS = 20000 };
	struct source source = make_source("poisson", 77);
	double t[400], n[2] = {0, 0};
	*param(&source, "rate") = 100.0;
	for (int k = 0; k < PARTS; k++)
		n[k % 2] += (double)show(&source, k % 2 ? 0.2 : 1.0, 7.0, 400, t);
	CHECK_ABS(n[0], 7000.0, 3.9 * sqrt(7000.0), "3.9 standard deviations of a Poisson count");
	CHECK_ABS(n[1], 1400.0, 3.9 * sqrt(1400.0), "3.9 standard deviations of a Poisson count");
}

static void no_rate_no_spikes(void)
{
	static const char *const names[] = {"poisson", "regular"};
	double t[4];
	for (int k = 0; k < 2; k++) {
		struct source source = make_source(names[k], 0);
		CHECK(show(&source, 0.0, INFINITY, 4, t) == 0);
		*param(&source, "rate") = 0.0;
		CHECK(show(&source, 1.0, INFINITY, 4, t) == 0);
		struct spk_error err = {0};
		CHECK(source.model->derive(source.par, &err) == SPK_OK);
		*param(&source, "rate_min") = 1.0;
		CHECK(source.model->derive(source.par, &err) == SPK_E_INVALID && err.text[0]);
	}
}

static void regular_keeps_its_period_and_phase(void)
{
	struct source source = make_source("regular", 0);
	double t[64];
	*param(&source, "rate") = 100.0;
	*param(&source, "rate_min") = 20.0;
	for (double phase = 0.0; phase <= 1.0; phase += 0.25) {
		*param(&source, "phase") = phase;
		size_t n = show(&source, 0.25, 1000.0, 64, t); /* 40 Hz: 25 ms */
		CHECK(n == (phase < 1.0 ? 40 : 39));
		for (size_t k = 0; k < n; k++)
			CHECK_ABS(t[k], 25.0 * (phase + (double)k), 1e-10, "40 additions below 1000 ms");
	}
}

static void latency_fires_once_and_earlier_with_drive(void)
{
	struct source source = make_source("latency", 0);
	double t[4];
	*param(&source, "t_max") = 40.0;
	*param(&source, "threshold") = 0.2;
	for (double drive = 0.0; drive <= 1.0; drive += 0.05) {
		size_t n = show(&source, drive, INFINITY, 4, t);
		CHECK(n == (drive >= 0.2));
		if (n)
			CHECK_ABS(t[0], 40.0 * (1.0 - drive), 1e-13, "one rounding");
	}
}

TEST_MAIN(TEST(tables_are_sound), TEST(showings_repeat),
	TEST(first_spike_counts_from_the_setting_of_the_drive), TEST(poisson_intervals_are_exponential),
	TEST(poisson_follows_changes_of_drive), TEST(no_rate_no_spikes),
	TEST(regular_keeps_its_period_and_phase), TEST(latency_fires_once_and_earlier_with_drive))
