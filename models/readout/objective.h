/**
 * The one-layer objective J of a readout r given a label, and its exact gradient.
 *
 *   softmax: J = log p_label, p_j = exp(r_j / scale) / sum_k exp(r_k / scale);   dJ/dr_j = (1[j = label] -
 * p_j) / scale squared: J = -sum_j (target_j - r_j)^2 / (2 scale^2);                        dJ/dr_j =
 * (target_j - r_j) / scale^2
 *
 * J is log p(x, h) of one layer with a categorical or a Gaussian conditional (paper, eq 7); the deep chain
 * adds one such term a layer. With r_j = sum_i W_ij g_i + const, where g_i is the mean response of the
 * reset-free potential to source i per unit of weight, dJ/dW_ij = g_i dJ/dr_j: the delta rule.
 */
#ifndef SPK_MODELS_READOUT_OBJECTIVE_H
#define SPK_MODELS_READOUT_OBJECTIVE_H

#include <stddef.h>

enum spk_objective_form { SPK_FORM_SOFTMAX, SPK_FORM_SQUARED };

struct spk_objective_par {
	enum spk_objective_form form;
	double scale;                 /**< > 0, unit of the readout */
	double target_on, target_off; /**< squared: targets of the labelled unit and of the others */
};

/** J of readout r[n] for the label. */
double spk_objective_value(const struct spk_objective_par *par, size_t n, const double *r, size_t label);
/** dJ/dr_j into ret_gradient[n]. */
void spk_objective_gradient(
	const struct spk_objective_par *par, size_t n, const double *r, size_t label, double *ret_gradient);
/** Index of the largest readout, the first of equals. n > 0. */
size_t spk_objective_winner(size_t n, const double *r);

#endif
