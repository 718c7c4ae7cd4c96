/* The measurement interval_cv on a raster whose answer is known. */
#include "tests/measure.h"

static const char *const rounding = "roundings";

/* Intervals 1, 2, 3 (mean 2, sd 1) and 4, 4, 4, mixed up; a third neuron has too few. */
static void cv_of_intervals(void)
{
	static const double t[] = {7, 4, 1, 12, 2, 0, 8, 5, 9}, id[] = {3, 3, 3, 1, 3, 1, 1, 2, 2};
	static const double times[] = {7, 4, 1, 12, 2, 0, 8, 5, 9, 4}, ids[] = {3, 3, 3, 1, 3, 1, 1, 2, 2, 1};
	struct probe p = probe_of("interval_cv");
	probe_input(&p, "times", 9, t), probe_input(&p, "neurons", 9, id);
	CHECK(probe_run(&p) == SPK_E_INVALID);
	CHECK_STR(p.err.text, "no neuron has 5 intervals between its spikes");
	probe_param(&p, "min_intervals", 3);
	CHECK(probe_run(&p) == SPK_OK && p.e.n == 1 && isnan(p.e.low));
	CHECK_ABS(p.e.value, 0.5, 1e-15, rounding);
	probe_input(&p, "times", 10, times), probe_input(&p, "neurons", 10, ids);
	CHECK(probe_run(&p) == SPK_OK && p.e.n == 2);
	CHECK_ABS(p.e.value, 0.25, 1e-15, rounding);
	/* t(1) at 97.5 %: 12.70620 */
	CHECK_ABS(p.e.high - p.e.value, 12.70620 * 0.25, 1e-5, "digits of the table");
	probe_input(&p, "neurons", 9, ids);
	CHECK(probe_run(&p) == SPK_E_INVALID);
}

TEST_MAIN(TEST(cv_of_intervals))
