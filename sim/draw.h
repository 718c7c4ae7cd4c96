/** Draws of quantities that a scenario gives by a law. */
#ifndef SPK_SIM_DRAW_H
#define SPK_SIM_DRAW_H

#include <spikem/rng.h>
#include <spikem/scenario.h>

/** A draw of a quantity from its stream: number `index` of a list, else law and bounds. */
double spk_value_draw(const struct spk_value *value, uint64_t index, struct spk_rng *rng);

/** A quantity that each of many owners draws from a stream of its own, that of the owner's id. */
struct spk_value_draws {
	const struct spk_value *value;
	uint64_t seed;
	enum spk_rng_purpose purpose;
	uint32_t sub;
};

/** The draws of n owners, many at once: each is what spk_value_draw() makes of the owner's stream. */
void spk_draw_values(const struct spk_value_draws *draws, size_t n, const uint64_t *id, double *ret_x);

#endif
