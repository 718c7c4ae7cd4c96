/**
 * Ascending targets of a row, each coded by its distance from the one before it: one byte below 254, three
 * below 65,536, else five.
 */
#ifndef SPK_SIM_TARGET_CODE_H
#define SPK_SIM_TARGET_CODE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Longest code of a target. */
enum { SPK_CODE_BYTES = 5 };
/** First bytes of longer codes. */
enum { SPK_CODE_16 = 254, SPK_CODE_32 = 255 };

/** Code the distance of a target from the one before it in its row, or from 0. The number of bytes. */
static inline size_t spk_target_encode(uint32_t distance, uint8_t *ret_code)
{
	const uint16_t medium = (uint16_t)distance;

	if (distance < SPK_CODE_16) {
		*ret_code = (uint8_t)distance;
		return 1;
	}
	*ret_code = distance <= UINT16_MAX ? SPK_CODE_16 : SPK_CODE_32;
	if (distance <= UINT16_MAX)
		memcpy(ret_code + 1, &medium, sizeof medium);
	else
		memcpy(ret_code + 1, &distance, sizeof distance);
	return distance <= UINT16_MAX ? 1 + sizeof medium : SPK_CODE_BYTES;
}

/** The distance that a code stands for. @param code  moved behind it */
static inline uint32_t spk_target_decode(const uint8_t **code)
{
	uint32_t distance = *(*code)++;
	uint16_t medium;

	if (__builtin_expect(distance == SPK_CODE_16, 0)) {
		memcpy(&medium, *code, sizeof medium);
		*code += sizeof medium;
		distance = medium;
	} else if (__builtin_expect(distance == SPK_CODE_32, 0)) {
		memcpy(&distance, *code, sizeof distance);
		*code += sizeof distance;
	}
	return distance;
}

#endif
