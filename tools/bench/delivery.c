/*
 * The bare delivery loop: the limit that the engine's cost per synaptic event is measured against.
 *
 * Rows of random targets, visited in random order; every synapse costs U[target] += w * f and a threshold
 * compare in double precision, nothing else. The factor f belongs to the spike, as in the engine. Unless told
 * otherwise the table has the size of benchmark B1 (12,500 neurons, 1,250 targets each), and the potentials
 * fit the second-level cache. Of more than 2^26 synapses only so many are kept: they fit no cache as it is.
 * Two layouts: 4-byte targets that share a weight, and 8-byte synapses (target and single-precision weight).
 *
 * Usage: delivery [million events [neurons [out-degree]]]. Prints a line `shared ...` and a line
 * `weighted ...`: CPU ns per event, the best and the median of several rounds, and a checksum that keeps the
 * loops from being optimised away.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { N_ROUNDS = 5, MAX_SYNAPSES = 1 << 26 };
#define THRESHOLD 20.0

struct sizes {
	size_t neurons, out_degree, rows;
};

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

static uint64_t deliver_shared(double *restrict u, const uint32_t *restrict targets, size_t n, double wf)
{
	uint64_t n_fired = 0;
	for (size_t k = 0; k < n; k++) {
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

static uint64_t deliver_weighted(double *restrict u, const struct synapse *restrict row, size_t n, double f)
{
	uint64_t n_fired = 0;
	for (size_t k = 0; k < n; k++) {
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

/* One layout: `visits` of random rows a round. A neuron crosses the threshold about once in out_degree
 * events.
 */
static void measure(const char *name, const struct sizes *s, const uint32_t *targets,
	const struct synapse *table, size_t visits)
{
	double *u = allocate(s->neurons * sizeof *u);
	double ns[N_ROUNDS];
	const double w = THRESHOLD / (double)s->out_degree;
	uint64_t seed = 7, n_fired = 0;
	for (size_t i = 0; i < s->neurons; i++)
		u[i] = THRESHOLD * (double)i / (double)s->neurons;
	for (int round = 0; round < N_ROUNDS; round++) {
		const double start = cpu_ns();
		for (size_t r = 0; r < visits; r++) {
			const uint64_t draw = next_random(&seed);
			const size_t first = (size_t)(draw % s->rows) * s->out_degree;
			const double f = 0.9 + 0.2 * (double)(draw >> 40) * 0x1p-24;
			n_fired += targets ? deliver_shared(u, targets + first, s->out_degree, f * w)
					   : deliver_weighted(u, table + first, s->out_degree, f);
		}
		ns[round] = (cpu_ns() - start) / ((double)visits * (double)s->out_degree);
	}
	qsort(ns, N_ROUNDS, sizeof *ns, compare_doubles);
	printf("%s best %.3f median %.3f ns per event (checksum %llu)\n", name, ns[0], ns[N_ROUNDS / 2],
		(unsigned long long)n_fired);
	free(u);
}

int main(int argc, char **argv)
{
	const double millions = argc > 1 ? atof(argv[1]) : 300;
	struct sizes s = {
		argc > 2 ? (size_t)atoll(argv[2]) : 12500, argc > 3 ? (size_t)atoll(argv[3]) : 1250, 0};
	if (argc > 4 || !(millions > 0) || s.neurons < 1 || s.neurons > UINT32_MAX || s.out_degree < 1 ||
		s.out_degree > MAX_SYNAPSES) {
		fprintf(stderr, "usage: delivery [million events [neurons [out-degree]]]\n");
		return 2;
	}
	s.rows = s.neurons < MAX_SYNAPSES / s.out_degree ? s.neurons : MAX_SYNAPSES / s.out_degree;
	const size_t n_synapses = s.rows * s.out_degree;
	const size_t visits = (size_t)(millions * 1e6 / (double)s.out_degree / N_ROUNDS) + 1;
	uint32_t *targets = allocate(n_synapses * sizeof *targets);
	struct synapse *table = allocate(n_synapses * sizeof *table);
	uint64_t seed = 1;
	for (size_t k = 0; k < n_synapses; k++) {
		targets[k] = (uint32_t)(next_random(&seed) % s.neurons);
		table[k] = (struct synapse){targets[k], (float)(THRESHOLD / (double)s.out_degree)};
	}
	measure("shared", &s, targets, NULL, visits);
	measure("weighted", &s, NULL, table, visits);
	free(table);
	free(targets);
	return 0;
}
