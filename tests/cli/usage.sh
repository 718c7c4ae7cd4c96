#!/bin/bash
# Wrong usage is answered with exit code 2, a message on standard error, and a hint; help is there for everything.
. "$(dirname "$0")/../tap.sh"

commands='run validate check plot export compare data list describe cite schema'

# refused NAME MESSAGE ARGUMENT...
refused() {
	local name=$1 message=$2
	shift 2
	run "$@"
	ok "$name: exit code 2" [ "$code" -eq 2 ]
	ok "$name: says '$message'" contains "$err" "$message"
	ok "$name: nothing on standard output" [ -z "$out" ]
}

cat >"$SPK_TEST_DIR/open.yaml" <<'END'
spikem: 1
seed: 1
duration: 1 ms
populations:
  a: {size: 3, model: poisson, params: {rate: 100 Hz}}
  b: {size: 3, model: lif_delta}
projections:
  - {from: a, to: b, connect: all_to_all, weight: 0.1 mV, delay: 1 ms, plasticity: {rule: eq1, params: {reading: x_dubar, eta: 0.1}}}
END
for command in check "run -q -o $SPK_TEST_DIR/open.h5"; do
	# shellcheck disable=SC2086 # words
	run $command "$SPK_TEST_DIR/open.yaml"
	ok "${command%% *}, a rule that never acts: no mistake" [ "$code" -eq 0 ]
	ok "${command%% *}, a rule that never acts: a warning at its place" contains "$err" 'open.yaml:8:114: warning: '
done
run check "$SPK_TEST_DIR/open.yaml" --set 'projections[0].plasticity.params.reading=x_du'
ok 'a rule that acts: no warning' [ -z "$err" ]

refused 'no command' 'Usage: spikem'
refused 'unknown command' "unknown command 'rnu'; did you mean 'run'?" rnu
refused 'nothing near' "unknown command 'xyzzy'" xyzzy
ok 'nothing near: no suggestion' lacks "$err" 'did you mean'
refused 'unknown option before the command' "unknown option '--verion'; did you mean '--version'?" --verion
refused 'help for nothing' "unknown command 'plt'; did you mean 'plot'?" help plt
refused 'unknown long option' "unknown option '--ouput'; did you mean '--output'?" run --ouput x a.yaml
refused 'unknown letter' "unknown option '-z'" run -z a.yaml
refused 'option without its value' "option '--output' needs FILE" run a.yaml --output
refused 'flag with a value' "option '--quiet' takes no value" run --quiet=1 a.yaml
refused 'no scenario' 'an argument is missing' run
refused 'two scenarios' "unexpected argument 'b.yaml'" run a.yaml b.yaml
refused 'threads that are no number' "the number of threads must be a whole number" run -t two a.yaml
refused 'no thread' "the number of threads must be a whole number from 1" run -t0 a.yaml
refused 'negative seed' "the seed must be a whole number" run --seed=-1 a.yaml
refused 'huge seed' "the seed must be a whole number" run --seed 99999999999999999999 a.yaml
refused 'override without a value' "--set needs PATH=VALUE" run --set seed a.yaml
refused 'missing scenario file' 'no/such.yaml' run no/such.yaml
refused 'unknown kind' "unknown kind 'neuron'; did you mean 'neurons'?" list neuron
refused 'unknown model' "no model is called 'lif_dleta'; did you mean 'lif_delta'?" describe lif_dleta

for command in $commands; do
	run "$command" --help
	ok "$command --help: exit code 0" [ "$code" -eq 0 ]
	ok "$command --help: usage on standard output" contains "$out" "Usage: spikem $command"
	ok "$command --help: silent on standard error" [ -z "$err" ]
	help=$out
	run help "$command"
	ok "help $command is the same" [ "$out" = "$help" ]
	ok "the man page has $command" grep -q "^.It Nm Ic $command" tools/doc/spikem.1
	while read -r option; do
		ok "the man page has --$option of $command" grep -qF -- "-$option" tools/doc/spikem.1
	done < <(sed -n 's/^  .\{4\}--\([a-z-]*\).*/\1/p' <<<"$help")
done

run --help
ok '--help: exit code 0' [ "$code" -eq 0 ]
for command in $commands; do
	ok "--help lists $command" grep -q "^  $command " <<<"$out"
done

run --version
version=$(sed -n 's/^#define SPK_VERSION "\(.*\)"/\1/p' include/spikem/version.h)
ok '--version: exit code 0' [ "$code" -eq 0 ]
ok '--version: that of the headers' contains "$out" "spikem $version"
for library in gsl hdf5 yaml sleef zlib; do
	ok "--version: $library with a number" grep -qE "libraries:.*$library [0-9]+\.[0-9]" <<<"$out"
done
ok '--version: flags of the build' contains "$out" '-ffp-contract=off'

if [ -w /dev/full ]; then
	"$SPIKEM" list >/dev/full 2>/dev/null
	ok 'a full disk under standard output is a failure' [ $? -eq 1 ]
fi
finish
