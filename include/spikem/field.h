/**
 * Fields: the one description of a model's parameter or state variable.
 *
 * From a table of fields come the scenario's keys with their units, ranges and defaults, the JSON
 * schema, `spikem describe`, the attributes in HDF5 and the checkpoint. A value is always a double in
 * the dimension's base unit; a choice is the index of its word in `choices`.
 */
#ifndef SPIKEM_FIELD_H
#define SPIKEM_FIELD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** X(name, base unit): dimensions of a quantity and the unit in which the library holds it. */
#define SPK_DIM_LIST(X)                                                                                      \
	X(SPK_DIM_NONE, "")                                                                                  \
	X(SPK_DIM_TIME, "ms")                                                                                \
	X(SPK_DIM_VOLTAGE, "mV")                                                                             \
	X(SPK_DIM_CURRENT, "pA")                                                                             \
	X(SPK_DIM_CAPACITANCE, "pF")                                                                         \
	X(SPK_DIM_RATE, "Hz")                                                                                \
	X(SPK_DIM_SLOPE, "mV/ms")

enum spk_dim {
#define SPK_DIM_ENUM(name, unit) name,
	SPK_DIM_LIST(SPK_DIM_ENUM)
#undef SPK_DIM_ENUM
};

/** Name of the base unit ("ms"); "" for SPK_DIM_NONE. Never NULL. */
const char *spk_dim_unit(enum spk_dim dim);

/** One parameter or state variable. Tables of fields are static const and end by their count. */
struct spk_field {
	const char *name;           /**< key in the scenario, e.g. "tau_m" */
	enum spk_dim dim;           /**< dimension; the unit of def, lo and hi is its base unit */
	double def;                 /**< default; NAN: must be given */
	double lo, hi;              /**< inclusive range; -INFINITY / INFINITY: unbounded */
	int lo_open;                /**< non-zero: lo itself is not allowed ("> 0") */
	const char *const *choices; /**< NULL, or NULL-terminated words; the value is the index */
	const char *doc;            /**< one line: meaning and, where it has one, symbol in the source */
};

#ifdef __cplusplus
}
#endif
#endif
