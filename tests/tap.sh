# shellcheck shell=bash
# Sourced by tests/cli/*.sh: single tests that print TAP. The caller ends with `finish`.
#
#   run ARGUMENT...           run the program; leaves $out, $err (texts) and $code
#   ok NAME COMMAND...        passes when COMMAND succeeds
#   contains TEXT PART, lacks TEXT PART    for use as COMMAND
#   is FILE EXPRESSION     for use as COMMAND: a Python expression in f, the open result file, is true
#   fact FILE EXPRESSION   prints its value
#   skip NAME REASON
set -u
tap_count=0
tap_failed=0
out=''
err=''
code=0
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
: "${SPIKEM:?is the program under test}" "${SPK_TEST_DIR:?is an empty folder}"

run() {
	"$SPIKEM" "$@" >"$SPK_TEST_DIR/.out" 2>"$SPK_TEST_DIR/.err" </dev/null
	code=$?
	out=$(<"$SPK_TEST_DIR/.out")
	err=$(<"$SPK_TEST_DIR/.err")
}

ok() {
	local name=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@"; then
		echo "ok $tap_count - $name"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $name"
	printf '# %s\n' "failed: $*" "exit code: $code"
	printf '%s\n' "$out" "$err" | head -n 30 | sed 's/^/# | /'
}

# A fact of a result file: python expression with f, the open file.
fact() { # file, expression
	/usr/bin/python3 -c 'import sys, h5py
with h5py.File(sys.argv[1], "r") as f:
	print(eval(sys.argv[2]))' "$1" "$2"
}
is() { # file, expression: true?
	[ "$(fact "$1" "$2")" = True ]
}

lacks() {
	[[ $1 != *"$2"* ]]
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

contains() {
	[[ $1 == *"$2"* ]]
}

finish() {
	echo "1..$tap_count"
	exit $((tap_failed > 0))
}
