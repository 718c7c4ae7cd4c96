/* The definitions of the JSON schema: quantities, values, names, selections. */
#include "sim/schema_json.h"
#include "sim/units.h"

#include <string.h>

static const char number_pattern[] = "[-+]?([0-9]+\\\\.?[0-9]*|\\\\.[0-9]+)([eE][-+]?[0-9]+)?";

void spk_json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', out);
		fputc(*p, out);
	}
	fputc('"', out);
}

const char *spk_json_dim(enum spk_dim dim)
{
	const char *const what = spk_dim_what(dim);
	const char *const space = strrchr(what, ' ');

	return space != NULL ? space + 1 : what; /* "a time": time */
}

static void write_quantity(FILE *out, enum spk_dim dim)
{
	const char *mark = "";

	if (dim == SPK_DIM_NONE) {
		fprintf(out,
			"{\"anyOf\": [{\"type\": \"number\"}, {\"type\": \"string\", \"pattern\": "
			"\"^%s$\"}]}",
			number_pattern);
		return;
	}
	fprintf(out, "{\"type\": \"string\", \"pattern\": \"^%s[ \\\\t]*(", number_pattern);
	for (const struct spk_unit *unit = spk_units; unit->name != NULL; unit++) {
		if (unit->dim == dim) {
			fprintf(out, "%s%s", mark, unit->name);
			mark = "|";
		}
	}
	fprintf(out, ")$\", \"examples\": [\"%s\"]}", spk_dim_example(dim));
}

static void write_distribution(FILE *out, const struct spk_distribution *law, const char *quantity)
{
	static const char *const moments[] = {"mean", "sd", "min", "max"};

	fprintf(out, "{\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"%s\"], ",
		law->name);
	fprintf(out, "\"properties\": {\"%s\": {\"description\": ", law->name);
	spk_json_string(out, law->doc);
	if (law->law == SPK_UNIFORM) {
		fprintf(out, ", \"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, \"items\": %s}}}",
			quantity);
		return;
	}
	fprintf(out, ", \"type\": \"object\", \"additionalProperties\": false, \"required\": [\"mean\"%s], ",
		law->has_sd ? ", \"sd\"" : "");
	fputs("\"properties\": {", out);
	for (size_t k = 0; k < 4; k++)
		if (k != 1 || law->has_sd)
			fprintf(out, "%s\"%s\": %s", k > 0 ? ", " : "", moments[k], quantity);
	fputs("}}}}", out);
}

/* Quantity, list of quantities or distribution. */
static void write_value(FILE *out, enum spk_dim dim)
{
	char quantity[64];

	(void)snprintf(quantity, sizeof quantity, "{\"$ref\": \"#/definitions/%s\"}", spk_json_dim(dim));
	fprintf(out, "{\"anyOf\": [%s, {\"type\": \"array\", \"items\": %s}", quantity, quantity);
	for (const struct spk_distribution *law = spk_distributions; law->name != NULL; law++) {
		fputs(",\n      ", out);
		write_distribution(out, law, quantity);
	}
	fputs("]}", out);
}

void spk_json_definitions(FILE *out)
{
	static const enum spk_dim dims[] = {
#define DIM(name, unit) name,
		SPK_DIM_LIST(DIM)
#undef DIM
	};

	for (size_t k = 0; k < sizeof dims / sizeof *dims; k++) {
		fprintf(out, "    \"%s\": ", spk_json_dim(dims[k]));
		write_quantity(out, dims[k]);
		fprintf(out, ",\n    \"%s_value\": ", spk_json_dim(dims[k]));
		write_value(out, dims[k]);
		fputs(",\n", out);
	}
	fputs("    \"name\": {\"type\": [\"string\", \"integer\"], \"pattern\": "
	      "\"^[A-Za-z0-9_-]{1,64}$\"},\n",
		out);
	fputs("    \"range\": {\"type\": [\"string\", \"integer\"], \"pattern\": "
	      "\"^(all|[0-9]+(-[0-9]+)?)$\", "
	      "\"minimum\": 0},\n",
		out);
	fputs("    \"selection\": {\"anyOf\": [{\"$ref\": \"#/definitions/range\"}, {\"type\": \"array\", "
	      "\"items\": "
	      "{\"$ref\": \"#/definitions/range\"}, \"minItems\": 1}]}\n",
		out);
}

void spk_json_words(FILE *out, const char *const *words)
{
	fputs("\"enum\": [", out);
	for (size_t k = 0; words[k] != NULL; k++) {
		fputs(k > 0 ? ", " : "", out);
		spk_json_string(out, words[k]);
	}
	fputc(']', out);
}

#define NAME_LIST                                                                                            \
	"{\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/name\"}, \"uniqueItems\": true}"

/* Names, or something else that is said by words. */
void spk_json_or_names(FILE *out, const struct spk_key *key)
{
	if (key->kind == SPK_WANT_BOOL_OR_NAMES) {
		fputs("\"anyOf\": [{\"type\": \"boolean\"}, " NAME_LIST "]", out);
		return;
	}
	fputs(key->kind == SPK_WANT_SHOW ? "\"anyOf\": [{\"$ref\": \"#/definitions/name\"}, {\"type\": "
					   "\"object\", \"propertyNames\": {\"$ref\": "
					   "\"#/definitions/name\"}, \"additionalProperties\": {"
					 : "\"anyOf\": [{",
		out);
	spk_json_words(out, key->words);
	fputs(key->kind == SPK_WANT_SHOW ? "}}, " NAME_LIST "]" : "}, " NAME_LIST "]", out);
}

void spk_json_default(FILE *out, const struct spk_key *key)
{
	const int is_raw = key->kind == SPK_WANT_BOOL || key->kind == SPK_WANT_COUNT ||
			   key->kind == SPK_WANT_SEEDS || key->kind == SPK_WANT_BOOL_OR_NAMES ||
			   strcmp(key->fill, "{}") == 0;

	fputs(", \"default\": ", out);
	if (is_raw)
		fputs(key->fill, out);
	else
		spk_json_string(out, key->fill);
}
