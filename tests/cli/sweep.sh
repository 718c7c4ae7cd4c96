#!/bin/bash
# sweep: tasks and their numbers, tables, reuse, single tasks, failures, interruption, mistakes.
. "$(dirname "$0")/../tap.sh"

cd "$SPK_TEST_DIR" || exit 1

# A Poisson source; $1 name, the rest: lines of the sweep.
write_sweep() {
	{
		cat <<-END
			spikem: 1
			title: a source
			seed: 3
			duration: 200 ms
			populations:
			  noise: {size: 50, model: poisson, params: {rate: 100 Hz}}
			record: {spikes: all, rates: [{of: noise, width: 150 ms, every: 200 ms}]}
			sweep:
		END
		printf '  %s\n' "${@:2}"
	} >"$1"
}
rate='rate: {measure: mean, of: {values: {data: /rates/noise/rate, rows: last}}}'
cv='cv: {measure: interval_cv, of: {times: /spikes/noise/timestamps, neurons: /spikes/noise/node_ids}}'
grid='grid: {r: {key: populations.noise.params.rate, values: [5 Hz, 0.1 kHz, 200 Hz]}, populations.noise.size: [20, 40]}'
write_sweep s.yaml "$grid" 'seeds: 2' "collect: {$rate, $cv}"

# shellcheck disable=SC2317 # called through ok
column() { # FILE EXPRESSION over rows, a list of dictionaries: true?
	/usr/bin/python3 -c 'import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
sys.exit(not eval(sys.argv[2]))' "$@"
}

# ---- Tasks
run sweep --count s.yaml
ok '--count' [ "$out" = 12 ]
run sweep --list s.yaml
printf '%s\n' "$out" >list.csv
ok '--list: a line a task' [ "$(wc -l <<<"$out")" -eq 13 ]
ok '--list: nothing is written' [ ! -e results ]
ok '--list: nothing is there' column list.csv 'all(r["state"] == "missing" for r in rows)'
ok '--list: the last key varies fastest, seeds slowest' contains "$out" \
	'1,populations.noise.params.rate=5 Hz; populations.noise.size=40,3,results/sweeps/s/run1-seed3.h5,missing'
run check s.yaml
ok 'check counts the tasks' contains "$out" 'sweep of 12 tasks'
run run -q s.yaml -o as_it_is.h5
ok 'run runs the scenario as it is' is as_it_is.h5 'f["/spikes/noise"].attrs["size"] == 50'

# ---- Running
run sweep s.yaml
ok 'all done: exit code 0' [ "$code" -eq 0 ]
ok 'a line a task and a summary' [ "$(wc -l <<<"$out")" -eq 13 ]
ok 'the summary' contains "$out" '12 tasks: 12 done (0 were), 0 failed, 0 not there'
ok 'a result for each task' [ "$(find results/sweeps/s -name 'run?-seed[34].h5' | wc -l)" -eq 12 ]
ok 'the manifest lies beside them' diff <(cut -d, -f1-4 list.csv) results/sweeps/s/manifest.csv
table=results/sweeps/s.csv
ok 'the table: a row a task' column $table '[int(r["task"]) for r in rows] == list(range(12))'
ok 'the table: values in base units' column $table '[float(r["r"]) for r in rows[:6]] == [5, 5, 100, 100, 200, 200]'
ok 'the table: seeds' column $table '[r["seed"] for r in rows] == ["3"] * 6 + ["4"] * 6'
ok 'the table: seconds and spikes' column $table 'all(float(r["seconds"]) > 0 and int(r["spikes"]) > 0 for r in rows)'
ok 'the table: figures' column $table 'all(abs(float(r["rate"]) - float(r["r"])) < 0.5 * float(r["r"]) + 1 for r in rows)'
ok 'the table: no interval where there is none' column $table 'all(r["rate_low"] == "" for r in rows)'
ok 'the table: intervals where there are' column $table \
	'all(float(r["cv_low"]) < float(r["cv"]) < float(r["cv_high"]) for r in rows[2:6])'
ok 'a figure that is refused costs only itself' column $table \
	'rows[0]["cv"] == "" and rows[0]["state"] == "done" and "no neuron has 5 intervals" in rows[0]["message"]'
ok 'HDF5: the same figures' is results/sweeps/s.h5 \
	'[float(r.split(",")[7]) for r in open("results/sweeps/s.csv").read().split("\n")[1:13]] == list(f["/figures/rate/value"])'
ok 'HDF5: axes in their order' is results/sweeps/s.h5 \
	'f["/axes/r"].attrs["order"] == 0 and list(f["/axes/populations.noise.size/index"][:4]) == [0, 1, 0, 1]'
ok 'HDF5: mean over seeds' is results/sweeps/s.h5 \
	'abs(f["/summary/rate/value"][5] - f["/figures/rate/value"][[5, 11]].mean()) < 1e-9'

# ---- Reuse
run sweep s.yaml
ok 'nothing is run twice' contains "$out" '12 tasks: 12 done (12 were)'
sed -i 's/seeds: 2/seeds: 3/; s/collect: {rate/collect: {again/' s.yaml
run sweep s.yaml
ok 'more seeds: those before keep their numbers and results' contains "$out" '18 tasks: 18 done (12 were)'
ok 'another figure needs no run' grep -q '^task,.*,again,' $table
sed -i 's/200 ms$/210 ms/' s.yaml
run sweep --list s.yaml
ok 'another scenario: results are stale' [ "$(grep -c ',stale$' <<<"$out")" -eq 18 ]
run sweep --collect s.yaml
ok '--collect: nothing is run, exit code 1' [ "$code" -eq 1 ]
ok '--collect: it says why' contains "$out" '18 results of another scenario or version left out'
ok '--collect: no figure of another scenario' column $table 'all(r["again"] == "" and r["state"] == "stale" for r in rows)'
run sweep s.yaml
ok 'stale results are made again' contains "$out" '18 done (0 were)'
ok 'and it is said' contains "$out" 'was stale'
printf x >results/sweeps/s/run2-seed4.h5
run sweep --list s.yaml
ok 'a broken file is unfinished' contains "$out" 'run2-seed4.h5,unfinished'
run sweep -q s.yaml
ok '--quiet: nothing' [ "$code" -eq 0 -a -z "$out" ]
run sweep --collect s.yaml
ok 'the broken one was made again' contains "$out" '18 done (18 were)'
run sweep --fresh -j 1 -t 2 --set duration='50 ms' -o fresh --task 0-1 s.yaml
ok '--set holds for all tasks' is fresh/s/run0-seed3.h5 'b"duration: 50 ms" in f["/scenario/used"][()]'
ok '--threads' is fresh/s/run0-seed3.h5 'f["/provenance"].attrs["threads"] == 2'

# ---- Single tasks, as batch systems run them
n=$("$SPIKEM" sweep --count -o array s.yaml)
for ((k = 0; k < n; k++)); do
	"$SPIKEM" sweep -q -o array --task "$k" s.yaml || break
done
ok '--task: each in a process of its own' [ "$k" -eq "$n" ]
ok '--task: no table' [ ! -e array/s.csv ]
run sweep --collect -o array s.yaml
ok '--collect: exit code 0' [ "$code" -eq 0 ]
ok '--collect: the table of a sweep that ran at once' diff <(cut -d, -f1-5,7-13 array/s.csv) <(cut -d, -f1-5,7-13 $table)
seq 0 $((n - 1)) | xargs -P 3 -n 1 "$SPIKEM" sweep -q -o several s.yaml --task
ok '--task: several at a time' [ "$("$SPIKEM" sweep --list -o several s.yaml | grep -c ',done$')" -eq "$n" ]
ok '--task: nothing half is left' [ -z "$(find several -name '*.new*')" ]
run sweep --task 18 s.yaml
ok '--task: beyond the last' [ "$code" -eq 2 ]
ok '--task: how many there are' contains "$err" 'there is no task 18: there are 18'
run sweep --count --task 16-25 s.yaml
ok '--task: a range ends at the last task' [ "$out" = 2 ]
for wrong in x 3- 5-3 -1 1x; do
	run sweep "--task=$wrong" s.yaml
	ok "--task=$wrong: exit code 2" [ "$code" -eq 2 ]
done

# ---- Failures
write_sweep bad.yaml 'grid: {populations.noise.params.rate: [10 Hz, -1 Hz, 20 Hz]}' "collect: {$rate}"
run sweep -j 1 bad.yaml
ok 'a task that fails: exit code 1' [ "$code" -eq 1 ]
ok 'a task that fails: the others are run' contains "$out" '3 tasks: 2 done (0 were), 1 failed'
ok 'a task that fails: why' contains "$out" '-1 Hz'
ok 'a task that fails: in the table' column results/sweeps/bad.csv \
	'[r["state"] for r in rows] == ["done", "failed", "done"] and "error:" in rows[1]["message"] and rows[1]["rate"] == ""'
ok 'a task that fails: in HDF5' is results/sweeps/bad.h5 'b"task 1: " in f["/messages"][()]'
run sweep --collect bad.yaml
ok 'its message is kept for those who collect later' column results/sweeps/bad.csv \
	'rows[1]["state"] == "failed" and "error:" in rows[1]["message"]'
sed -i 's/-1 Hz/1 Hz/' bad.yaml
run sweep bad.yaml
ok 'mended: the others are kept' contains "$out" '3 tasks: 3 done (2 were)'
ok 'mended: the message is gone' [ -z "$(find results/sweeps/bad -name '*.failed')" ]
write_sweep path.yaml 'grid: {populations.noise.size: [10]}' 'collect: {rate: {measure: mean, of: {values: /rates/nose/rate}}}'
run sweep path.yaml
ok 'a figure of data that are not there: exit code 1' [ "$code" -eq 1 ]
ok 'a figure of data that are not there: what there is' contains "$out" 'no /rates/nose/rate; /rates has noise'
sed -i 's/nose/noise/' path.yaml
run sweep path.yaml
ok 'and no need to run again' contains "$out" '1 task: 1 done (1 were)'

# ---- Interruption
write_sweep long.yaml 'grid: {populations.noise.params.rate: [90 Hz, 100 Hz, 110 Hz]}' 'seeds: 10' "collect: {$rate}"
sed -i 's/size: 50/size: 2000/; s/^duration: 200 ms/duration: 1 s/' long.yaml
for signal in TERM INT KILL; do
	rm -rf results/sweeps/long*
	: >long.out
	# in a session of its own: bash has background jobs ignore SIGINT
	/usr/bin/python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$SPIKEM" sweep -j 2 long.yaml >long.out 2>long.err &
	process=$!
	for ((k = 0; k < 600; k++)); do
		[ "$(grep -cs ': done' long.out)" -ge 3 ] && break
		sleep 0.05
	done
	kill -$signal $process
	wait $process 2>/dev/null
	code=$?
	if [ $signal = KILL ]; then
		sleep 0.5 # its children end by themselves
	else
		ok "SIG$signal: exit code 130" [ $code -eq 130 ]
		ok "SIG$signal: said" contains "$(<long.err)" 'interrupted; results that are done are kept'
	fi
	run sweep long.yaml
	were=$(sed -n 's/.* done (\([0-9]*\) were).*/\1/p' <<<"$out")
	ok "SIG$signal: what was done is kept, the rest is run" [ "$code" -eq 0 -a "$were" -ge 3 -a "$were" -lt 30 ]
	cut -d, -f1-4,6-7 results/sweeps/long.csv >"long-$signal.csv"
done
ok 'the same table whatever came between' cmp -s long-TERM.csv long-KILL.csv

# ---- Mistakes
run sweep s.yaml --list --count
ok 'two wishes at once: exit code 2' [ "$code" -eq 2 ]
grep -v '^sweep\|^  ' s.yaml >none.yaml
echo 'populations: {noise: {size: 50, model: poisson, params: {rate: 100 Hz}}}' >>none.yaml
sed -i '/^populations:$/d' none.yaml
run sweep none.yaml
ok 'no sweep: exit code 2' [ "$code" -eq 2 ]
ok 'no sweep: said' contains "$err" 'has no sweep'
run sweep - <s.yaml
ok 'standard input: exit code 2' [ "$code" -eq 2 ]
write_sweep typo.yaml 'grid: {populations.noise.parms.rate: [1 Hz]}'
for command in sweep check; do
	run $command typo.yaml
	ok "$command, a path that leads nowhere: exit code 2" [ "$code" -eq 2 ]
	# shellcheck disable=SC2016 # the answer's own
	ok "$command, a path that leads nowhere: the nearest" contains "$err" 'did you mean `params`?'
done

# ---- Pictures
if /usr/bin/python3 -c 'import matplotlib, h5py' 2>/dev/null; then
	run plot results/sweeps/s.h5
	ok 'a picture of two keys' [ "$code" -eq 0 -a -s results/sweeps/s-sweep.png ]
	run plot results/sweeps/long.h5 sweep
	ok 'a picture of one key' [ "$code" -eq 0 -a -s results/sweeps/long-sweep.png ]
	write_sweep three.yaml 'grid: {populations.noise.size: [0, 20], duration: [190 ms, 200 ms], title: [a, b]}' "collect: {$rate, $cv}"
	run sweep -q three.yaml
	run plot results/sweeps/three.h5
	ok 'a picture of three keys, some figures missing' [ "$code" -eq 0 -a -s results/sweeps/three-sweep.png ]
	write_sweep zip.yaml 'zip: {populations.noise.size: [10, 20], title: [a, b]}' "collect: {$rate}"
	run sweep -q zip.yaml
	run plot results/sweeps/zip.h5
	ok 'a picture of keys that go together' [ "$code" -eq 0 -a -s results/sweeps/zip-sweep.png ]
else
	skip 'pictures of sweeps' 'matplotlib is missing'
fi
finish
