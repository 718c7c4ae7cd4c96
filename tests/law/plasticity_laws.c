/** What every plasticity rule owes: sound tables, bounds, gates, weights that may be read at any time. */
#include "tests/law/synapse.h"

static const char *const stdp_rules[] = {"stdp_pair", "stdp_triplet"};

/* ---- Laws of every rule ------------------------------------------------------------------------- */

static void tables_are_sound(void)
{
	for (size_t k = 0; spk_plasticity_models[k]; k++) {
		const struct spk_plasticity_model *model = spk_plasticity_models[k];
		CHECK(spk_find_plasticity(model->name) == model);
		CHECK(k == 0 || strcmp(spk_plasticity_models[k - 1]->name, model->name) < 0);
		CHECK(model->summary && model->equations && model->derive && model->needs && model->memory);
		CHECK(model->settle && model->arrive && model->trace);
		for (const char *const *ref = model->refs; *ref; ref++)
			CHECK(spk_find_reference(*ref) != NULL);
		for (size_t j = 0; j < model->n_params; j++) {
			const struct spk_field *field = &model->params[j];
			size_t n_choices = 0;
			while (field->choices && field->choices[n_choices])
				n_choices++;
			CHECK(field->name && field->doc && field->lo <= field->hi);
			CHECK(isnan(field->def) || (field->def >= field->lo && field->def <= field->hi));
			CHECK(!field->choices || (field->lo == 0.0 && field->hi == (double)(n_choices - 1)));
		}
	}
}

static double play_with_checks(struct synapse s, const struct train *train, long *n_changes)
{
	for (int k = 0; k < train->n; k++) {
		double before = s.weight;
		int shut = !s.open && train->event[k].kind != OPEN;
		synapse_event(&s, &train->event[k]);
		CHECK(s.weight >= s.w_min && s.weight <= s.w_max);
		CHECK(!shut || s.weight == before);
		*n_changes += s.weight != before;
	}
	synapse_settle(&s, 2.0 * SPAN);
	return s.weight;
}

/**
 * Bounds hold after every event, a closed gate keeps the weight, and reading the weight at any time does not
 * change what follows. For rules of spikes that is bit for bit; integrals are summed in other pieces.
 */
static void weights_are_right_at_any_time(void)
{
	static struct synapse s;
	for (size_t m = 0; spk_plasticity_models[m]; m++) {
		synapse_first_choices(&s, spk_plasticity_models[m]);
		do {
			struct synapse fresh = s;
			int smooth = (s.model->needs(s.par) & SPK_NEEDS_CHANGE) != 0;
			long n_changes = 0;
			PROPERTY(20, seed)
			{
				struct train train = {0};
				struct synapse one = fresh;
				synapse_vary(&one, &seed);
				if (smooth) /* integrals are clipped when they are settled, so the bounds must
					       not bind */
					one.w_min = -INFINITY, one.w_max = INFINITY;
				one.dendritic = smooth ? 0.0 : test_uniform(&seed, 0.0, 5.0);
				synapse_derive(&one);
				train_add_spikes(&train, &seed, 0);
				train_add_gates(&train, &seed, 1);
				for (double t = 20.0; smooth && t < 2.0 * SPAN; t += 20.0)
					train_add(&train, t, REBASE); /* at most four time constants */
				train_sort(&train);
				double plain = play_with_checks(one, &train, &n_changes);
				for (int k = 0; k < 60; k++)
					train_add(&train, test_uniform(&seed, 0.0, SPAN), SETTLE);
				train_sort(&train);
				double read = play_with_checks(one, &train, &n_changes);
				/* between two settlings the reference of factors may move */
				const double allowed = smooth ? 1e-12 : s.model->factors ? 1e-13 : 0.0;
				CHECK_ABS(read, plain, allowed, "sums of order 1 in other pieces");
			}
			CHECK(n_changes > 100);
		} while (synapse_next_choices(&s));
	}
}

/** Synapse k of a row of five; those of equal `post` share their neuron. */
static void prepare(struct synapse *s, int k, uint32_t post)
{
	s->weight = 0.1 + 0.15 * k;
	s->look = NULL;
	for (int j = 0; j < 30; j++)
		synapse_fire(s, j * (5.0 + post));
	s->u = 3.0 - post;
	s->u_bar = 0.4 * post;
	s->u_bar_opened = 0.1 - 0.2 * post;
	s->u_slope = 0.1 + post;
	s->change.du = s->change.dv = 0.01 + 0.01 * post;
	s->pre = (struct spk_pre_trace){.t = 40.0, .fast = 1.5, .slow = 1.2};
	s->settled = 40.0;
}

/** An arrival at 100 ms; the gate closes at 110 ms. */
static void arrive_and_close(const struct spk_plasticity_model *model, struct spk_rule_call *call)
{
	model->settle(call);
	call->settled = 100.0;
	model->arrive(call);
	model->trace(call->par, call->pre, 100.0);
	call->t = 110.0;
	model->settle(call);
	call->settled = 110.0;
	if (model->boundary)
		model->boundary(call, -1);
}

/** A row of several synapses, two of them onto one neuron: each does what it would do alone. */
static void synapses_of_a_row_are_independent(void)
{
	enum { N = 5 };
	static const uint32_t post[N] = {2, 0, 1, 0, 3};
	static struct synapse base, alone[N];
	for (size_t m = 0; spk_plasticity_models[m]; m++) {
		synapse_first_choices(&base, spk_plasticity_models[m]);
		do {
			struct spk_post_view view[N];
			struct spk_post_ring history[N];
			struct spk_post_change change[N];
			double weight[N], syn[N] = {0}, u[N], u_bar[N], slope[N], opened[N], closed[N];
			for (int k = 0; k < N; k++) {
				alone[k] = base;
				synapse_derive(&alone[k]);
				prepare(&alone[k], k, post[k]);
				weight[k] = alone[k].weight;
				u[k] = alone[k].u, u_bar[k] = alone[k].u_bar, slope[k] = alone[k].u_slope;
			}
			struct spk_rule_call call = synapse_call(&alone[0], 100.0);
			struct spk_pre_trace pre = alone[0].pre;
			for (int k = 0; k < N; k++) {
				alone[k].history.spikes = alone[k].ring;
				view[post[k]] = alone[k].view;
				history[post[k]] = alone[k].history;
				change[post[k]] = alone[k].change;
				opened[post[k]] = alone[k].u_bar_opened, closed[post[k]] = alone[k].u_bar;
			}
			call.n = N, call.post = post, call.weight = weight, call.syn = syn, call.views = view,
			call.rings = history;
			call.changes = change;
			call.u = u, call.u_bar = u_bar, call.u_slope = slope, call.pre = &pre;
			call.u_bar_opened = opened, call.u_bar_closed = closed;
			CHECK(base.model->n_syn_states <= 1);
			arrive_and_close(base.model, &call);
			for (int k = 0; k < N; k++) {
				double before = alone[k].weight;
				synapse_arrive(&alone[k], 100.0);
				synapse_gate(&alone[k], 110.0, 0);
				CHECK(weight[k] == alone[k].weight && weight[k] != before);
			}
		} while (synapse_next_choices(&base));
	}
}

/** Where targets are 0, 1, 2, ... a rule may use vectors: whole ones, and what is left over. */
static void rows_in_order_change_alike(void)
{
	enum { N = 19 };
	const struct spk_plasticity_model *model = spk_find_plasticity("eq1");
	uint32_t post[N];
	double opened[N], closed[N], weight[2][N];
	static struct synapse base;
	synapse_first_choices(&base, model);
	*synapse_param(&base, "reading") = 6; /* x_dubar */
	*synapse_param(&base, "eta") = 0.1;
	for (int window = 0; window < 2; window++) {
		*synapse_param(&base, "u_bar_min") = window ? -1.0 : -HUGE_VAL;
		*synapse_param(&base, "u_bar_max") = window ? 1.0 : HUGE_VAL;
		synapse_derive(&base);
		for (int in_order = 0; in_order < 2; in_order++) {
			struct spk_rule_call call = synapse_call(&base, 110.0);
			struct spk_pre_trace pre = {.t = 100.0, .fast = 1.5, .slow = 1.2};
			for (int k = 0; k < N; k++) {
				post[k] = (uint32_t)k;
				opened[k] = -1.8 + 0.2 * k;
				closed[k] = (k - 9) * (k % 3 - 1.1);
				weight[in_order][k] = 0.05 * k;
			}
			call.n = N, call.post = post, call.in_order = in_order, call.pre = &pre;
			call.u_bar_opened = opened, call.u_bar_closed = closed;
			call.weight = weight[in_order], call.w_min = 0.1, call.w_max = 0.8;
			model->boundary(&call, -1);
		}
		CHECK(memcmp(weight[0], weight[1], sizeof weight[0]) == 0);
		CHECK(weight[1][8] != 0.05 * 8 && (weight[1][15] == 0.05 * 15) == window);
		CHECK(!window || (weight[1][0] == 0.1 && weight[1][18] == 0.8));
	}
}

enum { ROW = 300, NEURONS = 40 };

/** Neurons with 0 to 29 spikes each, before and after the row's last arrival and, under way, after now. */
static void fire_at_random(struct synapse *neuron, const struct synapse *like, uint64_t *seed)
{
	for (int k = 0; k < NEURONS; k++) {
		double t = test_uniform(seed, 0.0, 100.0), every = test_uniform(seed, 0.1, 60.0);
		neuron[k] = *like;
		for (int n = (int)test_uniform(seed, 0.0, 30.0); n > 0 && t < 110.0; n--, t += every)
			synapse_fire(&neuron[k], t);
		neuron[k].history.spikes = neuron[k].ring;
	}
}

/** A long row in one pass, in two, and synapse by synapse: the same bits. */
static void rows_can_be_passed_in_any_way(void)
{
	static struct synapse base, neuron[NEURONS];
	synapse_first_choices(&base, spk_find_plasticity("stdp_pair"));
	do {
		long n_changed = 0;
		PROPERTY(20, seed)
		{
			double once[ROW], twice[ROW], single[ROW];
			struct spk_post_view view[NEURONS];
			struct spk_post_ring history[NEURONS];
			uint32_t post[ROW];
			struct synapse one = base;
			synapse_vary(&one, &seed);
			synapse_derive(&one);
			one.dendritic = test_uniform(&seed, 0.0, 2.0) < 1.0 ? 0.0 : 7.0;
			fire_at_random(neuron, &one, &seed);
			for (int k = 0; k < NEURONS; k++) {
				view[k] = neuron[k].view;
				history[k] = neuron[k].history;
			}
			for (int k = 0; k < ROW; k++) {
				post[k] = (uint32_t)test_uniform(&seed, 0.0, NEURONS);
				once[k] = twice[k] = single[k] = test_uniform(&seed, 0.0, 1.0);
			}
			one.pre = (struct spk_pre_trace){.t = 70.0, .fast = 1.5};
			one.settled = 72.5;
			struct spk_rule_call call = synapse_call(&one, 105.0);
			call.views = view, call.rings = history, call.post = post, call.n = ROW,
			call.weight = once;
			one.model->settle_and_arrive(&call);
			call.weight = twice;
			one.model->settle(&call);
			one.model->arrive(&call);
			for (call.n = 1, call.weight = single; call.post < post + ROW;
				call.post++, call.weight++) {
				const double before = *call.weight;
				one.model->settle(&call);
				one.model->arrive(&call);
				n_changed += *call.weight != before;
			}
			CHECK(memcmp(once, twice, sizeof once) == 0);
			CHECK(memcmp(once, single, sizeof once) == 0);
		}
		CHECK(n_changed > 20 * ROW / 2);
	} while (synapse_next_choices(&base));
}

/** Spikes that have not reached the synapse yet, though the neuron has fired, have no effect. */
static void spikes_under_way_are_invisible(void)
{
	static struct synapse ahead, plain;
	PROPERTY(100, seed)
	{
		struct train spikes = {0};
		synapse_init(&plain, stdp_rules[seed % 2]);
		synapse_vary(&plain, &seed);
		plain.dendritic = test_uniform(&seed, 0.0, 10.0);
		synapse_derive(&plain);
		ahead = plain;
		train_add_spikes(&spikes, &seed, 0);
		train_sort(&spikes);
		double want = synapse_play(&plain, &spikes, 2.0 * SPAN);
		for (int pass = POST; pass >= PRE; pass--) /* all postsynaptic spikes first */
			for (int k = 0; k < spikes.n; k++)
				if ((int)spikes.event[k].kind == pass)
					synapse_event(&ahead, &spikes.event[k]);
		synapse_settle(&ahead, 2.0 * SPAN);
		CHECK_ABS(ahead.weight, want, 1e-13, "factors of another reference");
	}
}

static struct spk_post_spike *oldest_held(struct synapse *s)
{
	return &s->ring[s->history.n_spikes - s->history.n_held];
}

/** Forgetting spikes as model.h allows it changes nothing, also over long silences. */
static void old_spikes_can_be_forgotten(void)
{
	static struct synapse full, pruned;
	PROPERTY(100, seed)
	{
		struct train train = {0};
		synapse_init(&full, stdp_rules[seed % 2]);
		synapse_vary(&full, &seed);
		synapse_derive(&full);
		pruned = full;
		double memory = full.model->memory(full.par);
		for (int k = 0; k < 60; k++)
			train_add(&train,
				floor(test_uniform(&seed, 0.0, 4.0)) * 1.2 * memory +
					test_uniform(&seed, 0.0, 200.0),
				k % 2 ? PRE : POST);
		train_sort(&train);
		for (int k = 0; k < train.n; k++) {
			double now = train.event[k].t;
			synapse_event(&full, &train.event[k]);
			if (pruned.history.n_held && oldest_held(&pruned)->t < now - memory)
				synapse_settle(&pruned, now);
			for (; pruned.history.n_held && oldest_held(&pruned)->t < now - memory;
				pruned.history.n_held--)
				oldest_held(&pruned)->t = NAN;
			synapse_event(&pruned, &train.event[k]);
		}
		CHECK(pruned.history.n_held < pruned.history.n_spikes || pruned.history.n_spikes < 20);
		synapse_settle(&full, 1e6);
		synapse_settle(&pruned, 1e6);
		CHECK_ABS(pruned.weight, full.weight, 1e-14, "exp(-40) of order 1");
	}
}

/** A rule that says that its change is a linear form of the potential changes weights by that form. */
static void forms_are_what_arrivals_add(void)
{
	static struct synapse s;
	long n_forms = 0;
	for (size_t m = 0; spk_plasticity_models[m]; m++) {
		synapse_first_choices(&s, spk_plasticity_models[m]);
		do {
			struct spk_potential_form form;
			synapse_derive(&s);
			if (!s.model->form || !s.model->form(s.par, &form))
				continue;
			CHECK(s.model->needs(s.par) == SPK_NEEDS_U);
			struct synapse one = s;
			one.u = 3.7, one.u_bar = -1.3, one.u_slope = 0.45, one.open = 1;
			one.w_min = -INFINITY, one.w_max = INFINITY;
			synapse_settle(&one, 50.0);
			CHECK(one.weight == s.weight);
			synapse_arrive(&one, 100.0);
			CHECK(one.weight != s.weight);
			CHECK_ABS(one.weight,
				s.weight + form.u * one.u + form.u_bar * one.u_bar +
					form.u_slope * one.u_slope,
				1e-15, "rounding of sums of order 1");
			n_forms++;
		} while (synapse_next_choices(&s));
	}
	CHECK(n_forms == 2);
}

/** Which integrals and values a reading asks for is what it reads. */
static void needs_are_told(void)
{
	static struct synapse s;
	static const unsigned want[] = {SPK_NEEDS_CHANGE | SPK_NEEDS_V_CHANGE,
		SPK_NEEDS_CHANGE | SPK_NEEDS_V_CHANGE, SPK_NEEDS_CHANGE, SPK_NEEDS_U, SPK_NEEDS_U,
		SPK_NEEDS_POST_SPIKES | SPK_NEEDS_BOUNDARY,
		SPK_NEEDS_BOUNDARY | SPK_NEEDS_GATE_U_BAR | SPK_NEEDS_CLOSING};
	synapse_init(&s, "eq1");
	for (int reading = 0; reading < 7; reading++) {
		*synapse_param(&s, "reading") = reading;
		CHECK(s.model->needs(s.par) == want[reading]);
	}
	synapse_init(&s, "stdp_pair");
	synapse_derive(&s);
	CHECK(s.model->needs(s.par) == SPK_NEEDS_POST_SPIKES);
	*synapse_param(&s, "dependence") = 1.0;
	synapse_derive(&s);
	CHECK(s.model->needs(s.par) == (SPK_NEEDS_POST_SPIKES | SPK_NEEDS_BOUNDS));
	*synapse_param(&s, "boundary") = 1.0;
	struct spk_error err = {.text = ""};
	CHECK(s.model->derive(s.par, &err) == SPK_E_INVALID && err.text[0]);
}

TEST_MAIN(TEST(tables_are_sound), TEST(weights_are_right_at_any_time),
	TEST(synapses_of_a_row_are_independent), TEST(rows_in_order_change_alike),
	TEST(rows_can_be_passed_in_any_way), TEST(spikes_under_way_are_invisible),
	TEST(old_spikes_can_be_forgotten), TEST(needs_are_told), TEST(forms_are_what_arrivals_add))
