"""Tell what differs between two sets of stimuli, such as one set that was made again elsewhere.

``python -m manipulation.compare_stimuli STUDY OTHER`` compares the SHA-256 of all images, targets,
predictions and masks, and where they differ settings, versions, processor and number of threads.
"""

import argparse
from collections.abc import Sequence

from manipulation.study_stimuli.compared_sets import compare_sets, compared_in_words
from stimuli.contract.study import open_study
from stimuli.support import commands


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; it returns 1 where the sets differ."""
    arguments = _arguments(argv)
    compared = compare_sets(open_study(arguments.study), open_study(arguments.other))
    print("\n".join(compared_in_words(compared)))
    return commands.EXIT_OK if compared.same else commands.EXIT_FAILED


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(
        "manipulation.compare_stimuli",
        "Tell which stimuli of two studies have the same bytes, and where they differ what may be "
        "why: settings,\nversions of packages, processor, number of threads. Exit status 1 where "
        "they differ.",
        "python -m manipulation.compare_stimuli my-study made-again",
    )
    parser.add_argument("study", metavar="STUDY", help="study folder")
    parser.add_argument("other", metavar="OTHER", help="another, or the same made again")
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
