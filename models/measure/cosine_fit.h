/** The law c = 1/sqrt(1 + 1/(N s^2)) of cosines against presentations. */
#ifndef SPK_MODELS_MEASURE_COSINE_FIT_H
#define SPK_MODELS_MEASURE_COSINE_FIT_H

#include "models/measure/estimate.h"

extern const struct spk_measure_input spk_cosine_inputs[2];

/** The law at N presentations and signal-to-noise ratio snr. */
double spk_cosine_at(double n, double snr);

/** The snr that fits in[0] (presentations) and in[1] (cosines) best; SPK_E_INVALID. */
int spk_cosine_fit(const struct spk_series *in, double *ret_snr, struct spk_error *err);

#endif
