/* Dimensions of fields. */
#include <spikem/field.h>

const char *spk_dim_unit(enum spk_dim dim)
{
	switch (dim) {
#define CASE(name, unit)                                                                                     \
	case name:                                                                                           \
		return unit;
		SPK_DIM_LIST(CASE)
#undef CASE
	default:
		return "";
	}
}
