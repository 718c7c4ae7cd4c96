#!/bin/bash
# run: output, silence, progress, seeds, threads, interruption.
. "$(dirname "$0")/../tap.sh"

small=$SPK_TEST_DIR/small.yaml
cat >"$small" <<'END'
spikem: 1
title: Noise into a ring of neurons
seed: 1
duration: 200 ms
populations:
  exc: {size: 20, model: lif_delta, params: {tau_m: 20 ms, V_th: 20 mV, V_reset: 10 mV, t_ref: 2 ms}}
inputs:
  noise: {model: poisson, rate: 20 kHz, to: [exc], weight: 0.2 mV}
projections:
  - {from: exc, to: [exc], connect: {fixed_in_degree: 5}, weight: 0.5 mV, delay: 1.5 ms}
record:
  spikes: [exc]
END

a=$SPK_TEST_DIR/a.h5
run run "$small" -o "$a"
ok 'a run: exit code 0' [ "$code" -eq 0 ]
ok 'a run: silent on standard error when that is no terminal' [ -z "$err" ]
for word in Noise spikes 'synaptic events' 'events per second' 'mean rate' "$a"; do
	ok "a run: the table has '$word'" contains "$out" "$word"
done
ok 'a run: complete' is "$a" 'f.attrs["complete"] == 1'
ok 'a run: the neurons fired' is "$a" 'len(f["/spikes/exc/timestamps"]) > 20'
rate=$(fact "$a" '"%.4g" % (len(f["/spikes/exc/timestamps"]) / 20 / 0.2)')
ok 'a run: the mean rate is that of the file' contains "$out" "mean rate $rate Hz"

run run -q "$small" -o "$SPK_TEST_DIR/b.h5"
ok '-q: exit code 0' [ "$code" -eq 0 ]
ok '-q: says nothing' [ -z "$out$err" ]
run compare "$a" "$SPK_TEST_DIR/b.h5"
ok 'the same run twice: equal' [ "$code" -eq 0 ]

run run -q "$small" --seed 1 -t 2 -o "$SPK_TEST_DIR/b.h5"
run compare "$a" "$SPK_TEST_DIR/b.h5"
ok 'two threads: equal' [ "$code" -eq 0 ]
run run -q "$small" --partitions 3 -o "$SPK_TEST_DIR/b.h5"
run compare "$a" "$SPK_TEST_DIR/b.h5"
ok 'three partitions: equal' [ "$code" -eq 0 ]
run run -q "$small" --no-compress -o "$SPK_TEST_DIR/b.h5"
run compare "$a" "$SPK_TEST_DIR/b.h5"
ok 'uncompressed: equal' [ "$code" -eq 0 ]

run run -q "$small" --seed 2 -o "$SPK_TEST_DIR/seed.h5"
run compare "$a" "$SPK_TEST_DIR/seed.h5"
ok 'another seed: different' [ "$code" -eq 1 ]
run run -q "$small" --set seed=2 -o "$SPK_TEST_DIR/set.h5"
run compare "$SPK_TEST_DIR/set.h5" "$SPK_TEST_DIR/seed.h5"
ok '--set seed=2 is --seed 2' [ "$code" -eq 0 ]

program=$(realpath "$SPIKEM")
(cd "$SPK_TEST_DIR" && "$program" run -q small.yaml && "$program" run -q - <small.yaml)
ok 'without -o: results/NAME.h5' [ -f "$SPK_TEST_DIR/results/small.h5" ]
ok 'from standard input: results/stdin.h5' [ -f "$SPK_TEST_DIR/results/stdin.h5" ]

run run -q "$small" -o "$SPK_TEST_DIR/no/such/a.h5"
ok 'folder missing: exit code 1' [ "$code" -eq 1 ]
ok 'folder missing: named' contains "$err" 'no/such/a.h5'
run run -q "$small" -o "$SPK_TEST_DIR"
ok 'output is a folder: exit code 1' [ "$code" -eq 1 ]
ok 'output is a folder: a message' contains "$err" "$SPK_TEST_DIR"

on_terminal() { # arguments of run: the screen is printed
	TERM=xterm script -qec "$(printf '%q ' "$SPIKEM" run "$@")" /dev/null </dev/null
}
if script -qec true /dev/null </dev/null >"$SPK_TEST_DIR/.out" 2>&1; then
	screen=$(on_terminal "$small" --set 'duration=100 s' -o "$SPK_TEST_DIR/bar.h5")
	ok 'on a terminal: a progress bar' grep -qE '\[#*\.*\] +[0-9]+ %' <<<"$screen"
	ok 'on a terminal: an estimate' contains "$screen" ' left'
	screen=$(on_terminal -q "$small" --set 'duration=2 s' -o "$SPK_TEST_DIR/bar.h5")
	ok 'on a terminal with -q: nothing' [ -z "$screen" ]
else
	skip 'on a terminal: progress' 'this system gives no pseudo-terminal'
fi

for signal in INT TERM; do
	expected=$([ "$signal" = INT ] && echo 1 || echo 75) # SIGTERM writes a checkpoint
	file=$SPK_TEST_DIR/$signal.h5
	"$SPIKEM" run "$small" --set 'duration=100000 s' -o "$file" 2>"$SPK_TEST_DIR/.err" >"$SPK_TEST_DIR/.out" &
	pid=$!
	sleep 2
	kill -"$signal" "$pid"
	wait "$pid"
	code=$?
	err=$(<"$SPK_TEST_DIR/.err")
	out=$(<"$SPK_TEST_DIR/.out")
	ok "SIG$signal: exit code $expected" [ "$code" -eq "$expected" ]
	ok "SIG$signal: says so" contains "$err" 'interrupted at'
	ok "SIG$signal: says where the data are" contains "$err" "$file"
	ok "SIG$signal: the file says that it is unfinished" is "$file" 'f.attrs["complete"] == 0'
	ok "SIG$signal: spikes of both columns are kept" is "$file" \
		'len(f["/spikes/exc/timestamps"]) == len(f["/spikes/exc/node_ids"]) > 0'
done
finish
