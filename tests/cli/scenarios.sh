#!/bin/bash
# check: shipped scenarios are right, mistakes are answered at their place, --set and --used work.
. "$(dirname "$0")/../tap.sh"

cat >"$SPK_TEST_DIR/small.yaml" <<'END'
spikem: 1
title: small
seed: 1
duration: 100 ms
populations:
  exc: {size: 4, model: lif_delta, params: {tau_m: 20 ms}}
inputs:
  noise: {model: poisson, rate: 20 kHz, to: [exc], weight: 0.1 mV}
projections:
  - {from: exc, to: [exc], connect: all_to_all, weight: 0.1 mV, delay: 1.5 ms}
record:
  spikes: [exc]
END
small=$SPK_TEST_DIR/small.yaml

shopt -s nullglob
n=0
for scenario in scenarios/*.yaml scenarios/closer/*.yaml; do
	run check "$scenario"
	if [[ $err == *'get it with: spikem data fetch'* ]]; then
		ok "check $scenario: nothing is missing but its data" grep -q ': 1 mistake$' <<<"$err"
	else
		ok "check $scenario: exit code 0" [ "$code" -eq 0 ]
		ok "check $scenario: no warning" [ -z "$err" ]
		run cite "$scenario"
		ok "cite $scenario: exit code 0" [ "$code" -eq 0 ]
	fi
	ok "$scenario says what number to expect" grep -qi expect <<<"$(sed -n '/^[^#]/q;p' "$scenario")"
	n=$((n + 1))
done
ok 'six scenarios are shipped' [ "$n" -ge 6 ]

run check "$small"
ok 'a right scenario: exit code 0' [ "$code" -eq 0 ]
ok 'a right scenario: one line' [ "$(wc -l <<<"$out")" -eq 1 ]

"$SPIKEM" check - <"$small" >/dev/null 2>&1
ok 'standard input' [ $? -eq 0 ]

sed 's/tau_m: 20 ms/tua_m: 20 ms/' "$small" >"$SPK_TEST_DIR/key.yaml"
run check "$SPK_TEST_DIR/key.yaml"
ok 'unknown key: exit code 2' [ "$code" -eq 2 ]
column=$(awk 'NR == 6 {print index($0, "tua_m")}' "$SPK_TEST_DIR/key.yaml")
ok 'unknown key: file, line, column' contains "$err" "key.yaml:6:$column: error"
ok 'unknown key: the nearest' contains "$err" "tau_m"
ok 'unknown key: a caret' grep -qE '^[ |0-9]*\^' <<<"$err"
ok 'no colour when not a terminal' lacks "$err" $'\033'

run check "$small" "$SPK_TEST_DIR/key.yaml"
ok 'one wrong of two: exit code 2' [ "$code" -eq 2 ]
ok 'one wrong of two: the right one is told' contains "$out" 'small.yaml: ok'

# An override that is wrong: path, unit, form.
for override in 'no.such=1' 'duration=3 mV' 'populations.exc.size=-1' 'projections[7].delay=1 ms' 'seed=' '=1'; do
	run check --set "$override" "$small"
	ok "--set '$override': exit code 2" [ "$code" -eq 2 ]
	ok "--set '$override': a message" [ -n "$err" ]
done

run check --set 'duration=3 s' --set 'projections[0].delay=2 ms' --used "$small"
ok '--used: exit code 0' [ "$code" -eq 0 ]
ok '--used: overridden' grep -qE '^duration: *(3 s|3000 ms)' <<<"$out"
printf '%s\n' "$out" >"$SPK_TEST_DIR/used.yaml"
used=$out
run check --used "$SPK_TEST_DIR/used.yaml"
ok 'the scenario as used is a scenario' [ "$code" -eq 0 ]
ok 'and stays as it is' [ "$out" = "$used" ]

run schema
ok 'schema: exit code 0' [ "$code" -eq 0 ]
ok 'the shipped schema is that of the program (make schema)' [ "$out" = "$(<tools/schema/scenario.schema.json)" ]
run schema -o "$SPK_TEST_DIR/schema.json"
ok 'schema -o writes the same' [ "$(<"$SPK_TEST_DIR/schema.json")" = "$(<tools/schema/scenario.schema.json)" ]
run schema -o "$SPK_TEST_DIR/no/folder.json"
ok 'schema into a missing folder: exit code 1' [ "$code" -eq 1 ]
finish
