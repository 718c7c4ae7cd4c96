/** Declarations of all model structs, from models.def; each model's file includes this. */
#ifndef SPK_MODELS_MODELS_H
#define SPK_MODELS_MODELS_H

#include <spikem/model.h>

#define NEURON(name) extern const struct spk_neuron_model spk_neuron_##name;
#define SOURCE(name) extern const struct spk_source_model spk_source_##name;
#define PLASTICITY(name) extern const struct spk_plasticity_model spk_plasticity_##name;
#include "models/models.def"

#endif
