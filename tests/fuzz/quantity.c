/*
 * Quantities and counts: each text is refused with a reason or gives a finite number, the one that the C
 * library finds in the same digits, and that survives being printed and read again.
 */
#include <ctype.h>
#include <math.h>

#include "sim/units.h"
#include "tests/fuzz/fuzz.h"

const unsigned long fuzz_cases = 100000;

enum { ROOM = 256 };

/* The oracle: the number as it stands, times the power of ten of the unit behind it. */
static void check_value(const char *text, enum spk_dim dim, double value)
{
	char *end;
	const long double number = strtold(text, &end);
	int exponent = 0;

	end += strspn(end, " \t\r\n");
	for (const struct spk_unit *unit = spk_units; unit->name; unit++) {
		const size_t n = strlen(unit->name);
		if (unit->dim == dim && strncmp(end, unit->name, n) == 0 &&
			end[n + strspn(end + n, " \t\r\n")] == '\0')
			exponent = unit->exponent;
	}
	const long double want = number * powl(10, exponent);
	FUZZ_HOLDS(fabsl((long double)value - want) <= 3e-16L * fabsl(want) + 1e-320L);
}

static void try_quantity(const char *text, enum spk_dim dim)
{
	struct spk_error err = {0};
	char printed[64];
	double value = 0, again = 0;
	const int rc = spk_quantity_parse(text, dim, &value, &err);

	if (rc) {
		FUZZ_IS_ERROR(rc, err);
		return;
	}
	FUZZ_HOLDS(isfinite(value));
	check_value(text, dim, value);
	spk_quantity_print(value, dim, printed, sizeof printed);
	FUZZ_HOLDS(spk_quantity_parse(printed, dim, &again, &err) == SPK_OK && again == value);
}

static void try_count(const char *text)
{
	struct spk_error err = {0};
	uint64_t value = 0;
	char printed[32];
	const int rc = spk_count_parse(text, &value, &err);

	if (rc) {
		FUZZ_IS_ERROR(rc, err);
		return;
	}
	(void)snprintf(printed, sizeof printed, "%llu", (unsigned long long)value);
	FUZZ_HOLDS(strncmp(text + strspn(text, " \t\r\n"), printed, strlen(printed)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[ROOM] = {0};

	if (size >= ROOM)
		return -1;
	if (size)
		memcpy(text, data, size);
	try_quantity(text, SPK_DIM_NONE);
	for (const struct spk_unit *unit = spk_units; unit->name; unit++)
		if (unit == spk_units || unit->dim != unit[-1].dim)
			try_quantity(text, unit->dim);
	try_count(text);
	return 0;
}
