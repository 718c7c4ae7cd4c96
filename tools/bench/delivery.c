/*
 * The bare delivery loop: the limit that the engine's cost per synaptic event is measured against.
 *
 * Rows of random targets, visited in random order; every synapse costs U[target] += w * f and a threshold
 * compare in double precision, nothing else. The factor f belongs to the spike, as in the engine. The table
 * has the size of benchmark B1 (12,500 neurons, 1,250 targets each), the potentials fit the second-level
 * cache. Two layouts: 4-byte targets that share a weight, and 8-byte synapses (target and single-precision
 * weight).
 *
 * Usage: delivery [million events]. Prints a line `shared ...` and a line `weighted ...`: CPU ns per event,
 * the best and the median of several rounds, and a checksum that keeps the loops from being optimised away.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { N_NEURONS = 12500, OUT_DEGREE = 1250, N_ROUNDS = 5 };
#define N_SYNAPSES ((size_t)N_NEURONS * OUT_DEGREE)
#define THRESHOLD 20.0

struct synapse {
	uint32_t target;
	float weight;
};

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15u;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

/* CPU time of the process; the loops make no system calls, so it is user time, but not counted in ticks. */
static double cpu_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static void *allocate(size_t n_bytes)
{
	const size_t huge = (size_t)2 << 20;
	void *p = aligned_alloc(huge, (n_bytes + huge - 1) / huge * huge);
	if (!p) {
		fprintf(stderr, "delivery: out of memory\n");
		exit(1);
	}
	madvise(p, n_bytes, MADV_HUGEPAGE);
	return p;
}

static uint64_t deliver_shared(double *restrict u, const uint32_t *restrict targets, double wf)
{
	uint64_t n_fired = 0;
	for (size_t k = 0; k < OUT_DEGREE; k++) {
		const uint32_t i = targets[k];
		const double v = u[i] + wf;
		u[i] = v;
		if (__builtin_expect(v >= THRESHOLD, 0)) {
			u[i] = v - THRESHOLD;
			n_fired++;
		}
	}
	return n_fired;
}

static uint64_t deliver_weighted(double *restrict u, const struct synapse *restrict row, double f)
{
	uint64_t n_fired = 0;
	for (size_t k = 0; k < OUT_DEGREE; k++) {
		const uint32_t i = row[k].target;
		const double v = u[i] + (double)row[k].weight * f;
		u[i] = v;
		if (__builtin_expect(v >= THRESHOLD, 0)) {
			u[i] = v - THRESHOLD;
			n_fired++;
		}
	}
	return n_fired;
}

static int compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* One layout: `rows` random rows a round. Each neuron crosses the threshold about once in OUT_DEGREE events.
 */
static void measure(const char *name, const uint32_t *targets, const struct synapse *table, size_t rows)
{
	double *u = allocate(N_NEURONS * sizeof *u);
	double ns[N_ROUNDS];
	uint64_t seed = 7, n_fired = 0;
	for (size_t i = 0; i < N_NEURONS; i++)
		u[i] = THRESHOLD * (double)i / N_NEURONS;
	for (int round = 0; round < N_ROUNDS; round++) {
		const double start = cpu_ns();
		for (size_t r = 0; r < rows; r++) {
			const uint64_t draw = next_random(&seed);
			const size_t first = (size_t)(draw % N_NEURONS) * OUT_DEGREE;
			const double f = 0.9 + 0.2 * (double)(draw >> 40) * 0x1p-24;
			n_fired += targets ? deliver_shared(u, targets + first, f * THRESHOLD / OUT_DEGREE)
					   : deliver_weighted(u, table + first, f);
		}
		ns[round] = (cpu_ns() - start) / ((double)rows * OUT_DEGREE);
	}
	qsort(ns, N_ROUNDS, sizeof *ns, compare_doubles);
	printf("%s best %.3f median %.3f ns per event (checksum %llu)\n", name, ns[0], ns[N_ROUNDS / 2],
		(unsigned long long)n_fired);
	free(u);
}

int main(int argc, char **argv)
{
	const double millions = argc > 1 ? atof(argv[1]) : 300;
	if (argc > 2 || !(millions > 0)) {
		fprintf(stderr, "usage: delivery [million events]\n");
		return 2;
	}
	const size_t rows = (size_t)(millions * 1e6 / OUT_DEGREE / N_ROUNDS) + 1;
	uint32_t *targets = allocate(N_SYNAPSES * sizeof *targets);
	struct synapse *table = allocate(N_SYNAPSES * sizeof *table);
	uint64_t seed = 1;
	for (size_t k = 0; k < N_SYNAPSES; k++) {
		targets[k] = (uint32_t)(next_random(&seed) % N_NEURONS);
		table[k] = (struct synapse){targets[k], (float)(THRESHOLD / OUT_DEGREE)};
	}
	measure("shared", targets, NULL, rows);
	measure("weighted", NULL, table, rows);
	free(table);
	free(targets);
	return 0;
}
