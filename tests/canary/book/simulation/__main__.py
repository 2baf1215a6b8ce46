"""Many stories of books: python -m tests.canary.book.simulation --seeds 500 --first 1."""

import argparse
import sys

from tests.canary.book.simulation.cluster import play


def main():
    parser = argparse.ArgumentParser(description="Play stories of hosts whose books of orders must come to the same.")
    parser.add_argument("--seeds", type=int, default=500)
    parser.add_argument("--first", type=int, default=1)
    options = parser.parse_args()
    took_s = [play(seed) for seed in range(options.first, options.first + options.seeds)]
    sys.stdout.write(
        f"{len(took_s)} stories from seed {options.first} on, the same everywhere after at most {max(took_s):g} s\n"
    )


main()
