#!/bin/bash
# The shipped claims: each has the verdict that its file expects, in its quick version.
. "$(dirname "$0")/../tap.sh"

# Instrumented builds are ten times slower; what they look for is looked for by the tests of the parts.
case ${SPK_TEST_BUILD:-} in
*/san | */tsan | */cov | */debug) skip 'the shipped claims' 'an instrumented build'; finish ;;
esac

verdicts() { # one line a claim: NAME MEASURED as|not
	/usr/bin/python3 - "$SPK_TEST_DIR/claims/claims.json" <<-'END'
		import json, sys
		for claim in json.load(open(sys.argv[1])):
		    verdict = claim.get("verdict")
		    print(claim["name"], "as" if verdict == claim.get("expected_verdict") else "not:%s" % verdict)
	END
}

run validate --quick --no-plot -o "$SPK_TEST_DIR/claims" scenarios/claims
report=$out
ok 'all claims are as expected' [ "$code" -eq 0 ]
count=0
while read -r name verdict; do
	count=$((count + 1))
	out=$(grep -F "$name" <<<"$report")
	ok "claim $name" [ "$verdict" = as ]
done < <(verdicts)
ok 'every claim file was run' [ "$count" -eq "$(grep -l '^claim:' scenarios/claims/*.yaml | wc -l)" ]
finish
