/**
 * Two result files side by side, for `spikem compare`. Functions return SPK_OK or an error in pair->err; what
 * differs is told on standard output and noted in pair->differs.
 */
#ifndef TOOLS_COMPARE_H
#define TOOLS_COMPARE_H

#include <spikem/file.h>

enum { SPK_PAIR_BLOCK = 32768, SPK_PAIR_PATH = 4096, SPK_PAIR_WHERE = 96 };

struct spk_pair {
	struct spk_file *side[2]; /**< A and B */
	int quiet;
	int differs; /**< a difference has been told */
	struct spk_error err;
};

/** Tell a difference, one line. */
void spk_pair_tell(struct spk_pair *pair, const char *format, ...) SPK_PRINTF(2, 3);
/** Whether both sorted lists hold the same names; the first that is missing in one is told. */
int spk_pair_names(struct spk_pair *pair, const char *where, const char *what, char **a, char **b);
/** Compare /spikes of both files. */
int spk_pair_spikes(struct spk_pair *pair);

#endif
