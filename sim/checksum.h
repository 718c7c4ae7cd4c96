/** A checksum against damage of files: 64-bit FNV-1a. A single changed byte always changes it. */
#ifndef SPK_SIM_CHECKSUM_H
#define SPK_SIM_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#define SPK_CHECKSUM_START UINT64_C(0xcbf29ce484222325)

/** The checksum of n bytes, continued from `hash` (start: SPK_CHECKSUM_START). */
uint64_t spk_checksum(uint64_t hash, const void *data, size_t n);

#endif
