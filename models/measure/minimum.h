/** Smallest value of a function of one positive number, such as a time constant. */
#ifndef SPK_MODELS_MEASURE_MINIMUM_H
#define SPK_MODELS_MEASURE_MINIMUM_H

/**
 * The x in [lo, hi], 0 < lo < hi, at which f is smallest: the best of a logarithmic grid, then Brent's method
 * between its neighbours, to a relative 1e-8 or so (a minimum is flat). f must be finite.
 */
double spk_minimum(double (*f)(double x, void *context), void *context, double lo, double hi);

#endif
