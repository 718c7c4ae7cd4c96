/**
 * Quantities: a number and a unit, such as `20 ms`, and their plain relatives.
 *
 * Parsing rounds once: the unit's power of ten is added to the decimal exponent before conversion, so
 * `0.1 us` gives the double nearest to 1e-4 ms. Parsing and printing need the C locale (decimal point).
 */
#ifndef SPIKEM_SIM_UNITS_H
#define SPIKEM_SIM_UNITS_H

#include <spikem/field.h>
#include <spikem/status.h>
#include <stdint.h>

/** A unit: value in base units = number * 10^exponent. */
struct spk_unit {
	const char *name;
	enum spk_dim dim;
	int exponent;
};

/** All units, ended by a NULL name; the first of a dimension is the one used in examples. */
extern const struct spk_unit spk_units[];

/** "a time", "a voltage", ...; "a plain number" for SPK_DIM_NONE. Never NULL. */
const char *spk_dim_what(enum spk_dim dim);
/** "20 ms", "10 mV", ...: a quantity of that dimension to show in messages. Never NULL. */
const char *spk_dim_example(enum spk_dim dim);

/**
 * Read a quantity of a known dimension. The whole text must be used; blanks around it are allowed.
 *
 * Errors: SPK_E_INVALID, with a text that goes on after the name of what was read: "needs a time such
 * as `20 ms`, got a voltage". Infinite, NaN and overflowing numbers are refused.
 */
int spk_quantity_parse(const char *text, enum spk_dim dim, double *ret_value, struct spk_error *err);

/** Read a whole number in 0 .. 2^64 - 1 without sign, exponent or leading zero. Errors: as above. */
int spk_count_parse(const char *text, uint64_t *ret_value, struct spk_error *err);

/** Write value and base unit so that spk_quantity_parse gives the same double: "20 ms". */
void spk_quantity_print(double value, enum spk_dim dim, char *ret_text, size_t size);

#endif
