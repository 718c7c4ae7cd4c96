/**
 * How long the phases of presentations last.
 */
#ifndef SPK_SIM_PHASE_H
#define SPK_SIM_PHASE_H

#include <spikem/scenario.h>

/**
 * ms that phase number `phase` lasts in presentation number `number` of the run. A duration that is drawn
 * depends on these and the seed alone, so it is the same for any number of lanes, ranks and threads.
 */
double spk_phase_duration(const struct spk_scenario *scenario, size_t phase, uint64_t number);
/** ms that presentation number `number` of the run lasts: the sum of its phases. */
double spk_presentation_duration(const struct spk_scenario *scenario, uint64_t number);

#endif
