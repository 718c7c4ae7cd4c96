/* The tables of models and references, from models.def and refs.def. */
#include "models/models.h"

#include <string.h>

const struct spk_neuron_model *const spk_neuron_models[] = {
#define NEURON(name) &spk_neuron_##name,
#include "models/models.def"
	NULL};

const struct spk_source_model *const spk_source_models[] = {
#define SOURCE(name) &spk_source_##name,
#include "models/models.def"
	NULL};

const struct spk_plasticity_model *const spk_plasticity_models[] = {
#define PLASTICITY(name) &spk_plasticity_##name,
#include "models/models.def"
	NULL};

const struct spk_unit_model *const spk_unit_models[] = {
#define UNIT(name) &spk_unit_##name,
#include "models/models.def"
	NULL};

const struct spk_measurement *const spk_measurements[] = {
#define MEASUREMENT(name) &spk_measure_##name,
#include "models/models.def"
	NULL};

const struct spk_reference spk_references[] = {
#define REF(key, text) {key, text},
#include "models/refs.def"
	{NULL, NULL}};

const struct spk_neuron_model *spk_find_neuron(const char *name)
{
	for (size_t k = 0; spk_neuron_models[k]; k++)
		if (strcmp(spk_neuron_models[k]->name, name) == 0)
			return spk_neuron_models[k];
	return NULL;
}

const struct spk_source_model *spk_find_source(const char *name)
{
	for (size_t k = 0; spk_source_models[k]; k++)
		if (strcmp(spk_source_models[k]->name, name) == 0)
			return spk_source_models[k];
	return NULL;
}

const struct spk_plasticity_model *spk_find_plasticity(const char *name)
{
	for (size_t k = 0; spk_plasticity_models[k]; k++)
		if (strcmp(spk_plasticity_models[k]->name, name) == 0)
			return spk_plasticity_models[k];
	return NULL;
}

const struct spk_unit_model *spk_find_unit(const char *name)
{
	for (size_t k = 0; spk_unit_models[k]; k++)
		if (strcmp(spk_unit_models[k]->name, name) == 0)
			return spk_unit_models[k];
	return NULL;
}

const struct spk_measurement *spk_find_measurement(const char *name)
{
	for (size_t k = 0; spk_measurements[k]; k++)
		if (strcmp(spk_measurements[k]->name, name) == 0)
			return spk_measurements[k];
	return NULL;
}

const struct spk_reference *spk_find_reference(const char *key)
{
	for (const struct spk_reference *ref = spk_references; ref->key; ref++)
		if (strcmp(ref->key, key) == 0)
			return ref;
	return NULL;
}
