#!/bin/bash
# validate: verdicts, exit codes, reuse of runs, going on after an interruption, --quick, mistakes.
. "$(dirname "$0")/../tap.sh"

cd "$SPK_TEST_DIR" || exit 1
mkdir claims

# A Poisson source of 100 Hz; $1 name, $2 statement, $3 and so on further keys of the claim.
write_claim() {
	{
		cat <<-END
			spikem: 1
			title: a source
			seed: 3
			duration: 200 ms
			populations:
			  noise: {size: 50, model: poisson, params: {rate: 100 Hz}}
			record: {spikes: all, rates: [{of: noise, width: 50 ms, every: 50 ms}]}
			claim:
			  statement: $2
			  source: definition
			  measure: mean
			  of: {values: {data: /rates/noise/rate, where: {column: time, in: [60, 200]}}}
		END
		printf '  %s\n' "${@:3}"
	} >"$1"
}

# Write claims/a_holds.yaml and so on: in the order of their names, which is that of the output.
write_claim claims/a_holds.yaml 'the rate is right' 'expect: {between: [90, 110]}' 'seeds: 6' \
	'quick: {seeds: 3, set: [duration=150 ms, "claim.expect={between: [80, 120]}"]}'
write_claim claims/b_fails.yaml 'the rate is 200 Hz' 'expect: {at_least: 200}' 'seeds: 4' 'verdict: fails'
write_claim claims/c_slope.yaml 'the rate follows' 'expect: {between: [0.8, 1.2]}' 'seeds: 3' \
	'runs: {key: populations.noise.params.rate, values: [50 Hz, 0.1 kHz, 200 Hz]}' 'across: {measure: slope}'
grep -v '^claim\|^  [smoe][a-z]*:' claims/a_holds.yaml | sed '/quick/d' >claims/none.yaml

line() { # NUMBER: line of the output
	sed -n "$1p" <<<"$out"
}

# ---- Verdicts
run validate --no-plot claims
ok 'all as expected: exit code 0' [ "$code" -eq 0 ]
ok 'one line a claim and a summary' [ "$(wc -l <<<"$out")" -eq 4 ]
ok 'a claim that holds' contains "$(line 1)" '[90, 110]       holds'
ok 'with its statement' contains "$(line 1)" '  the rate is right'
ok 'a claim that fails as expected' contains "$(line 2)" 'fails, as expected'
ok 'a slope over runs' contains "$(line 3)" 'holds'
ok 'what was made' contains "$out" '3 claims: 3 as expected, 0 not, 0 skipped; 19 runs made, 0 reused'
ok 'a scenario without a claim is noted' contains "$err" 'claims/none.yaml has no claim, left out'
ok 'a file for each run and seed' [ "$(find results/claims/c_slope -name 'run?-seed?.h5' | wc -l)" -eq 9 ]
ok 'HDF5 and JSON for each claim' [ -s results/claims/c_slope.h5 -a -s results/claims/a_holds.json ]
/usr/bin/python3 - >check.out 2>&1 <<'END'
import json
all = json.load(open("results/claims/claims.json"))
assert [c["name"] for c in all] == ["a_holds", "b_fails", "c_slope"]
assert [c["verdict"] for c in all] == ["holds", "fails", "holds"] and all[1]["expected_verdict"] == "fails"
one = json.load(open("results/claims/c_slope.json"))
assert one == all[2]
assert [r["x"] for r in one["runs"]] == [50, 100, 200] and one["runs"][1]["label"] == "0.1 kHz"
for seed in one["seeds"]:  # least squares by hand
    y = [f["value"] for f in seed["figures"]]
    x = [50, 100, 200]
    mx, my = sum(x) / 3, sum(y) / 3
    slope = sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)
    assert abs(slope - seed["value"]) < 1e-12
assert abs(sum(s["value"] for s in one["seeds"]) / 3 - one["measured"]["value"]) < 1e-12
END
ok 'the JSON says what was measured' [ ! -s check.out ]

# ---- Reuse
run validate --no-plot claims
ok 'nothing is run twice' contains "$out" '0 runs made, 19 reused'
first=$(line 1)
sed -i 's/the rate is right/the rate is as it should be/; s/90, 110/91, 109/' claims/a_holds.yaml
run validate --no-plot claims/a_holds.yaml
ok 'another wording or expectation needs no run' contains "$out" '0 runs made, 6 reused'
ok 'with the same figures' contains "$out" "$(grep -o '[0-9.]* \[[0-9., ]*\]' <<<"$first" | head -n 1)"
sed -i 's/200 ms/250 ms/' claims/b_fails.yaml
run validate --no-plot claims/b_fails.yaml
ok 'another scenario is run again' contains "$out" '4 runs made, 0 reused'
run validate --no-plot --fresh claims/a_holds.yaml
ok '--fresh runs again' contains "$out" '6 runs made, 0 reused'
printf 'x' >results/claims/a_holds/seed3.h5
run validate --no-plot claims/a_holds.yaml
ok 'a broken result file is made again' contains "$out" '1 run made, 5 reused'
ok 'and the claim holds as before' [ "$code" -eq 0 ]

# ---- Stacks
cat >stack.yaml <<'END'
spikem: 1
seed: 3
data: {d: {mixture: {items: 40, means: [[0, 0], [1, 1]], sd: 0.1}, splits: {train: 0-39}}}
stack:
  data: d
  layers: [{name: x, unit: linear}, {name: h, size: 4, unit: softplus}]
  training: {split: train, epochs: 2}
claim:
  {statement: J, source: here, measure: mean, of: {values: {data: /stack/training/epoch, rows: last}},
    expect: {between: [2, 2]}, seeds: 2}
END
for seed in 3 4; do # what interrupted runs leave
	mkdir -p results/claims/stack
	"$SPIKEM" run -q stack.yaml --set claim=null --seed $seed -o other.h5 \
		--checkpoint results/claims/stack/seed$seed.h5.checkpoint
done
cp results/claims/stack/*.checkpoint .
# shellcheck disable=SC2317 # called through ok
resumed() { # the runs went on from their checkpoints
	/usr/bin/python3 -c 'import sys, h5py
for path in sys.argv[1:]:
	assert b"resumed" in h5py.File(path, "r")["/report"][()]' results/claims/stack/seed?.h5 2>/dev/null
}
run validate --no-plot stack.yaml
ok 'a stack: holds' [ "$code" -eq 0 ]
ok 'a stack: goes on from a checkpoint' resumed
ok 'a stack: leaves no checkpoint' [ -z "$(find results/claims/stack -name '*.checkpoint')" ]
cp seed?.h5.checkpoint results/claims/stack
run validate --no-plot --fresh stack.yaml
ok '--fresh: a stack is made again from its beginning' [ "$code" -eq 0 ]
# shellcheck disable=SC2251 # the answer of !
ok '--fresh: not from a checkpoint' bash -c '! h5dump -d /report results/claims/stack/seed3.h5 | grep -q resumed'

# ---- Quick, folders, quiet
run validate --no-plot --quick -j 1 -o 'else where/quick' claims/a_holds.yaml
ok '--quick has its own seeds and expectation' contains "$out" '[80, 120]'
ok '--quick runs' contains "$out" '3 runs made, 0 reused'
ok '-o: where it is written' [ -s 'else where/quick/a_holds/seed3.h5' -a -s 'else where/quick/claims.json' ]
run validate --no-plot --quick claims/a_holds.yaml
ok '--quick has a folder of its own' [ -s results/claims-quick/a_holds.json ]
run validate --no-plot -q claims
ok '--quiet: only the summary' [ "$(wc -l <<<"$out")" -eq 1 ]

# ---- Not as expected
write_claim wrong.yaml 'the rate is 200 Hz' 'expect: {at_least: 200}' 'seeds: 4'
run validate --no-plot wrong.yaml
ok 'a claim that fails: exit code 1' [ "$code" -eq 1 ]
ok 'a claim that fails: marked' contains "$out" '! the rate is 200 Hz'
ok 'a claim that fails: said' contains "$out" 'fails, expected: holds'
write_claim vague.yaml 'the rate is above 100 Hz' 'expect: {at_least: 100}' 'seeds: [7, 8]'
run validate --no-plot vague.yaml
ok 'an undecided claim: exit code 1' [ "$code" -eq 1 ]
ok 'an undecided claim: said' contains "$out" 'undecided, expected: holds'
write_claim unsure.yaml 'one seed' 'expect: {at_least: 0}' 'seeds: 1'
sed -i 's/measure: mean/measure: share/; s/values: {data.*/values: \/rates\/noise@units}/' unsure.yaml
run validate --no-plot unsure.yaml
ok 'an input that is not there: exit code 1' [ "$code" -eq 1 ]
ok 'an input that is not there: error' contains "$out" 'error'
ok 'an input that is not there: which' contains "$out" 'no number attribute units'
write_claim broken.yaml 'a run that cannot be' 'expect: {at_least: 0}' 'seeds: 2' 'quick: {set: [duration=1 h]}' \
	'runs: {key: populations.noise.params.rate, values: [50 Hz, -1 Hz]}' 'across: {measure: change}'
run validate --no-plot broken.yaml
ok 'a run that is refused: exit code 1' [ "$code" -eq 1 ]
ok 'a run that is refused: why' contains "$out" '--set:'

# ---- A data set that is not here
cat >digits.yaml <<'END'
spikem: 1
data: {d: {set: mnist}}
populations: {s: {size: 784, model: poisson, params: {rate: 1 Hz}}}
protocol: {data: d, phases: [{name: p, duration: 1 ms, show: s}], stages: [{name: t, split: test}]}
claim:
  {statement: MNIST, source: here, measure: mean, of: {values: /x}, expect: {at_least: 0}, seeds: 2}
END
export SPIKEM_DATA=$SPK_TEST_DIR/nowhere HOME=$SPK_TEST_DIR/nowhere
unset XDG_DATA_HOME
run validate --no-plot digits.yaml
ok 'missing data: skipped' contains "$out" 'skipped'
ok 'missing data: the command' contains "$out" 'spikem data fetch mnist'
ok 'missing data: exit code 0' [ "$code" -eq 0 ]
run validate --no-plot --strict digits.yaml
ok 'missing data: --strict' [ "$code" -eq 1 ]

# ---- Interruption
write_claim long.yaml 'many seeds' 'expect: {at_least: 0}' 'seeds: 30'
sed -i 's/size: 50/size: 2000/; s/200 ms/1 s/' long.yaml
"$SPIKEM" validate --no-plot -j 2 long.yaml >long.out 2>long.err &
process=$!
for ((k = 0; k < 600; k++)); do
	[ -e results/claims/long/seed6.h5 ] && break
	sleep 0.05
done
kill -TERM $process
wait $process
ok 'interrupted: exit code 1' [ $? -eq 1 ]
ok 'interrupted: said' contains "$(<long.err)" 'interrupted; complete runs are kept'
ok 'interrupted: not finished' contains "$(<long.out)" 'not finished'
ok 'interrupted: before the end' [ ! -e results/claims/long/seed32.h5 ]
run validate --no-plot long.yaml
ok 'going on: complete runs are kept' [ "$(sed -n 's/.*, \([0-9]*\) reused.*/\1/p' <<<"$out")" -ge 2 ]
made=$(sed -n 's/.*; \([0-9]*\) runs made.*/\1/p' <<<"$out")
reused=$(sed -n 's/.*, \([0-9]*\) reused.*/\1/p' <<<"$out")
ok 'going on: the others are made' [ $((made + reused)) -eq 30 ]
ok 'going on: the claim holds' [ "$code" -eq 0 ]

# ---- Mistakes
run validate
ok 'no path: exit code 2' [ "$code" -eq 2 ]
run validate - <claims/a_holds.yaml
ok 'standard input: exit code 2' [ "$code" -eq 2 ]
ok 'standard input: why' contains "$err" 'every run reads its scenario'
mkdir -p blocked/a_holds.json
run validate --no-plot --quick -o blocked claims/a_holds.yaml
ok 'no JSON can be written: exit code 1' [ "$code" -eq 1 ]
ok 'no JSON can be written: nothing half is left' [ ! -e blocked/a_holds.json.new ]
run validate no-such.yaml
ok 'no such file: exit code 2' [ "$code" -eq 2 ]
run validate claims/none.yaml
ok 'no claim: exit code 2' [ "$code" -eq 2 ]
mkdir empty
run validate empty
ok 'an empty folder: exit code 2' [ "$code" -eq 2 ]
sed 's/measure: mean/measure: meen/' claims/a_holds.yaml >typo.yaml
run validate typo.yaml
ok 'a mistake in the claim: exit code 2' [ "$code" -eq 2 ]
# shellcheck disable=SC2016 # the answer's own
ok 'a mistake in the claim: where and what' contains "$err" 'did you mean `mean`?'
cp claims/a_holds.yaml empty
run validate claims empty
ok 'two claims of one name: exit code 2' [ "$code" -eq 2 ]
run validate -j 0 claims
ok '-j 0: exit code 2' [ "$code" -eq 2 ]

# ---- Pictures
run validate claims
if /usr/bin/python3 -c 'import matplotlib, numpy' 2>/dev/null; then
	ok 'a picture for each claim' [ -s results/claims/a_holds.png -a -s results/claims/c_slope.png ]
	ok 'pictures make no noise' [ "$(wc -l <<<"$err")" -eq 1 ]
else
	skip 'a picture for each claim' 'matplotlib is missing'
	skip 'pictures make no noise' 'matplotlib is missing'
fi
printf '#!/bin/sh\nexec /usr/bin/python3 -S -E "$@"\n' >python
chmod +x python
export SPIKEM_PYTHON=$SPK_TEST_DIR/python
run validate claims
ok 'no matplotlib is no failure' [ "$code" -eq 0 ]
ok 'but a note' contains "$err" 'sudo apt-get install python3-'
finish
