#!/bin/bash
# validate: claims about another file, runs before a claim, which claims share, their failures and interruptions.
. "$(dirname "$0")/../tap.sh"

cd "$SPK_TEST_DIR" || exit 1

# A network whose weights a run leaves behind, and one that goes on from them.
cat >net.yaml <<'END'
spikem: 1
seed: 5
duration: 100 ms
populations:
  s: {size: 20, model: poisson, params: {rate: 50 Hz}}
  cells: {size: 10, model: lif_delta, params: {tau_m: 10 ms, V_th: 5 mV}}
projections:
  - {name: w, from: s, to: cells, connect: all_to_all, weight: {normal: {mean: 1 mV, sd: 0.5 mV}}, delay: 1 ms}
record: {spikes: none, weights: {of: w}}
END
# $1 name, then lines of the claim
write_claim() {
	{
		printf '%s\n' 'spikem: 1' 'scenario: ../net.yaml' 'claim:' '  statement: it is so' '  source: here' '  measure: mean' \
			'  seeds: [5, 9]'
		printf '  %s\n' "${@:2}"
	} >"claims/$1.yaml"
}
mkdir claims
same='of: {values: {data: /weights/w/snapshots/000001}}'
write_claim a_own "$same" 'expect: {between: [0.5, 1.5]}'
write_claim b_chain 'before: [{name: first}, {name: second, set: ["initial_weights={first}", duration=50 ms]}]' \
	'set: ["initial_weights={second}", duration=60 ms]' 'measure: difference' 'params: {paired: on}' \
	'of: {a: {data: /weights/w/snapshots/000001}, b: {data: /weights/w/snapshots/000001, file: "{first}"}}' \
	'expect: {between: [0, 0]}' 'quick: {seeds: [5], set: ["claim.before[1].set[1]=duration=20 ms"]}'
sed -i '/measure: mean/d' claims/b_chain.yaml
write_claim c_runs 'before: [{name: other, scenario: ../net.yaml, set: []}]' \
	'runs: {sets: [["initial_weights={other}"], ["initial_weights={other}", duration=120 ms]]}' \
	'across: {measure: change}' "$same" 'expect: {between: [0, 0]}'

run validate --no-plot claims
ok 'chains hold' [ "$code" -eq 0 ]
ok 'shared runs are made once' contains "$out" '3 claims: 3 as expected, 0 not, 0 skipped; 10 runs made, 0 reused'
ok 'they have folders of their own' [ "$(find results/claims/before -name 'seed?.h5' | wc -l)" -eq 10 ]
ok 'five different runs' [ "$(find results/claims/before -mindepth 1 -type d | wc -l)" -eq 5 ]
ok 'a claim about another file leaves no empty folder' [ ! -d results/claims/a_own ]
run validate --no-plot claims
ok 'nothing is made twice' contains "$out" '0 runs made, 10 reused'
run validate --no-plot --fresh claims/b_chain.yaml
ok '--fresh makes each once' contains "$out" '6 runs made, 0 reused'
ok '--fresh: holds' [ "$code" -eq 0 ]
sed -i 's/duration=50 ms/duration=70 ms/' claims/b_chain.yaml
run validate --no-plot claims/b_chain.yaml
ok 'what comes after a changed run is made again, the rest is not' contains "$out" '4 runs made, 2 reused'
run validate --no-plot --quick claims/b_chain.yaml
ok '--quick changes a run before' contains "$out" '3 runs made'
find results/claims/before -name seed9.h5 | while read -r file; do printf 'x' >"$file"; done
run validate --no-plot claims
ok 'broken result files are made again' contains "$out" '5 runs made, 5 reused'

# The same words about different runs before.
for mV in 1 3; do
	write_claim "w_$mV" "before: [{name: first, set: [\"projections[0].weight=$mV mV\"]}]" 'set: ["initial_weights={first}"]' \
		"$same" "expect: {between: [$mV, $mV]}"
done
run validate --no-plot claims/w_1.yaml claims/w_3.yaml
ok 'equal runs after different ones are different runs' contains "$out" '2 claims: 2 as expected, 0 not, 0 skipped; 8 runs made'

# ---- Not a scenario to run
run check claims/a_own.yaml
ok 'check: a claim about another file' contains "$out" 'ok: a claim about claims/../net.yaml'
run run claims/a_own.yaml
ok 'run: it has no network' [ "$code" -ne 0 ]
ok 'run: what runs it' contains "$err" 'spikem validate'

# ---- Failures
write_claim d_wrong 'before: [{name: first, set: [duration=-1 s]}]' 'set: ["initial_weights={first}"]' "$same" \
	'expect: {at_least: 0}'
run validate --no-plot claims/d_wrong.yaml
ok 'a run before that fails: exit code 1' [ "$code" -eq 1 ]
ok 'a run before that fails: said' contains "$out" 'a run before it, in '
# shellcheck disable=SC2016 # the answer's own
ok 'a run before that fails: why' contains "$out" '`duration` must be'
write_claim e_none 'before: [{name: first, scenario: none.yaml}]' "$same" 'expect: {at_least: 0}'
run validate --no-plot claims/e_none.yaml
ok 'a scenario that is not there: exit code 2' [ "$code" -eq 2 ]
ok 'a scenario that is not there: which' contains "$err" 'claims/none.yaml'
ok 'a scenario that is not there: where it is named' contains "$err" 'claims/e_none.yaml:'
write_claim f_claim 'before: [{name: first, scenario: a_own.yaml}]' "$same" 'expect: {at_least: 0}'
run validate --no-plot claims/f_claim.yaml
ok 'a claim without a network is no run: exit code 2' [ "$code" -eq 2 ]
ok 'a claim without a network is no run: said' contains "$err" 'a_own.yaml has no network'

# ---- Interruption in a run before
write_claim g_long 'before: [{name: first, set: [duration=20 s, populations.s.size=1000]}]' \
	'set: ["initial_weights={first}", populations.s.size=1000]' "$same" 'expect: {at_least: 0}'
"$SPIKEM" validate --no-plot -j 1 -o long claims/g_long.yaml >long.out 2>long.err &
process=$!
for ((k = 0; k < 600; k++)); do
	[ -n "$(find long/before -name 'seed5.h5' 2>/dev/null)" ] && break
	sleep 0.02
done
kill -TERM $process
wait $process
ok 'interrupted: exit code 1' [ $? -eq 1 ]
ok 'interrupted: not finished' contains "$(<long.out)" 'not finished'
run validate --no-plot -o long claims/g_long.yaml
ok 'going on: what was interrupted is not taken for finished' contains "$out" '4 runs made, 0 reused'
ok 'going on: holds' [ "$code" -eq 0 ]
finish
