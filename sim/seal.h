/**
 * Seals: a checksum behind the last byte of a file that the program itself will read again and trust, so that
 * a file that was cut off or changed on its way is refused before anything parses it. (HDF5 guards its
 * structure in part and numbers not at all.) HDF5 ignores what follows the end that a file states.
 */
#ifndef SPK_SIM_SEAL_H
#define SPK_SIM_SEAL_H

#include <spikem/status.h>

/** Append a seal to a closed file and bring it to the disk. Errors: SPK_E_IO. */
int spk_seal_write(const char *path, struct spk_error *err);
/**
 * Whether the file ends with a seal that fits its bytes. Errors: SPK_E_IO, SPK_E_FORMAT (no seal, cut off,
 * changed).
 */
int spk_seal_check(const char *path, struct spk_error *err);

#endif
