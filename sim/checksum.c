#include "sim/checksum.h"

uint64_t spk_checksum(uint64_t hash, const void *data, size_t n)
{
	const unsigned char *const bytes = data;

	for (size_t k = 0; k < n; ++k)
		hash = (hash ^ bytes[k]) * UINT64_C(0x100000001b3);
	return hash;
}
