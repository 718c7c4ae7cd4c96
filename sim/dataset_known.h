/** What reading a known set needs beyond its public description. */
#ifndef SPIKEM_SIM_DATASET_KNOWN_H
#define SPIKEM_SIM_DATASET_KNOWN_H

#include "sim/dataset_idx.h"

#include <spikem/dataset.h>

/** Whether open images are those of this part of the set, by number and shape (SPK_E_FORMAT). */
int spk_known_fits(const struct spk_known_set *set, const struct spk_known_part *part,
	const struct spk_idx *images, struct spk_error *err);

#endif
