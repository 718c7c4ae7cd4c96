"""Single tests that print TAP, for tests/py: `@test` before each, last `sys.exit(finish())`."""
import subprocess

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def prepare(*command):
    """Run what writes the files of the tests; whether it could."""
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        print(made.stdout)
    return made.returncode == 0


def finish(*arguments):
    """Call each test with the arguments; the exit code."""
    failed = 0
    for k, function in enumerate(TESTS, 1):
        try:
            function(*arguments)
            print("ok %d - %s" % (k, function.__name__), flush=True)
        except Exception as error:  # a test that raises has failed, whatever it raised
            failed += 1
            print("not ok %d - %s\n# %s: %s" % (k, function.__name__, type(error).__name__,
                                                str(error).replace("\n", "\n# ")), flush=True)
    print("1..%d" % len(TESTS))
    return failed != 0
