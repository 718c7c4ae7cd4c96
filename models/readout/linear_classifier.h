/**
 * A linear classifier of images, the yardstick for a trained network: multinomial logistic regression with an
 * L2 penalty, fitted by GSL's BFGS. Not part of any network.
 */
#ifndef SPK_MODELS_READOUT_LINEAR_CLASSIFIER_H
#define SPK_MODELS_READOUT_LINEAR_CLASSIFIER_H

#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

struct spk_labelled {
	size_t n, n_features, n_labels;
	const float *const *features; /**< [n] rows of n_features */
	const uint32_t *labels;       /**< [n] */
};

/** Fit on `data`; ret_weights[n_labels * (n_features + 1)], the bias last in each row. */
int spk_linear_fit(
	const struct spk_labelled *data, double penalty, double *ret_weights, struct spk_error *err);
/** Share of items whose label the classifier finds; NAN without items. */
int spk_linear_accuracy(
	const struct spk_labelled *data, const double *weights, double *ret_accuracy, struct spk_error *err);

#endif
