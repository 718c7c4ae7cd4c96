/** The short table after a run. */
#ifndef TOOLS_SUMMARY_H
#define TOOLS_SUMMARY_H

#include <spikem/sim.h>

/**
 * Print to standard output: what was simulated and how fast, the mean rates of the populations whose spikes
 * were recorded (counted in the result file), and `report` (may be NULL).
 * Errors: those of reading the result file.
 */
int spk_print_summary(const struct spk_scenario *scenario, const struct spk_counts *counts,
	const char *output, const char *report, struct spk_error *err);

#endif
