/**
 * SPK_FOR_EACH_LEVEL before a function: compile it for several vector widths, the processor at hand picks
 * one.
 *
 * Results do not depend on the width as long as the function's loops have independent rounds of sums,
 * products and choices: nothing is contracted or reordered. (no-trapping-math changes no value: without it
 * choices stay scalar.) Sanitizers cannot follow the choice at start-up. SPK_ONE_LEVEL leaves the choice out.
 */
#ifndef SPK_MODELS_MATH_LEVELS_H
#define SPK_MODELS_MATH_LEVELS_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
	!defined(__SANITIZE_THREAD__) && !defined(SPK_ONE_LEVEL)
#define SPK_FOR_EACH_LEVEL                                                                                   \
	__attribute__((target_clones("avx512f", "avx2", "default"),                                          \
		optimize("O3", "fp-contract=off", "no-trapping-math")))
#else
#define SPK_FOR_EACH_LEVEL
#endif

#endif
