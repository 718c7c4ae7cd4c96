/* Quantities: numbers with units. */
#include "sim/units.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_DIGITS = 60 };

const struct spk_unit spk_units[] = {
	{"ms", SPK_DIM_TIME, 0},
	{"s", SPK_DIM_TIME, 3},
	{"us", SPK_DIM_TIME, -3},
	{"µs", SPK_DIM_TIME, -3},
	{"μs", SPK_DIM_TIME, -3},
	{"ns", SPK_DIM_TIME, -6},
	{"mV", SPK_DIM_VOLTAGE, 0},
	{"V", SPK_DIM_VOLTAGE, 3},
	{"uV", SPK_DIM_VOLTAGE, -3},
	{"µV", SPK_DIM_VOLTAGE, -3},
	{"μV", SPK_DIM_VOLTAGE, -3},
	{"pA", SPK_DIM_CURRENT, 0},
	{"nA", SPK_DIM_CURRENT, 3},
	{"uA", SPK_DIM_CURRENT, 6},
	{"µA", SPK_DIM_CURRENT, 6},
	{"μA", SPK_DIM_CURRENT, 6},
	{"mA", SPK_DIM_CURRENT, 9},
	{"A", SPK_DIM_CURRENT, 12},
	{"pF", SPK_DIM_CAPACITANCE, 0},
	{"nF", SPK_DIM_CAPACITANCE, 3},
	{"uF", SPK_DIM_CAPACITANCE, 6},
	{"µF", SPK_DIM_CAPACITANCE, 6},
	{"μF", SPK_DIM_CAPACITANCE, 6},
	{"F", SPK_DIM_CAPACITANCE, 12},
	{"Hz", SPK_DIM_RATE, 0},
	{"kHz", SPK_DIM_RATE, 3},
	{"MHz", SPK_DIM_RATE, 6},
	{"1/s", SPK_DIM_RATE, 0},
	{"mV/ms", SPK_DIM_SLOPE, 0},
	{"V/s", SPK_DIM_SLOPE, 0},
	{"mV/s", SPK_DIM_SLOPE, -3},
	{NULL, SPK_DIM_NONE, 0},
};

static const struct {
	enum spk_dim dim;
	const char *what, *example;
} dims[] = {
	{SPK_DIM_NONE, "a plain number", "0.5"},
	{SPK_DIM_TIME, "a time", "20 ms"},
	{SPK_DIM_VOLTAGE, "a voltage", "10 mV"},
	{SPK_DIM_CURRENT, "a current", "250 pA"},
	{SPK_DIM_CAPACITANCE, "a capacitance", "250 pF"},
	{SPK_DIM_RATE, "a rate", "20 Hz"},
	{SPK_DIM_SLOPE, "a slope", "1 mV/ms"},
};

const char *spk_dim_what(enum spk_dim dim)
{
	for (size_t k = 0; k < sizeof dims / sizeof *dims; k++)
		if (dims[k].dim == dim)
			return dims[k].what;
	return "a quantity";
}

const char *spk_dim_example(enum spk_dim dim)
{
	for (size_t k = 0; k < sizeof dims / sizeof *dims; k++)
		if (dims[k].dim == dim)
			return dims[k].example;
	return "";
}

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static const struct spk_unit *find_unit(const char *name, int (*same)(const char *, const char *))
{
	for (const struct spk_unit *unit = spk_units; unit->name != NULL; unit++)
		if (same(unit->name, name) == 0)
			return unit;
	return NULL;
}

/* Ends of the mantissa and of the number at `s`; 0 if there is no number. */
static int scan_number(const char *s, const char **ret_mantissa_end, const char **ret_end)
{
	const char *p = s + (*s == '+' || *s == '-');
	int digits = 0;

	for (; isdigit((unsigned char)*p); p++)
		digits++;
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++)
			digits++;
	if (digits == 0)
		return 0;
	*ret_mantissa_end = *ret_end = p;
	if (*p == 'e' || *p == 'E') {
		const char *q = p + 1;

		q += *q == '+' || *q == '-';
		if (isdigit((unsigned char)*q)) {
			while (isdigit((unsigned char)*q))
				q++;
			*ret_end = q;
		}
	}
	return 1;
}

/* The double nearest to the number at [s, end) times 10^exponent; a digit string too long is refused. */
static int convert(const char *s, const char *mantissa_end, const char *end, int exponent, double *ret_value,
	struct spk_error *err)
{
	char text[MAX_DIGITS + 24];
	const size_t length = (size_t)(mantissa_end - s);
	long given = 0;
	double value;

	if (length > MAX_DIGITS || end - mantissa_end > 8)
		return spk_fail(err, SPK_E_INVALID, "has too many digits");
	if (end > mantissa_end)
		given = strtol(mantissa_end + 1, NULL, 10);
	memcpy(text, s, length);
	(void)snprintf(text + length, sizeof text - length, "e%ld", given + exponent);
	value = strtod(text, NULL);
	if (!isfinite(value))
		return spk_fail(err, SPK_E_INVALID, "is too large for a number");
	*ret_value = value;
	return SPK_OK;
}

static int fail_no_number(const char *s, enum spk_dim dim, struct spk_error *err)
{
	static const char *const not_finite[] = {
		".inf", "-.inf", "+.inf", "inf", "-inf", "+inf", ".nan", "nan", "infinity", NULL};

	for (size_t k = 0; not_finite[k] != NULL; k++)
		if (strcasecmp(s, not_finite[k]) == 0)
			return spk_fail(err, SPK_E_INVALID, "must be finite, got `%s`", s);
	return spk_fail(err, SPK_E_INVALID, "needs %s such as `%s`, got `%.40s`", spk_dim_what(dim),
		spk_dim_example(dim), s);
}

static int fail_unit(
	const char *number, int number_length, const char *name, enum spk_dim dim, struct spk_error *err)
{
	const struct spk_unit *unit = find_unit(name, strcmp);

	if (unit != NULL)
		return spk_fail(err, SPK_E_INVALID, "needs %s such as `%s`, got %s", spk_dim_what(dim),
			spk_dim_example(dim), spk_dim_what(unit->dim));
	unit = find_unit(name, strcasecmp);
	if (unit != NULL && dim != SPK_DIM_NONE)
		return spk_fail(err, SPK_E_INVALID, "has the unknown unit `%s`, did you mean `%.*s %s`?",
			name, number_length, number, unit->name);
	if (name[0] == ':')
		return spk_fail(err, SPK_E_INVALID,
			"needs %s such as `%s`, got `%.20s`: YAML 1.1 reads a colon between digits as base "
			"60",
			spk_dim_what(dim), spk_dim_example(dim), number);
	if (dim == SPK_DIM_NONE || name[0] == '_' || name[0] == ',')
		return spk_fail(err, SPK_E_INVALID, "needs %s such as `%s`, got `%.40s`", spk_dim_what(dim),
			spk_dim_example(dim), number);
	return spk_fail(err, SPK_E_INVALID, "has the unknown unit `%.20s`, it needs %s such as `%s`", name,
		spk_dim_what(dim), spk_dim_example(dim));
}

int spk_quantity_parse(const char *text, enum spk_dim dim, double *ret_value, struct spk_error *err)
{
	const char *const s = skip_blanks(text);
	const char *mantissa_end, *end, *name;
	char unit_name[24];
	const struct spk_unit *unit = NULL;
	size_t length;

	if (!scan_number(s, &mantissa_end, &end))
		return fail_no_number(s, dim, err);
	name = skip_blanks(end);
	length = strlen(name);
	while (length > 0 && (name[length - 1] == ' ' || name[length - 1] == '\t'))
		length--;
	if (length == 0) {
		if (dim == SPK_DIM_NONE)
			return convert(s, mantissa_end, end, 0, ret_value, err);
		return spk_fail(
			err, SPK_E_INVALID, "needs a unit: `%.*s %s`?", (int)(end - s), s, spk_dim_unit(dim));
	}
	(void)snprintf(unit_name, sizeof unit_name, "%.*s", (int)(length < 20 ? length : 20), name);
	unit = find_unit(unit_name, strcmp);
	if (unit == NULL || length > 20 || unit->dim != dim)
		return fail_unit(s, (int)(end - s), unit_name, dim, err);
	return convert(s, mantissa_end, end, unit->exponent, ret_value, err);
}

/* Why `s`, which is not a plain row of digits, is no whole number. */
static int fail_count(const char *s, struct spk_error *err)
{
	double value;

	if (s[0] == '0' && isdigit((unsigned char)s[1]))
		return spk_fail(
			err, SPK_E_INVALID, "has a leading zero, which YAML 1.1 reads as base 8: `%.40s`", s);
	if (strchr(s, ':') != NULL && isdigit((unsigned char)s[0]))
		return spk_fail(err, SPK_E_INVALID,
			"needs a whole number, got `%.40s`: YAML 1.1 reads a colon between digits as base 60",
			s);
	if (spk_quantity_parse(s, SPK_DIM_NONE, &value, NULL) == SPK_OK && value >= 0 && value < 9e15 &&
		floor(value) == value)
		return spk_fail(
			err, SPK_E_INVALID, "needs a whole number, got `%.40s`: write `%.0f`", s, value);
	return spk_fail(err, SPK_E_INVALID, "needs a whole number such as `10`, got `%.40s`", s);
}

int spk_count_parse(const char *text, uint64_t *ret_value, struct spk_error *err)
{
	const char *const s = skip_blanks(text);
	const char *p = s;
	uint64_t value = 0;

	for (; isdigit((unsigned char)*p); p++) {
		const uint64_t digit = (uint64_t)(*p - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return spk_fail(err, SPK_E_INVALID, "is too large for a whole number");
		value = value * 10 + digit;
	}
	if (p == s || *skip_blanks(p) != '\0' || (s[0] == '0' && p > s + 1))
		return fail_count(s, err);
	*ret_value = value;
	return SPK_OK;
}

void spk_quantity_print(double value, enum spk_dim dim, char *ret_text, size_t size)
{
	const char *const unit = spk_dim_unit(dim);
	char number[40];

	for (int digits = 6; digits <= 17; digits++) {
		(void)snprintf(number, sizeof number, "%.*g", digits, value);
		if (strtod(number, NULL) == value)
			break;
	}
	(void)snprintf(ret_text, size, "%s%s%s", number, *unit ? " " : "", unit);
}
