#include "sim/phase.h"

#include "sim/draw.h"

double spk_phase_duration(const struct spk_scenario *scenario, size_t phase, uint64_t number)
{
	const struct spk_value *value = &scenario->protocol.phases[phase].duration;

	if (value->law == SPK_CONSTANT)
		return value->a;
	struct spk_rng rng = spk_rng_stream(scenario->seed, SPK_RNG_DURATION, (uint32_t)phase, number);
	return spk_value_draw(value, 0, &rng);
}

double spk_presentation_duration(const struct spk_scenario *scenario, uint64_t number)
{
	double ms = 0;

	for (size_t k = 0; k < scenario->protocol.n_phases; k++)
		ms += spk_phase_duration(scenario, k, number);
	return ms;
}
