/* Quantities: units, rounding, refusals. */
#include "sim/units.h"

#include "tests/test.h"

static double parse(const char *text, enum spk_dim dim)
{
	double value = NAN;

	CHECK(spk_quantity_parse(text, dim, &value, NULL) == SPK_OK);
	return value;
}

static void units_scale_to_base_units(void)
{
	CHECK(parse("20 ms", SPK_DIM_TIME) == 20.0);
	CHECK(parse("1.5s", SPK_DIM_TIME) == 1500.0);
	CHECK(parse(" 3 us ", SPK_DIM_TIME) == 0.003);
	CHECK(parse("3 µs", SPK_DIM_TIME) == 0.003);
	CHECK(parse("-70e-3 V", SPK_DIM_VOLTAGE) == -70.0);
	CHECK(parse("+.5 mV", SPK_DIM_VOLTAGE) == 0.5);
	CHECK(parse("20 kHz", SPK_DIM_RATE) == 20000.0);
	CHECK(parse("2 MHz", SPK_DIM_RATE) == 2e6);
	CHECK(parse("1 nF", SPK_DIM_CAPACITANCE) == 1000.0);
	CHECK(parse("0.2 nA", SPK_DIM_CURRENT) == 200.0);
	CHECK(parse("1 A", SPK_DIM_CURRENT) == 1e12);
	CHECK(parse("2 V/s", SPK_DIM_SLOPE) == 2.0);
	CHECK(parse("1e3", SPK_DIM_NONE) == 1000.0);
}

/* One rounding: the result is the double nearest to the exact decimal value, as the compiler has it. */
static void units_round_once(void)
{
	CHECK(parse("0.1 us", SPK_DIM_TIME) == 0.0001);
	CHECK(parse("0.3 V", SPK_DIM_VOLTAGE) == 300.0);
	CHECK(parse("1.1 nA", SPK_DIM_CURRENT) == 1100.0);
	CHECK(parse("4.35 us", SPK_DIM_TIME) == 0.00435);
}

static void check_refused(const char *text, enum spk_dim dim, const char *part)
{
	struct spk_error err = {0};
	double value = 77.0;

	CHECK(spk_quantity_parse(text, dim, &value, &err) == SPK_E_INVALID);
	CHECK(value == 77.0);
	if (!CHECK(strstr(err.text, part) != NULL))
		printf("#   `%s` gave: %s\n", text, err.text);
}

static void wrong_quantities_are_explained(void)
{
	check_refused("10 mV", SPK_DIM_TIME, "needs a time such as `20 ms`, got a voltage");
	check_refused("10", SPK_DIM_TIME, "needs a unit: `10 ms`?");
	check_refused("10 MS", SPK_DIM_TIME, "did you mean `10 ms`?");
	check_refused("10 furlong", SPK_DIM_TIME, "unknown unit `furlong`");
	check_refused("0.07 mF", SPK_DIM_CAPACITANCE, "unknown unit `mF`");
	check_refused("ms", SPK_DIM_TIME, "needs a time such as `20 ms`, got `ms`");
	check_refused("", SPK_DIM_TIME, "needs a time");
	check_refused("1:30", SPK_DIM_TIME, "base 60");
	check_refused("3 ms", SPK_DIM_NONE, "needs a plain number such as `0.5`, got a time");
	check_refused("1_000", SPK_DIM_NONE, "needs a plain number");
	check_refused("0x10", SPK_DIM_NONE, "needs a plain number");
	check_refused(".inf", SPK_DIM_NONE, "must be finite");
	check_refused("nan", SPK_DIM_TIME, "must be finite");
	check_refused("1e999 ms", SPK_DIM_TIME, "too large");
	check_refused("1e300000000 ms", SPK_DIM_TIME, "too many digits");
	check_refused("1.0000000000000000000000000000000000000000000000000000000000000001", SPK_DIM_NONE,
		"too many digits");
	check_refused("1 ms 2", SPK_DIM_TIME, "unknown unit");
	check_refused("1..2", SPK_DIM_NONE, "needs a plain number");
}

static void counts(void)
{
	uint64_t value = 0;
	struct spk_error err = {0};

	CHECK(spk_count_parse("0", &value, NULL) == SPK_OK && value == 0);
	CHECK(spk_count_parse("18446744073709551615", &value, NULL) == SPK_OK && value == UINT64_MAX);
	CHECK(spk_count_parse("18446744073709551616", &value, &err) != SPK_OK &&
		strstr(err.text, "too large"));
	CHECK(spk_count_parse("1e3", &value, &err) != SPK_OK && strstr(err.text, "write `1000`"));
	CHECK(spk_count_parse("10.0", &value, &err) != SPK_OK && strstr(err.text, "write `10`"));
	CHECK(spk_count_parse("010", &value, &err) != SPK_OK && strstr(err.text, "base 8"));
	CHECK(spk_count_parse("1:30", &value, &err) != SPK_OK && strstr(err.text, "base 60"));
	CHECK(spk_count_parse("-1", &value, &err) != SPK_OK && strstr(err.text, "whole number"));
	CHECK(spk_count_parse("", &value, &err) != SPK_OK);
	CHECK(spk_count_parse("1.5", &value, &err) != SPK_OK);
}

static void printing_and_parsing_give_the_same_double(void)
{
	static const enum spk_dim dims[] = {SPK_DIM_NONE, SPK_DIM_TIME, SPK_DIM_RATE, SPK_DIM_SLOPE};

	PROPERTY(300, seed)
	{
		const double value =
			test_uniform(&seed, -1.0, 1.0) * pow(10.0, test_uniform(&seed, -20.0, 20.0));
		char text[64];

		for (int k = 0; k < 4; k++) {
			spk_quantity_print(value, dims[k], text, sizeof text);
			CHECK(parse(text, dims[k]) == value);
		}
	}
}

static void examples_are_right(void)
{
	static const enum spk_dim dims[] = {
#define DIM(name, unit) name,
		SPK_DIM_LIST(DIM)
#undef DIM
	};

	for (size_t k = 0; k < sizeof dims / sizeof *dims; k++) {
		CHECK(isfinite(parse(spk_dim_example(dims[k]), dims[k])));
		CHECK(strcmp(spk_dim_what(dims[k]), "a quantity") != 0);
	}
}

TEST_MAIN(TEST(units_scale_to_base_units), TEST(units_round_once), TEST(wrong_quantities_are_explained),
	TEST(counts), TEST(printing_and_parsing_give_the_same_double), TEST(examples_are_right))
