"""B2 with ten times as many neurons of the same in-degree."""
import cuba


def make():
    return cuba.make(32000, 8000, 0.002)
