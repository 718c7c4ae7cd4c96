#!/bin/bash
# The shipped claims: each has the verdict that its file expects, in its quick version.
. "$(dirname "$0")/../tap.sh"

# Instrumented builds are ten times slower; what they look for is looked for by the tests of the parts.
case ${SPK_TEST_BUILD:-} in
*/san | */tsan | */cov | */debug) skip 'the shipped claims' 'an instrumented build'; finish ;;
esac

verdicts() { # one line a claim: yes or no, its name, what was measured
	/usr/bin/python3 - "$SPK_TEST_DIR/claims/claims.json" <<-'END'
		import json, sys
		for claim in json.load(open(sys.argv[1])):
		    print("yes" if claim.get("as_expected") else "no", claim["name"], claim.get("verdict"), claim.get("measured"))
	END
}

run validate --quick --no-plot -o "$SPK_TEST_DIR/claims" scenarios/claims
ok 'all claims are as expected' [ "$code" -eq 0 ]
count=0
while read -r as_expected name out; do
	count=$((count + 1))
	ok "claim $name" [ "$as_expected" = yes ]
done < <(verdicts)
ok 'every claim file was run' [ "$count" -eq "$(grep -l '^claim:' scenarios/claims/*.yaml | wc -l)" ]
finish
