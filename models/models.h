/** Declarations of all model structs, from models.def; each model's file includes this. */
#ifndef SPK_MODELS_MODELS_H
#define SPK_MODELS_MODELS_H

#include <spikem/measure.h>
#include <spikem/model.h>

#define NEURON(name) extern const struct spk_neuron_model spk_neuron_##name;
#define SOURCE(name) extern const struct spk_source_model spk_source_##name;
#define PLASTICITY(name) extern const struct spk_plasticity_model spk_plasticity_##name;
#define UNIT(name) extern const struct spk_unit_model spk_unit_##name;
#define MEASUREMENT(name) extern const struct spk_measurement spk_measure_##name;
#include "models/models.def"

#endif
