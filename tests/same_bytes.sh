# shellcheck shell=bash disable=SC2034
# Sourced after tap.sh by tests that compare runs of one scenario bit for bit: scenarios, and how they are run on ranks.
#
#   same_bytes_write DIRECTORY       write the scenarios there: NAME.yaml for each of $same_bytes_names
#   on_ranks N ARGUMENT...           mpirun -n N ARGUMENT..., leaves $out, $err and $code as `run` does
#   same_bytes_check PROGRAM LABEL SCENARIO REFERENCE THREADS RANKS    one test: the run equals the reference
#
# Each is a network that can be cut into sixteen partitions, but as small as that allows.
same_bytes_names='brunel vogels_abbott brunel_stdp digits learning lanes everything chain copies'

same_bytes_used() { # shipped scenario, overrides...
	local file=$1 arguments=()
	shift
	for override in "$@"; do
		arguments+=(--set "$override")
	done
	"$SPIKEM" check --used "${arguments[@]}" "scenarios/$file.yaml"
}

same_bytes_need_ranks() { # ends the tests where there are none
	command -v mpirun >/dev/null && "$SPIKEM" --version | grep -q ompi && return
	skip 'ranks' 'there is no Open MPI, or the program was built without it'
	finish
}

same_bytes_write() {
	local data
	data=$(realpath scenarios/data)
	same_bytes_used brunel populations.exc.size=1000 populations.inh.size=250 \
		'projections[0].connect.fixed_in_degree=100' 'projections[1].connect.fixed_in_degree=25' \
		'projections[0].weight=1 mV' 'projections[1].weight=-5 mV' 'duration=150 ms' >"$1/brunel.yaml"
	same_bytes_used vogels_abbott_cuba populations.exc.size=1000 populations.inh.size=250 \
		'projections[0].connect.fixed_probability=0.08' 'projections[1].connect.fixed_probability=0.08' \
		'duration=200 ms' >"$1/vogels_abbott.yaml"
	same_bytes_used brunel_stdp populations.exc.size=1000 populations.inh.size=250 \
		'projections[0].connect.fixed_in_degree=100' 'projections[1].connect.fixed_in_degree=100' \
		'projections[2].connect.fixed_in_degree=25' 'projections[0].weight=1 mV' \
		'projections[0].plasticity.bounds=[0 mV, 2 mV]' 'projections[1].weight=1 mV' \
		'projections[2].weight=-5 mV' 'duration=150 ms' \
		'record.weights={of: exc_exc, every: 50 ms}' >"$1/brunel_stdp.yaml"
	same_bytes_used digits "data.digits.file=$data/digits.csv.gz" \
		'data.digits.splits={train: 0-19, test: 1297-1302}' 'protocol.stages[1].epochs=1' \
		'record.weights={of: readout, every: 1 s}' >"$1/digits.yaml"
	cat >"$1/learning.yaml" <<-YAML
		spikem: 1
		title: a hidden layer that learns, read out by neurons that learn
		seed: 3
		data:
		  digits:
		    {file: $data/digits.csv.gz, shape: [8, 8], range: [0, 16], labels: 10,
		     splits: {train: 0-11, test: 100-103}}
		populations:
		  pixels: {size: 64, model: poisson, params: {rate: 500 Hz}}
		  hidden:
		    size: 1100
		    model: lif_exp
		    params: {tau_m: 10 ms, C_m: 250 pF, E_L: 0 mV, V_th: 20 mV, V_reset: 0 mV, t_ref: 2 ms, I_e: 450 pA}
		    initial: {V_m: {uniform: [0 mV, 20 mV]}}
		  digits: {size: 10, like: hidden, params: {I_e: 550 pA}, initial: {V_m: 0 mV}}
		projections:
		  - name: pixels_hidden
		    from: pixels
		    to: hidden
		    connect: {fixed_in_degree: 16}
		    weight: {normal: {mean: 20 pA, sd: 5 pA}}
		    delay: {axonal: 0.7 ms, dendritic: 0.3 ms}
		    plasticity: {rule: stdp_pair, bounds: [0 pA, 100 pA]}
		  - name: readout
		    from: hidden
		    to: digits
		    connect: {fixed_in_degree: 200}
		    weight: {normal: {mean: 0 pA, sd: 0.2 pA}}
		    delay: 1 ms
		    plasticity: {rule: eq1, name: x_du, params: {reading: x_du, eta: 0.0018, tau_x: 20 ms}}
		    probes:
		      - {rule: eq1, name: pairs, params: {reading: pairs, eta: 0.005, tau_x: 20 ms, tau_y: 20 ms}}
		protocol:
		  data: digits
		  phases:
		    - {name: settle, duration: 30 ms, show: pixels, readout: true}
		    - {name: nudge, duration: 20 ms, show: pixels, nudge: 15 pA, gate: open}
		  stages:
		    - {name: before, split: test, learn: false}
		    - {name: train, split: train, order: shuffled}
		    - {name: after, split: test, learn: false}
		  linear_baseline: true
		objective: {model: softmax, of: digits, projection: readout, readout: u_bar, scale: 0.2 mV}
		record:
		  spikes: all
		  weights: [{of: readout, every: 100 ms}, {of: pixels_hidden}]
	YAML
	sed -e '/^  data: digits$/a\  lanes: 5\n  batch: 7\n  reset: [hidden]\n  readouts: [{name: code, of: hidden, phase: nudge}, {name: u, of: digits, phase: settle, readout: u}, {name: nudged, of: digits, phase: nudge, readout: u}]\n  agreement: [{backprop: [readout], rates: [code]}, {projection: readout, name: delta, target: nudged, prediction: u, pre: code}]' \
		-e '$a\  state: {of: hidden, variables: V_m, neurons: 0-5, every: 3 ms}' "$1/learning.yaml" >"$1/lanes.yaml"
	cat >"$1/everything.yaml" <<-'YAML'
		spikem: 1
		title: all that is recorded, of drawn delays and of plastic synapses with dendrites
		seed: 2
		duration: 120 ms
		populations:
		  noise: {size: 1030, model: poisson, params: {rate: 30 Hz}}
		  exc:
		    size: 1050
		    model: lif_exp
		    params: {tau_m: {normal: {mean: 20 ms, sd: 1 ms, min: 15 ms}}, I_e: 250 pA}
		    initial: {V_m: {uniform: [-70 mV, -55 mV]}}
		  inh: {size: 1040, model: lif_delta}
		inputs:
		  drive: {model: poisson, rate: 2 kHz, to: inh, weight: 1 mV}
		  some: {model: poisson, rate: 300 Hz, to: exc, neurons: 3-700, weight: 100 pA}
		  step: {model: step_current, to: exc, neurons: 500-800, times: [30 ms, 70 ms], currents: [100 pA, 0 pA]}
		projections:
		  - from: noise
		    to: exc
		    connect: {fixed_in_degree: 20}
		    weight: {normal: {mean: 60 pA, sd: 10 pA}}
		    delay: {axonal: 0.4 ms, dendritic: 0.8 ms}
		    plasticity: {rule: stdp_pair, bounds: [0 pA, 200 pA]}
		  - from: exc
		    to: inh
		    connect: {fixed_out_degree: 30}
		    weight: 1 mV
		    delay: {uniform: [1 ms, 3 ms]}
		  - {from: inh, to: exc, connect: {fixed_total: 20000, multapses: true}, weight: -50 pA, delay: 1.5 ms}
		  - {from: inh, to: inh, connect: {fixed_probability: 0.02}, weight: -0.5 mV, delay: {uniform: [1 ms, 2 ms]}}
		record:
		  spikes: all
		  state:
		    - {of: exc, variables: [V_m, I_syn_ex], neurons: [0-20, 600-640, 1049], every: 0.7 ms}
		    - {of: inh, variables: V_m, neurons: 1000-1039, every: 5 ms}
		  rates:
		    - {of: exc, every: 10 ms, width: 20 ms}
		    - {of: inh, every: 10 ms, width: 20 ms, filter: exponential, per_neuron: true}
		  weights:
		    - {of: noise_exc, every: 40 ms, synapses: [7, 20000-20040, 3-9], trace_every: 3 ms}
	YAML
	cat >"$1/chain.yaml" <<-'YAML'
		spikem: 1
		title: the objective of a chain, and its gradient as weights change
		seed: 4
		duration: 60 ms
		populations:
		  x: {size: 300, model: lif_delta, keep_u: true, params: {I_e: 300 pA}}
		  h: {size: 280, model: lif_delta, keep_u: true, params: {I_e: 300 pA}}
		projections:
		  - from: h
		    to: x
		    connect: all_to_all
		    weight: {normal: {mean: 0.1 mV, sd: 0.1 mV}}
		    delay: 1 ms
		    plasticity: {rule: stdp_pair, bounds: [-1 mV, 1 mV]}
		  - {from: x, to: h, connect: {fixed_in_degree: 40}, weight: {normal: {mean: 0.1 mV, sd: 0.1 mV}}, delay: 1 ms}
		record:
		  spikes: all
		  objective:
		    {layers: [x, h], decoders: h_x, encoders: x_h, sigma: [1 mV, 1 mV], readout: u, width: 10 ms, every: 7 ms,
		     gradient: true}
	YAML
	cat >"$1/copies.yaml" <<-'YAML'
		spikem: 1
		title: the objective of a chain whose units have copies
		seed: 4
		duration: 60 ms
		populations:
		  x: {size: 300, copies: 4, model: lif_delta, params: {I_e: 300 pA}}
		  h: {size: 280, copies: 3, model: lif_delta, params: {I_e: 300 pA}}
		inputs:
		  noise: {model: poisson, rate: 500 Hz, to: [x, h], weight: 1 mV}
		projections:
		  - {from: h, to: x, connect: all_to_all, weight: {normal: {mean: 0.1 mV, sd: 0.1 mV}}, delay: 1 ms}
		  - {from: x, to: h, connect: {fixed_in_degree: 40}, weight: 0.1 mV, delay: 1 ms}
		record:
		  spikes: all
		  rates: {of: x, every: 10 ms, width: 20 ms, filter: exponential, per_neuron: true}
		  objective: {layers: [x, h], decoders: h_x, encoders: x_h, sigma: [1 Hz, 1 Hz], width: 10 ms, every: 7 ms}
	YAML
}

# More ranks than processors, as root too, on this machine alone. Ranks that wait leave the processor to others.
# Open MPI keeps some memory until the end. When a rank ended early or at Ctrl-C, mpirun sleeps for $same_bytes_patience
# (in s, 2) before SIGTERM and again before SIGKILL, to the full: a rank that still saves its state needs it.
on_ranks() {
	local n=$1
	shift
	OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_plm_rsh_agent='' \
		ASAN_OPTIONS=detect_leaks=0 mpirun --oversubscribe --bind-to none --mca mpi_yield_when_idle 1 \
		--mca odls_base_sigkill_timeout "${same_bytes_patience:-2}" --mca btl "${same_bytes_wire:-self,vader}" -n "$n" "$@" \
		>"$SPK_TEST_DIR/.out" 2>"$SPK_TEST_DIR/.err" </dev/null
	code=$?
	out=$(<"$SPK_TEST_DIR/.out")
	err=$(<"$SPK_TEST_DIR/.err")
}

same_bytes_check() { # program, label, scenario, reference, threads, ranks
	local result=$SPK_TEST_DIR/result.h5
	rm -f "$result"
	if [ "$6" -gt 1 ]; then
		on_ranks "$6" "$1" run -q "$3" -t "$5" -o "$result"
	else
		"$1" run -q "$3" -t "$5" -o "$result"
	fi
	run compare "$4" "$result"
	ok "$2: $5 threads, $6 ranks" [ "$code" -eq 0 ]
}

# ---- Runs that are ended in the middle ------------------------------------------------------------------
#
#   resume_processes PID       leaves the processes of `on_ranks`, PID in the background, in $processes
#   resume_interrupt SIGNAL SCENARIO RESULT THREADS RANKS
#                              start, and end it by a signal to the last rank when there is a checkpoint
#   resume_check LABEL SCENARIO REFERENCE SIGNAL THREADS RANKS THREADS RANKS
#                              one test: ended with the first numbers, it goes on with the others to the reference

resume_names='brunel_stdp learning lanes everything chain copies'

resume_processes() {
	local launcher
	processes=()
	for _ in {1..100}; do
		launcher=$(pgrep -P "$1" mpirun) && mapfile -t processes < <(pgrep -P "$launcher" spikem)
		[ "${#processes[@]}" -gt 0 ] && return
		sleep 0.05
	done
}

resume_interrupt() {
	rm -f "$3" "$3.checkpoint"
	if [ "$5" -gt 1 ]; then
		on_ranks "$5" "$SPIKEM" run -q "$2" -o "$3" -t "$4" --checkpoint-every '20 ms' &
	else
		"$SPIKEM" run -q "$2" -o "$3" -t "$4" --checkpoint-every '20 ms' 2>/dev/null &
	fi
	background=$!
	[ "$5" -gt 1 ] && resume_processes "$background"
	for _ in {1..600}; do
		[ -s "$3.checkpoint" ] && break
		sleep 0.02
	done
	[ "$5" -gt 1 ] || processes=("$background")
	kill -"$1" "${processes[-1]}" 2>/dev/null
	wait "$background" 2>/dev/null
	err=$(<"$SPK_TEST_DIR/.err")
}

resume_check() {
	local result=$SPK_TEST_DIR/resumed.h5
	resume_interrupt "$4" "$2" "$result" "$5" "$6"
	if [ "$8" -gt 1 ]; then
		on_ranks "$8" "$SPIKEM" run -q "$2" -o "$result" -t "$7" --resume
	else
		"$SPIKEM" run -q "$2" -o "$result" -t "$7" --resume
	fi
	run compare "$3" "$result"
	ok "$1, SIG$4: $5 threads, $6 ranks; then $7 threads, $8 ranks" [ "$code" -eq 0 ]
}
