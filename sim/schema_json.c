/* The table of keys as a JSON schema (draft-07), for editors and for checks by other programs. */
#include "sim/schema_json.h"
#include "sim/units.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* ---- Kinds -------------------------------------------------------------------------------------- */

static void write_shape(FILE *out, const struct spk_shape *shape, int indent);
static void write_members(FILE *out, const struct spk_shape *shape, int indent);
static void write_leaf(FILE *out, const struct spk_key *key);

static void write_registry(FILE *out, enum spk_registry registry)
{
	struct spk_arena arena = {0};
	const char *const *const names = spk_registry_names(&arena, registry);

	if (names != NULL)
		spk_json_words(out, names);
	else
		fputs("\"type\": \"string\"", out);
	spk_arena_clear(&arena);
}

/* Bounds act on plain numbers; those of quantities with units cannot be said in a JSON schema. */
static void write_bounds(FILE *out, double lo, double hi, int lo_open)
{
	if (!isinf(lo))
		fprintf(out, ", \"%s\": %.17g", lo_open ? "exclusiveMinimum" : "minimum", lo);
	if (!isinf(hi))
		fprintf(out, ", \"maximum\": %.17g", hi);
}

static void write_reference(FILE *out, const char *name, const char *suffix)
{
	fprintf(out, "{\"$ref\": \"#/definitions/%s%s\"}", name, suffix);
}

static void write_list(FILE *out, const char *name, int n)
{
	fputs("\"type\": \"array\", ", out);
	if (n > 0)
		fprintf(out, "\"minItems\": %d, \"maxItems\": %d, ", n, n);
	fputs("\"items\": ", out);
	write_reference(out, name, "");
}

enum form { ONE, PAIR, LIST };

/* Either of two dimensions: weights and readouts. */
static void write_either(
	FILE *out, enum spk_dim first, enum spk_dim second, enum form form, const char *suffix)
{
	const enum spk_dim dims[] = {first, second};

	fputs("\"anyOf\": [", out);
	for (size_t k = 0; k < 2; k++) {
		fputs(k > 0 ? ", " : "", out);
		if (form != ONE) {
			fputc('{', out);
			write_list(out, spk_json_dim(dims[k]), form == PAIR ? 2 : 0);
			fputc('}', out);
		} else {
			write_reference(out, spk_json_dim(dims[k]), suffix);
		}
	}
	fputc(']', out);
}

static void write_any_of_shape(FILE *out, const char *first, const struct spk_shape *shape, int indent)
{
	fprintf(out, "\"anyOf\": [%s, {", first);
	write_shape(out, shape, indent);
	fputs("}]", out);
}

static void write_axes(FILE *out, const struct spk_key *key, int indent)
{
	fputs("\"type\": \"object\", \"additionalProperties\": {", out);
	write_any_of_shape(out, "{\"type\": \"array\", \"minItems\": 1}", key->shape, indent);
	fputc('}', out);
}

static void write_weight(FILE *out, const struct spk_key *key, int indent)
{
	fputs("\"anyOf\": [{", out);
	write_leaf(out, key);
	fputs("}, {", out);
	write_shape(out, key->shape, indent);
	fputs("}, {", out);
	write_shape(out, &spk_schema_weights_of, indent);
	fputs("}]", out);
}

static void write_collection(FILE *out, const struct spk_key *key, int indent)
{
	switch (key->kind) {
	case SPK_WANT_MAP:
		write_members(out, key->shape, indent);
		break;
	case SPK_WANT_MAPS:
		fputs("\"type\": \"array\", \"items\": {", out);
		write_shape(out, key->shape, indent);
		fputc('}', out);
		break;
	case SPK_WANT_ONE_OR_MAPS:
		fputs("\"if\": {\"type\": \"array\"}, \"then\": {\"items\": {", out);
		write_shape(out, key->shape, indent);
		fputs("}}, \"else\": {", out);
		write_shape(out, key->shape, indent);
		fputc('}', out);
		break;
	case SPK_WANT_NAMED_MAPS:
		fputs("\"type\": \"object\", \"propertyNames\": {\"$ref\": \"#/definitions/name\"}, "
		      "\"additionalProperties\": {",
			out);
		write_shape(out, key->shape, indent);
		fputc('}', out);
		break;
	case SPK_WANT_SERIES:
		fputs("\"type\": \"object\", \"additionalProperties\": {\"anyOf\": [{\"type\": \"string\"}, "
		      "{",
			out);
		write_shape(out, key->shape, indent);
		fputs("}, {\"type\": \"array\", \"items\": {\"anyOf\": [{\"type\": \"string\"}, {", out);
		write_shape(out, key->shape, indent);
		fputs("}]}}]}", out);
		break;
	case SPK_WANT_AXES:
		write_axes(out, key, indent);
		break;
	case SPK_WANT_DELAY:
		write_any_of_shape(out, "{\"$ref\": \"#/definitions/time_value\"}", key->shape, indent);
		break;
	case SPK_WANT_CONNECT:
		write_any_of_shape(out, "{\"enum\": [\"all_to_all\", \"one_to_one\"]}", key->shape, indent);
		break;
	case SPK_WANT_WEIGHT:
		write_weight(out, key, indent);
		break;
	case SPK_WANT_EDGES:
		write_any_of_shape(out,
			"{\"type\": \"array\", \"items\": {\"type\": \"array\", \"minItems\": 2, "
			"\"maxItems\": 4}}",
			key->shape, indent);
		break;
	default:
		break;
	}
}

/* Kinds that always look the same, as members of a JSON object. */
static const char *const fixed[SPK_N_WANTS] = {
	[SPK_WANT_TEXT] = "\"type\": [\"string\", \"number\", \"boolean\"]",
	[SPK_WANT_TEXTS] = "\"type\": [\"string\", \"number\", \"boolean\", \"array\"], \"items\": "
			   "{\"type\": [\"string\", \"number\", \"boolean\"]}",
	[SPK_WANT_NAME] = "\"allOf\": [{\"$ref\": \"#/definitions/name\"}]",
	[SPK_WANT_NAMES] =
		"\"anyOf\": [{\"$ref\": \"#/definitions/name\"}, {\"type\": \"array\", \"items\": {\"$ref\": "
		"\"#/definitions/name\"}, \"uniqueItems\": true}]",
	[SPK_WANT_BOOL] = "\"type\": \"boolean\"",
	[SPK_WANT_SELECTION] = "\"allOf\": [{\"$ref\": \"#/definitions/selection\"}]",
	[SPK_WANT_SELECTIONS] =
		"\"type\": \"object\", \"additionalProperties\": {\"$ref\": \"#/definitions/selection\"}",
	[SPK_WANT_PARAMS] = "\"type\": \"object\"",
	[SPK_WANT_CONSTANTS] = "\"type\": \"object\"",
	[SPK_WANT_SEEDS] =
		"\"type\": [\"integer\", \"array\"], \"minimum\": 1, \"items\": {\"type\": \"integer\", "
		"\"minimum\": 0}",
	[SPK_WANT_ITEMS] = "\"type\": \"array\"",
};

static void write_count(FILE *out, const struct spk_key *key)
{
	/* 2^64 - 1 is no double */
	const unsigned long long hi = key->hi < 0x1p64 ? (unsigned long long)key->hi : UINT64_MAX;

	fprintf(out, "\"type\": \"integer\", \"minimum\": %.0f, \"maximum\": %llu", key->lo, hi);
}

static void write_quantity(FILE *out, const struct spk_key *key)
{
	fputs("\"allOf\": [", out);
	write_reference(out, spk_json_dim(key->dim), key->kind == SPK_WANT_VALUE ? "_value" : "");
	fputc(']', out);
	if (key->dim == SPK_DIM_NONE)
		write_bounds(out, key->lo, key->hi, key->lo_open);
}

static void write_leaf(FILE *out, const struct spk_key *key)
{
	switch (key->kind) {
	case SPK_WANT_WORD:
		if (key->registry != SPK_REGISTRY_NONE)
			write_registry(out, key->registry);
		else
			spk_json_words(out, key->words);
		break;
	case SPK_WANT_WORDS:
		fputs("\"type\": \"array\", \"minItems\": 1, \"uniqueItems\": true, \"items\": {", out);
		spk_json_words(out, key->words);
		fputc('}', out);
		break;
	case SPK_WANT_COUNT:
		write_count(out, key);
		break;
	case SPK_WANT_COUNTS:
		fputs("\"type\": \"array\", \"items\": {", out);
		write_count(out, key);
		fputc('}', out);
		break;
	case SPK_WANT_QUANTITY:
	case SPK_WANT_VALUE:
		write_quantity(out, key);
		break;
	case SPK_WANT_QUANTITIES:
	case SPK_WANT_PAIR:
		write_list(out, spk_json_dim(key->dim), key->kind == SPK_WANT_PAIR ? 2 : 0);
		break;
	case SPK_WANT_ROWS:
		fputs("\"type\": \"array\", \"items\": {", out);
		write_list(out, spk_json_dim(key->dim), 0);
		fputc('}', out);
		break;
	case SPK_WANT_WEIGHT:
	case SPK_WANT_WEIGHT_PAIR:
		write_either(out, SPK_DIM_VOLTAGE, SPK_DIM_CURRENT,
			key->kind == SPK_WANT_WEIGHT_PAIR ? PAIR : ONE, "_value");
		break;
	case SPK_WANT_READOUT:
	case SPK_WANT_READOUT_PAIR:
	case SPK_WANT_READOUTS:
		write_either(out, SPK_DIM_VOLTAGE, SPK_DIM_RATE,
			key->kind == SPK_WANT_READOUT        ? ONE
			: key->kind == SPK_WANT_READOUT_PAIR ? PAIR
							     : LIST,
			"");
		break;
	case SPK_WANT_SHOW:
	case SPK_WANT_WORD_OR_NAMES:
	case SPK_WANT_BOOL_OR_NAMES:
		spk_json_or_names(out, key);
		break;
	default:
		fputs(fixed[key->kind], out);
		break;
	}
}

/* ---- Models ------------------------------------------------------------------------------------- */

static void write_fields(
	FILE *out, const char *key, size_t n, const struct spk_field *fields, int is_constant)
{
	fprintf(out, "\"%s\": {\"additionalProperties\": false, \"properties\": {", key);
	for (size_t k = 0; k < n; k++) {
		const struct spk_field *const field = &fields[k];

		fprintf(out, "%s\n      \"%s\": {\"description\": ", k > 0 ? "," : "", field->name);
		spk_json_string(out, field->doc);
		fputs(", ", out);
		if (field->choices != NULL) {
			spk_json_words(out, field->choices);
		} else {
			fputs("\"anyOf\": [", out);
			write_reference(out, spk_json_dim(field->dim), is_constant ? "" : "_value");
			if (!is_constant)
				fputs(", {\"$ref\": \"#/definitions/array\"}", out);
			fputc(']', out);
			if (field->dim == SPK_DIM_NONE)
				write_bounds(out, field->lo, field->hi, field->lo_open);
		}
		if (!isnan(field->def)) {
			char text[64];

			spk_quantity_print(field->def, field->dim, text, sizeof text);
			fputs(", \"default\": ", out);
			spk_json_string(
				out, field->choices != NULL ? field->choices[(size_t)field->def] : text);
		}
		fputc('}', out);
	}
	fputs("}}", out);
}

static void write_if(FILE *out, const char *key, const char *word)
{
	fprintf(out,
		"{\"if\": {\"properties\": {\"%s\": {\"const\": \"%s\"}}, \"required\": [\"%s\"]},\n     "
		"\"then\": "
		"{\"properties\": {",
		key, word, key);
}

/* What the word in `model` or `rule` says about the other keys of its mapping. */
static void write_model_cases(FILE *out, enum spk_registry registry)
{
	const char *comma = "";

	fputs(", \"allOf\": [", out);
	for (size_t k = 0; registry == SPK_REGISTRY_PLASTICITY && spk_plasticity_models[k] != NULL;
		k++, comma = ",\n    ") {
		fputs(comma, out);
		write_if(out, "rule", spk_plasticity_models[k]->name);
		write_fields(out, "params", spk_plasticity_models[k]->n_params,
			spk_plasticity_models[k]->params, 1);
		fputs("}}}", out);
	}
	for (size_t k = 0; registry == SPK_REGISTRY_POPULATION && spk_neuron_models[k] != NULL;
		k++, comma = ",\n    ") {
		fputs(comma, out);
		write_if(out, "model", spk_neuron_models[k]->name);
		write_fields(out, "params", spk_neuron_models[k]->n_params, spk_neuron_models[k]->params, 0);
		fputs(", ", out);
		write_fields(out, "initial", spk_neuron_models[k]->n_states, spk_neuron_models[k]->states, 0);
		fputs(", \"schedule\": false, \"spikes\": false}}}", out);
	}
	for (size_t k = 0; registry == SPK_REGISTRY_POPULATION && spk_source_models[k] != NULL;
		k++, comma = ",\n    ") {
		fputs(comma, out);
		write_if(out, "model", spk_source_models[k]->name);
		write_fields(out, "params", spk_source_models[k]->n_params, spk_source_models[k]->params, 0);
		fprintf(out, "%s}%s}}", spk_source_models[k]->takes_spikes ? "" : ", \"spikes\": false",
			spk_source_models[k]->takes_spikes ? ", \"required\": [\"spikes\"]" : "");
	}
	fputc(']', out);
}

/* Keys that belong to one word of `model` only. */
static void write_word_cases(FILE *out, const struct spk_shape *shape, const char *const *words)
{
	fputs(", \"allOf\": [", out);
	for (size_t k = 0; words[k] != NULL; k++) {
		const char *comma = "";

		fputs(k > 0 ? ",\n    " : "", out);
		write_if(out, "model", words[k]);
		for (const struct spk_key *key = shape->keys; key->name != NULL; key++) {
			if (!spk_key_is_for(key, words[k])) {
				fprintf(out, "%s\"%s\": false", comma, key->name);
				comma = ", ";
			}
		}
		fputs("}, \"required\": [", out);
		comma = "";
		for (const struct spk_key *key = shape->keys; key->name != NULL; key++) {
			if (key->only != NULL && key->required && spk_key_is_for(key, words[k])) {
				fprintf(out, "%s\"%s\"", comma, key->name);
				comma = ", ";
			}
		}
		fputs("]}}", out);
	}
	fputc(']', out);
}

/* Keys that have no place beside another one, the same for all of a shape. */
static void write_exclusions(FILE *out, const struct spk_shape *shape)
{
	const char *comma = "", *other = NULL;

	for (const struct spk_key *key = shape->keys; key->name != NULL; key++)
		other = key->without != NULL ? key->without : other;
	if (other == NULL)
		return;
	fprintf(out, ", \"if\": {\"required\": [\"%s\"]}, \"then\": {\"properties\": {", other);
	for (const struct spk_key *key = shape->keys; key->name != NULL; key++) {
		if (key->without != NULL) {
			fprintf(out, "%s\"%s\": false", comma, key->name);
			comma = ", ";
		}
	}
	fputs("}}", out);
}

/* ---- Shapes ------------------------------------------------------------------------------------- */

/* Keys that belong to another key ask for it, and it asks for those of them that are required. */
static void write_companions(FILE *out, const struct spk_shape *shape)
{
	const char *with = NULL, *comma = "";

	for (const struct spk_key *key = shape->keys; key->name != NULL; key++) {
		if (key->with == NULL)
			continue;
		fprintf(out, "%s\"%s\": [\"%s\"]", with == NULL ? ", \"dependencies\": {" : ", ", key->name,
			key->with);
		with = key->with;
	}
	if (with == NULL)
		return;
	fprintf(out, ", \"%s\": [", with);
	for (const struct spk_key *key = shape->keys; key->name != NULL; key++) {
		if (key->with != NULL && key->required) {
			fprintf(out, "%s\"%s\"", comma, key->name);
			comma = ", ";
		}
	}
	fputs("]}", out);
}

/* A required key, or one of those that excuse it. */
static void write_alternatives(FILE *out, const struct spk_key *key)
{
	fprintf(out, ", \"anyOf\": [{\"required\": [\"%s\"]}", key->name);
	for (const char *at = key->unless; *at != '\0'; at += strcspn(at, " "), at += strspn(at, " "))
		fprintf(out, ", {\"required\": [\"%.*s\"]}", (int)strcspn(at, " "), at);
	fputc(']', out);
}

static void write_requirements(FILE *out, const struct spk_shape *shape)
{
	const struct spk_key *either = NULL;
	const char *comma = "";

	fputs(", \"required\": [", out);
	for (const struct spk_key *key = shape->keys; key->name != NULL; key++) {
		if (key->required && key->unless != NULL)
			either = key;
		else if (key->required && key->only == NULL && key->with == NULL) {
			fprintf(out, "%s\"%s\"", comma, key->name);
			comma = ", ";
		}
	}
	fputc(']', out);
	if (either != NULL)
		write_alternatives(out, either);
	for (size_t k = 0; shape->one_of != NULL && shape->one_of[k] != NULL; k++)
		fprintf(out, "%s{\"required\": [\"%s\"]}%s", k == 0 ? ", \"oneOf\": [" : ", ",
			shape->one_of[k], shape->one_of[k + 1] == NULL ? "]" : "");
	write_companions(out, shape);
}

static void write_key(FILE *out, const struct spk_key *key, int indent)
{
	fprintf(out, "\n%*s\"%s\": {\"description\": ", indent, "", key->name);
	spk_json_string(out, key->doc);
	if (key->fill != NULL)
		spk_json_default(out, key);
	fputs(", ", out);
	if (key->shape != NULL)
		write_collection(out, key, indent);
	else
		write_leaf(out, key);
	fputc('}', out);
}

/* Members of an open JSON object that describe a mapping. The table's shapes nest a few levels deep. */
static void write_shape(FILE *out, const struct spk_shape *shape, int indent)
{
	fputs("\"description\": ", out);
	spk_json_string(out, shape->doc);
	fputs(", ", out);
	write_members(out, shape, indent);
}

/* The same without the description, for keys that have their own. */
static void write_members(FILE *out, const struct spk_shape *shape, int indent)
{
	const struct spk_key *cases = NULL;
	int has_only = 0;

	fputs("\"type\": \"object\", \"additionalProperties\": false", out);
	write_requirements(out, shape);
	fputs(", \"properties\": {", out);
	for (const struct spk_key *key = shape->keys; key->name != NULL; key++) {
		fputs(key != shape->keys ? "," : "", out);
		write_key(out, key, indent + 2);
		if (key->kind == SPK_WANT_WORD && key->registry != SPK_REGISTRY_UNIT &&
			key->registry != SPK_REGISTRY_MEASUREMENT &&
			(key->registry != SPK_REGISTRY_NONE || strcmp(key->name, "model") == 0))
			cases = key;
		has_only |= key->only != NULL;
	}
	fputc('}', out);
	if (cases != NULL && cases->registry != SPK_REGISTRY_NONE)
		write_model_cases(out, cases->registry);
	else if (cases != NULL && has_only)
		write_word_cases(out, shape, cases->words);
	write_exclusions(out, shape);
}

int spk_schema_write_json(FILE *out, struct spk_error *err)
{
	fputs("{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n", out);
	fputs("  \"title\": \"Spikem scenario\",\n  ", out);
	write_shape(out, &spk_schema, 2);
	fputs(",\n  \"definitions\": {\n    \"array\": {", out);
	write_shape(out, &spk_schema_array, 4);
	fputs("},\n", out);
	spk_json_definitions(out);
	fputs("  }\n}\n", out);
	if (fflush(out) != 0 || ferror(out))
		return spk_fail(err, SPK_E_IO, "cannot write the schema: %s", strerror(errno));
	return SPK_OK;
}
