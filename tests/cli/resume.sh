#!/bin/bash
# run --checkpoint-every, --resume: interrupted runs give the result of a run in one go.
. "$(dirname "$0")/../tap.sh"

scenario=$SPK_TEST_DIR/learning.yaml
cat >"$scenario" <<'END'
spikem: 1
title: A learning network that is interrupted
seed: 1
duration: 8 s
populations:
  src: {size: 100, model: poisson, params: {rate: 20 Hz}}
  exc: {size: 300, model: lif_delta, params: {tau_m: 20 ms, V_th: 20 mV, V_reset: 10 mV, t_ref: 2 ms}}
  slow: {size: 100, model: lif_exp, params: {V_th: 10 mV}}
inputs:
  noise: {model: poisson, rate: 20 kHz, to: exc, weight: 0.1 mV, schedule: {times: [1 s, 2 s], rates: [19 kHz, 21 kHz]}}
projections:
  - from: src
    to: exc
    connect: {fixed_in_degree: 20}
    weight: 0.4 mV
    delay: {axonal: 1 ms, dendritic: 0.5 ms}
    plasticity: {rule: stdp_pair, bounds: [0 mV, 1 mV]}
  - {from: exc, to: exc, connect: {fixed_in_degree: 30}, weight: -0.2 mV, delay: 1.5 ms}
  - {from: exc, to: slow, connect: {fixed_in_degree: 20}, weight: 40 pA, delay: {uniform: [1 ms, 9 ms]}}
record:
  spikes: [src, exc, slow]
  state: [{of: exc, neurons: [0, 7], variables: [V_m], every: 0.7 ms}]
  rates: [{of: exc, width: 50 ms, every: 10 ms}]
  weights: {of: src_exc, every: 300 ms, synapses: [0, 5], trace_every: 40 ms}
END
whole=$SPK_TEST_DIR/whole.h5
part=$SPK_TEST_DIR/part.h5
state=$part.checkpoint

same_as_whole() { # $1: what this is
	run compare "$whole" "$part"
	ok "$1: the result of a run in one go" [ "$code" -eq 0 ]
	ok "$1: complete" is "$part" 'f.attrs["complete"] == 1'
}
start() { # arguments of run: in the background; returns when it is under way
	rm -f "$part.resumed"
	touch -d '1 hour ago' "$part" "$SPK_TEST_DIR/old"
	"$SPIKEM" run -q "$scenario" -o "$part" "$@" 2>"$SPK_TEST_DIR/.err" &
	pid=$!
	for _ in {1..600}; do
		[ "$part" -nt "$SPK_TEST_DIR/old" ] && break
		sleep 0.02
	done
	sleep 0.1
}
wait_for_checkpoint() {
	for _ in {1..600}; do
		[ -s "$state" ] && return
		sleep 0.05
	done
}
end() { # its exit code
	wait "$pid"
	code=$?
	err=$(<"$SPK_TEST_DIR/.err")
}

run run -q "$scenario" -o "$whole"
ok 'a run in one go: exit code 0' [ "$code" -eq 0 ]

start --checkpoint-every '100 ms'
wait_for_checkpoint
kill -KILL "$pid"
end 2>/dev/null
ok 'killed: the result file is unfinished' is "$part" 'f.attrs["complete"] == 0'
cp "$state" "$SPK_TEST_DIR/kept"
run run -q "$scenario" -o "$part" --resume --partitions 3 -t 2
ok 'killed: goes on' [ "$code" -eq 0 ]
same_as_whole 'killed, then resumed with three partitions'

cp "$SPK_TEST_DIR/kept" "$state"
run run -q "$scenario" -o "$part" --resume
ok 'once more from the same checkpoint' [ "$code" -eq 0 ]
same_as_whole 'once more from the same checkpoint'
rm "$state"

start --partitions 2
kill -TERM "$pid"
end
ok 'SIGTERM: exit code 75' [ "$code" -eq 75 ]
ok 'SIGTERM: says how to go on' contains "$err" '--resume'
ok 'SIGTERM: a checkpoint' [ -s "$state" ]
start --resume
kill -TERM "$pid"
end
ok 'SIGTERM again: exit code 75' [ "$code" -eq 75 ]
run run -q "$scenario" -o "$part" --resume
same_as_whole 'twice SIGTERM'
rm "$state"

start --checkpoint "$SPK_TEST_DIR/elsewhere"
kill -INT "$pid"
end
ok 'Ctrl-C with checkpoints: exit code 75' [ "$code" -eq 75 ]
ok 'Ctrl-C with checkpoints: it is where it should be' [ -s "$SPK_TEST_DIR/elsewhere" ]
run run -q "$scenario" -o "$part" --checkpoint "$SPK_TEST_DIR/elsewhere" --resume
same_as_whole 'Ctrl-C'

start
kill -USR1 "$pid"
wait_for_checkpoint
ok 'SIGUSR1: a checkpoint' [ -s "$state" ]
end
ok 'SIGUSR1: the run goes on' [ "$code" -eq 0 ]
same_as_whole 'SIGUSR1'
run run -q "$scenario" -o "$part" --resume
same_as_whole 'resumed though it was complete'
rm "$state"
run run -q "$scenario" -o "$part" --resume
ok 'no checkpoint: from the start' [ "$code" -eq 0 ]
same_as_whole 'no checkpoint'

# ---- Protocols, stopped again and again wherever they happen to be
protocol=$SPK_TEST_DIR/protocol.yaml
cat >"$protocol" <<END
spikem: 1
title: A protocol that is interrupted
seed: 1
data:
  digits:
    file: $PWD/scenarios/data/digits.csv.gz
    shape: [8, 8]
    range: [0, 16]
    labels: 10
    splits: {train: 0-59, test: 60-89}
populations:
  pixels: {size: 64, model: poisson, params: {rate: 300 Hz}}
  digits: {size: 10, model: lif_exp, params: {tau_m: 10 ms, I_e: 550 pA}, initial: {V_m: {uniform: [0 mV, 20 mV]}}}
  label: {size: 10, model: regular, params: {rate: 100 Hz}}
  other: {size: 130, model: lif_delta, params: {tau_m: 10 ms}}
projections:
  - name: readout
    from: pixels
    to: digits
    connect: all_to_all
    weight: {normal: {mean: 0 pA, sd: 0.2 pA}}
    delay: 1.3 ms
    plasticity: {rule: eq1, name: x_du, params: {reading: x_du, eta: 0.0018, tau_x: 20 ms}}
    probes:
      - {rule: eq1, name: x_dv, params: {reading: x_dv, eta: 0.0018, tau_x: 20 ms}}
      - {rule: eq1, name: pairs, params: {reading: pairs, eta: 0.005}}
  - {from: digits, to: digits, connect: {fixed_in_degree: 3}, weight: -5 pA, delay: {uniform: [1 ms, 20 ms]}}
  - name: hidden
    from: pixels
    to: other
    connect: {fixed_in_degree: 20}
    weight: 3 mV
    delay: {axonal: 1 ms, dendritic: 2 ms}
    plasticity: {rule: stdp_pair, bounds: [0 mV, 6 mV]}
  - {name: told, from: label, to: other, connect: {fixed_in_degree: 5}, weight: 2 mV, delay: 1.5 ms}
protocol:
  data: digits
  phases:
    - {name: rest, duration: 20.3 ms}
    - {name: settle, duration: 60 ms, show: pixels, readout: true, silent: told}
    - {name: nudge, duration: 30.1 ms, show: {pixels: image, label: label}, nudge: 15 pA, gate: [readout, hidden]}
  readouts: [{name: code, of: other, phase: nudge, window: 10 ms}]
  stages:
    - {name: before, split: test, learn: false}
    - {name: train, split: train, epochs: 2, order: shuffled}
    - {name: after, split: test, learn: false}
objective: {model: softmax, of: digits, projection: readout, readout: u_bar, scale: 0.2 mV}
record:
  spikes: all
  weights: {of: readout, every: 2 s}
END
stop_often() { # $1: what, then options
	local what=$1 runs=0
	shift
	run run -q "$protocol" -o "$whole" "$@"
	ok "$what: runs in one go" [ "$code" -eq 0 ]
	rm -f "$part" "$state"
	code=1
	while [ "$code" -ne 0 ] && [ "$runs" -lt 20 ]; do
		run_until_stopped "$runs" "$@"
		runs=$((runs + 1))
	done
	ok "$what: stopped at least once" [ "$runs" -gt 1 ]
	same_as_whole "$what, stopped $((runs - 1)) times"
}
run_until_stopped() { # number of the run, options; each gets more time than the one before, so that they end
	local n=$1
	shift
	timeout -s TERM "$((n * n / 4)).$((3 + n % 4))" "$SPIKEM" run -q "$protocol" -o "$part" --resume --partitions $((1 + n % 3)) -t $((1 + n % 2)) "$@" 2>/dev/null
	code=$?
}
stop_often 'a protocol'
stop_often 'a protocol with rates as readout' --set objective.readout=rate --set 'objective.scale=20 Hz' \
	--set 'objective.window=33 ms'
stop_often 'a protocol with resets' --set protocol.reset=true
stop_often 'several lanes' --set protocol.lanes=3 --set protocol.batch=7
rm -f "$state"

# Factors that hold while a gate is open, and updates that are compared with gradients of projections
layers=$SPK_TEST_DIR/layers.yaml
sed '/^populations:/,$d' "$protocol" >"$layers"
cat >>"$layers" <<'END'
populations:
  in: {size: 64, model: poisson, params: {rate: 300 Hz}}
  h: {size: 60, model: lif_delta, params: {tau_m: {uniform: [8 ms, 12 ms]}, V_th: 5 mV}}
  out: {size: 10, like: h}
projections:
  - {name: a, from: in, to: h, connect: all_to_all, weight: {uniform: [-0.3 mV, 0.5 mV]}, delay: 1 ms, plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: 0.001, u_bar_min: 1 mV, u_bar_max: 4 mV}}}
  - {name: b, from: h, to: out, connect: all_to_all, weight: {uniform: [-0.2 mV, 0.4 mV]}, delay: 1 ms, plasticity: {rule: eq1, params: {reading: x_dubar, eta: 0.001, u_bar_min: 1 mV}}}
objective: {model: softmax, of: out, projection: b, readout: u_bar, scale: 1 mV}
protocol:
  data: digits
  phases:
    - {name: free, duration: 160 ms, show: in, readout: true}
    - {name: nudge, duration: 130 ms, show: in, nudge: 500 pA, gate: open}
  readouts:
    - {name: r0, of: in, phase: free}
    - {name: r1, of: h, phase: free}
    - {name: u1, of: h, readout: u, phase: free}
    - {name: u2, of: out, readout: u, phase: free}
    - {name: t2, of: out, readout: u, phase: nudge}
  agreement:
    - {backprop: [a, b], rates: [r0, r1], u: [u1]}
    - {projection: b, name: error, target: t2, prediction: u2, pre: r1}
  stages:
    - {name: before, split: test, learn: false}
    - {name: train, split: train, epochs: 1, order: shuffled}
record:
  spikes: [out]
  weights: [{of: a, every: 2 s}, {of: b, every: 2 s}]
END
protocol=$layers
stop_often 'agreement and a window on u_bar'
stop_often 'agreement of several lanes' --set protocol.lanes=4
rm -f "$state"

run run -q "$scenario" -o "$part"
# ---- What is refused leaves everything as it is
cp "$SPK_TEST_DIR/kept" "$state"
before=$(sha256sum "$part" "$state")
refuse() { # $1: what, $2: part of the message, then options
	local what=$1 message=$2
	shift 2
	run run -q "$scenario" -o "$part" --resume "$@"
	ok "$what: exit code 1" [ "$code" -eq 1 ]
	ok "$what: says why" contains "$err" "$message"
	ok "$what: no file left over" [ ! -e "$part.resumed" ]
}
# shellcheck disable=SC2016 # the message quotes so
refuse 'another seed' 'another scenario: there `seed: 1`, here `seed: 2`' --seed 2
refuse 'another duration' 'duration' --set duration='9 s'
ok 'refused: files as they were' [ "$before" = "$(sha256sum "$part" "$state")" ]
truncate -s -1 "$state"
refuse 'a byte short' 'ends early'
truncate -s 1000 "$state"
refuse 'truncated' 'ends early'
: >"$state"
refuse 'empty' 'it is empty'
echo 'spikem: 1' >"$state"
refuse 'something else' 'no checkpoint of a simulation'
cp "$SPK_TEST_DIR/kept" "$state"
printf 'x' >>"$state"
refuse 'a byte more' 'more than'
cp "$SPK_TEST_DIR/kept" "$state"
mv "$part" "$part.away"
refuse 'no result file' "$part"
mv "$part.away" "$part"
size=$(stat -c %s "$state")
for at in 0 9 24 1000 $((size / 2)) $((size - 1)); do
	cp "$SPK_TEST_DIR/kept" "$state"
	printf '\xa5' | dd of="$state" bs=1 seek="$at" conv=notrunc status=none
	cmp -s "$state" "$SPK_TEST_DIR/kept" && continue
	refuse "byte $at changed" 'cannot be used'
done

run run -q "$scenario" -o "$part" --checkpoint-every 10
ok 'a time without unit: exit code 2' [ "$code" -eq 2 ]
ok 'a time without unit: says what was expected' contains "$err" "'10 min'"
run run -q "$scenario" -o "$part" --checkpoint "$part"
ok 'checkpoint and result file in one: exit code 2' [ "$code" -eq 2 ]
finish
