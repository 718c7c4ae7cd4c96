#!/bin/bash
# Several ranks: the same bytes as one process (tests/full has all combinations), one voice, an end for all.
. "$(dirname "$0")/../tap.sh"
. tests/same_bytes.sh

same_bytes_need_ranks
same_bytes_write "$SPK_TEST_DIR"
check() { # name, threads ranks, threads ranks...
	local name=$1
	shift
	"$SPIKEM" run -q "$SPK_TEST_DIR/$name.yaml" -t 1 -o "$SPK_TEST_DIR/$name.h5"
	while [ $# -gt 0 ]; do
		same_bytes_check "$SPIKEM" "$name" "$SPK_TEST_DIR/$name.yaml" "$SPK_TEST_DIR/$name.h5" "$1" "$2"
		shift 2
	done
}
check brunel 3 1 2 2 1 4
check vogels_abbott 1 2
check brunel_stdp 1 3
check digits 2 2
check learning 1 3
check lanes 1 2 2 3 1 5
check everything 3 1 2 3
check chain 1 2
check copies 1 3

small=$SPK_TEST_DIR/brunel.yaml
a=$SPK_TEST_DIR/a.h5
on_ranks 3 "$SPIKEM" run "$small" -t 2 -o "$a"
ok 'three ranks: exit code 0' [ "$code" -eq 0 ]
ok 'three ranks: one speaks' [ "$(grep -c 'written to' <<<"$out")" -eq 1 ]
ok 'three ranks: nothing on standard error' [ -z "$err" ]
ok 'three ranks: in the provenance' is "$a" '[f["provenance"].attrs[k] for k in ("ranks", "threads", "partitions")] == [3, 2, 6]'
ok 'three ranks: 12 bytes for each spike, and little else' is "$a" \
	'0 <= f["provenance"].attrs["exchanged_bytes"] - 12 * f["provenance"].attrs["spikes"] < 1000'
ok 'three ranks: an exchange for each cell of 1.5 ms, and little else' is "$a" \
	'100 <= f["provenance"].attrs["exchanges"] < 120'
one=$(fact "$SPK_TEST_DIR/brunel.h5" '[f["provenance"].attrs[k] for k in ("synapses", "spikes", "synaptic_events", "input_events")]')
three=$(fact "$a" '[f["provenance"].attrs[k] for k in ("synapses", "spikes", "synaptic_events", "input_events")]')
ok 'three ranks: counts of all together' [ "$one" = "$three" ]

# ---- Lanes
lanes=$SPK_TEST_DIR/lanes.yaml
counts='[f["provenance"].attrs[k] for k in ("neurons", "synapses", "spikes", "synaptic_events", "input_events", "plastic_events")]'
on_ranks 3 "$SPIKEM" run "$lanes" -o "$a"
ok 'lanes on three ranks: one speaks' [ "$(grep -c 'written to' <<<"$out")" -eq 1 ]
ok 'lanes on three ranks: nothing on standard error' [ -z "$err" ]
ok 'lanes on three ranks: counts of all lanes' [ "$(fact "$SPK_TEST_DIR/lanes.h5" "$counts")" = "$(fact "$a" "$counts")" ]
ok 'lanes on three ranks: no spikes are exchanged, but an exchange for each round and merge' is "$a" \
	'f["provenance"].attrs["exchanges"] < 30'
on_ranks 3 "$SPIKEM" run -q "$lanes" --set protocol.lanes=2 -o "$a"
ok 'fewer lanes than ranks: refused' [ "$code" -eq 1 ]
ok 'fewer lanes than ranks: says why, once' [ "$(grep -c '3 ranks need at least as many lanes' <<<"$err")" -eq 1 ]
on_ranks 2 "$SPIKEM" run -q "$lanes" -o "$SPK_TEST_DIR/no/such/a.h5"
ok 'lanes, no folder: exit code 1' [ "$code" -eq 1 ]
ok 'lanes, no folder: told once' [ "$(grep -c 'no/such/a.h5' <<<"$err")" -eq 1 ]
# two layers by backpropagation, beside the kinds of the scenario itself
agreement='protocol.agreement=[{backprop: [pixels_hidden, readout], rates: [light, code], u: [u_hidden]}]'
readouts='protocol.readouts=[{name: light, of: pixels, phase: settle}, {name: code, of: hidden, phase: settle},
	{name: u_hidden, of: hidden, phase: settle, readout: u}]'
"$SPIKEM" run -q "$lanes" --set "$readouts" --set "$agreement" -o "$SPK_TEST_DIR/agreement.h5"
on_ranks 3 "$SPIKEM" run -q "$lanes" --set "$readouts" --set "$agreement" -o "$a"
run compare "$SPK_TEST_DIR/agreement.h5" "$a"
ok 'lanes with agreement: the same bytes' [ "$code" -eq 0 ]
ok 'lanes with agreement: there are changes and gradients of both layers' is "$a" \
	'all(f["agreement"][p][x][:].any() for p in ("pixels_hidden", "readout") for x in ("change", "gradient"))'
on_ranks 2 "$SPIKEM" run -q "$SPK_TEST_DIR/learning.yaml" --set "$readouts" --set "$agreement" -o "$a"
ok 'agreement with one lane: refused' [ "$code" -eq 1 ]
ok 'agreement with one lane: says why' contains "$err" 'of a protocol with one lane runs on one rank'

# ---- Mistakes and failures
on_ranks 3 "$SPIKEM" run "$small" --set duration=1
ok 'a mistake in the scenario: exit code 2' [ "$code" -eq 2 ]
ok 'a mistake in the scenario: told once' [ "$(grep -c 'needs a unit' <<<"$err")" -eq 1 ]
on_ranks 2 "$SPIKEM" run "$small" -o "$SPK_TEST_DIR/no/such/a.h5"
ok 'no folder: exit code 1' [ "$code" -eq 1 ]
ok 'no folder: told once' [ "$(grep -c 'no/such/a.h5' <<<"$err")" -eq 1 ]
on_ranks 2 "$SPIKEM" run "$small" --partitions 1 -o "$a"
ok 'fewer partitions than ranks: refused' [ "$code" -eq 1 ]
ok 'fewer partitions than ranks: says why' contains "$err" '2 ranks need at least as many partitions'
on_ranks 2 "$SPIKEM" run - -o "$a"
ok 'standard input: refused' [ "$code" -eq 2 ]
on_ranks 2 "$SPIKEM" run scenarios/digits_stack.yaml -o "$a"
ok 'a stack: refused' [ "$code" -eq 2 ]
on_ranks 2 "$SPIKEM" run "$small" --rate-limit -o "$a"
ok 'a rate limit: refused' [ "$code" -eq 1 ]
ok 'a rate limit: says why' contains "$err" 'a rate limit runs on one rank'

as_rank() { # rank, shell command: it runs there before the program
	# shellcheck disable=SC2016 # the inner shell expands
	printf 'if [ "$OMPI_COMM_WORLD_RANK" = %s ]; then %s; fi; exec "$@"' "$1" "$2"
}
on_ranks 3 sh -c "$(as_rank 1 'cd /')" sh "$(realpath "$SPIKEM")" run tests/data/../../scenarios/brunel.yaml -o "$a"
ok 'one rank finds no scenario: all end' [ "$code" -ne 0 ]
ok 'one rank finds no scenario: it is named' contains "$err" 'rank 1: cannot load'
if ! "$SPIKEM" --version | grep -q sanitize; then
	on_ranks 3 sh -c "$(as_rank 2 'ulimit -v 400000')" sh "$SPIKEM" run scenarios/brunel.yaml -o "$a" \
		--set 'projections[0].connect.fixed_in_degree=3000'
	ok 'one rank is out of memory: all end' [ "$code" -ne 0 ]
	ok 'one rank is out of memory: it is named' contains "$err" 'rank 2: out of memory'
fi

# ---- Signals
start() { # arguments of run: a long one in the background, until it has begun; leaves $launcher and $processes
	rm -f "$a"
	on_ranks 3 "$SPIKEM" run "$@" -o "$a" &
	background=$!
	for _ in {1..300}; do
		sleep 0.2
		[ -e "$a" ] && break
	done
	sleep 1
	launcher=$(pgrep -P "$background" mpirun)
	mapfile -t processes < <(pgrep -P "$launcher" spikem)
}
stop() { # signal, process
	kill -"$1" "$2"
	wait "$background"
	err=$(<"$SPK_TEST_DIR/.err")
}
# shellcheck disable=SC2317 # `ok` calls it
are_gone() { # mpirun ends a little before them
	for _ in {1..50}; do
		[ -z "$(ps -o pid= -p "${processes[*]}")" ] && return
		sleep 0.2
	done
	return 1
}
same_bytes_patience=10
start "$small" --set 'duration=1000 s'
ok 'three processes run' [ "${#processes[@]}" -eq 3 ]
stop INT "$launcher"
ok 'Ctrl-C: the data so far' is "$a" 'f.attrs["complete"] == 0 and len(f["/spikes/exc/timestamps"]) > 0'
ok 'Ctrl-C: told by one' [ "$(grep -c 'spikem: interrupted' <<<"$err")" -eq 1 ]
ok 'Ctrl-C: no process is left' are_gone
same_bytes_patience=2
start "$small" --set 'duration=1000 s'
stop TERM "${processes[1]}"
ok 'SIGTERM to one rank: told by the first' contains "$err" 'spikem: interrupted'
ok 'SIGTERM to one rank: no process is left' are_gone
ok 'SIGTERM to one rank: a checkpoint' [ -s "$a.checkpoint" ]
start "$small" --set 'duration=1000 s'
stop KILL "${processes[1]}"
ok 'a rank is killed: said' contains "$err" 'exited on signal 9'
ok 'a rank is killed: no process is left' are_gone
ok 'a rank is killed: the file opens' is "$a" 'f.attrs["complete"] == 0'

same_bytes_patience=10
start "$lanes" --set 'protocol.stages[1].epochs=10000' --set 'protocol.phases[0].duration=3 ms' \
	--set 'protocol.phases[1].duration=2 ms' # rounds shorter than the time that mpirun gives its processes
stop INT "$launcher"
ok 'Ctrl-C among lanes: the data so far' is "$a" 'f.attrs["complete"] == 0 and len(f["/protocol/presentations/item"]) > 0'
ok 'Ctrl-C among lanes: told by one' [ "$(grep -c 'spikem: interrupted' <<<"$err")" -eq 1 ]
ok 'Ctrl-C among lanes: no process is left' are_gone

# ---- Threads from the environment
run_with() { # assignment
	env "$1" "$SPIKEM" run -q "$small" -o "$a" 2>"$SPK_TEST_DIR/.err" >"$SPK_TEST_DIR/.out"
	code=$?
	err=$(<"$SPK_TEST_DIR/.err")
	out=$(<"$SPK_TEST_DIR/.out")
}
unset OMP_NUM_THREADS SLURM_CPUS_PER_TASK
run_with SLURM_CPUS_PER_TASK=2
ok 'SLURM_CPUS_PER_TASK=2: two threads' is "$a" 'f["provenance"].attrs["threads"] == 2'
run_with OMP_NUM_THREADS=3,2
ok 'OMP_NUM_THREADS=3,2: three threads' is "$a" 'f["provenance"].attrs["threads"] == 3'
run_with OMP_NUM_THREADS=many
ok 'OMP_NUM_THREADS=many: refused' [ "$code" -eq 2 ]
ok 'OMP_NUM_THREADS=many: told' contains "$err" OMP_NUM_THREADS
OMP_NUM_THREADS=3 run run -q "$small" -t 1 -o "$a"
ok '--threads counts more than the environment' is "$a" 'f["provenance"].attrs["threads"] == 1'
finish
