#include "tools/summary.h"
#include "tools/terminal.h"
#include <spikem/file.h>
#include <stdlib.h>
#include <string.h>

static void print_counts(const struct spk_scenario *scenario, const struct spk_counts *c, const char *output)
{
	char a[SPK_TERM_TEXT], b[SPK_TERM_TEXT], d[SPK_TERM_TEXT];
	const double events = (double)(c->synaptic_events + c->input_events);
	const double run_s = c->run_s > 0 ? c->run_s : 1e-9;
	printf("%s\n", scenario->title && scenario->title[0] ? scenario->title : scenario->path);
	printf("  network          %s neurons, %s synapses, %s; built in %s\n",
		spk_term_count(a, (double)c->neurons), spk_term_count(b, (double)c->synapses),
		spk_term_bytes(d, (double)c->network_bytes),
		spk_term_duration((char[SPK_TERM_TEXT]){0}, c->build_s));
	printf("  simulated        %s in %s (%.3g times as fast as real time)\n",
		spk_term_duration(a, scenario->duration / 1000), spk_term_duration(b, c->run_s),
		scenario->duration / 1000 / run_s);
	if (scenario->rate_limit.run) {
		printf("  rate limit       steps of at most %.4g ms\n", scenario->rate_limit.step);
		printf("  written to       %s\n", output);
		return;
	}
	printf("  spikes           %s\n", spk_term_count(a, (double)c->spikes));
	printf("  synaptic events  %s", spk_term_count(a, (double)c->synaptic_events));
	if (c->plastic_events)
		printf(", %s of them at plastic synapses", spk_term_count(b, (double)c->plastic_events));
	printf("\n  input events     %s\n", spk_term_count(a, (double)c->input_events));
	printf("  speed            %s events per second\n", spk_term_count(a, events / run_s));
	printf("  written to       %s\n", output);
}

static int print_rate(
	struct spk_file *file, const struct spk_scenario *scenario, size_t k, struct spk_error *err)
{
	const struct spk_population *const population = &scenario->populations[k];
	char path[512], count[SPK_TERM_TEXT];
	uint64_t rows = 0;
	snprintf(path, sizeof path, "/spikes/%s", population->name);
	const int rc = spk_file_rows(file, path, &rows, err);
	if (rc)
		return rc;
	const double seconds = (double)population->size * scenario->duration / 1000;
	printf("  %-16s %s spikes, mean rate %.4g Hz\n", population->name,
		spk_term_count(count, (double)rows), seconds > 0 ? (double)rows / seconds : 0);
	return SPK_OK;
}

int spk_print_summary(const struct spk_scenario *scenario, const struct spk_counts *counts,
	const char *output, const char *report, struct spk_error *err)
{
	struct spk_file *file = NULL;
	int rc = SPK_OK;
	print_counts(scenario, counts, output);
	for (size_t k = 0; k < scenario->n_populations && rc == SPK_OK; k++) {
		if (!scenario->record_spikes[k] || scenario->rate_limit.run)
			continue;
		if (!file)
			rc = spk_file_open(output, &file, err);
		if (rc == SPK_OK)
			rc = print_rate(file, scenario, k, err);
	}
	if (file)
		spk_file_close(file, 0, NULL);
	if (rc == SPK_OK && report)
		printf("\n%s%s", report, report[0] && report[strlen(report) - 1] != '\n' ? "\n" : "");
	return rc;
}
