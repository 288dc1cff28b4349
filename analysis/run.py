"""``python -m analysis.run STUDY``: from the recordings of a study to its effects and its report.

Reads stimuli, events and recordings; writes ``derivatives/``: the fixation table, densities,
effects and a report of one page. Raw data are never touched; running again replaces what an
earlier run of the same subset wrote, and no other file.
"""

import argparse
from collections.abc import Sequence
from functools import partial

from rich.console import Console

from analysis.fixations.subsets import Subset
from analysis.report.numbers import MINUS
from analysis.report.study_report import report_study
from stimuli.contract.study import open_study
from stimuli.support.commands import parser, run


def main(argv: Sequence[str] | None = None, *, beside: bool = False) -> None:
    """Analyse a study; see the module's first lines. `beside` is `report_study`'s."""
    arguments = _arguments(argv)
    report = report_study(
        open_study(arguments.study), subset=arguments.subset, query=arguments.query,
        name=arguments.name, published=arguments.as_published, sensitivity=arguments.sensitivity,
        exported=arguments.export, beside=beside,
    )  # fmt: skip
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for sentence in report.sentences:
        console.print(sentence.replace(MINUS, "-"))
    console.print(f"Report: {report.page}")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(
        "analysis.run",
        "Turn the recordings of a study into fixations, densities, effects and a report.",
        "python -m analysis.run my-study --subset first-block\n"
        '  python -m analysis.run my-study --query "duration_ms > 100" --name long --sensitivity',
    )
    command.add_argument("study", metavar="STUDY", help="study folder")
    command.add_argument(
        "--subset", choices=tuple(map(str, Subset)), default=str(Subset.ALL),
        help="fixations to use: all; only those of each subject's first block, where nobody had "
        "seen another version of an image; or only the first of each trial (default: all)",
    )  # fmt: skip
    command.add_argument(
        "--query", metavar="CONDITION",
        help="of these, only fixations that meet a condition on the columns of the fixation table",
    )  # fmt: skip
    command.add_argument(
        "--name", default="query", metavar="NAME",
        help="what the results of a query are called (default: query)",
    )  # fmt: skip
    command.add_argument(
        "--as-published", action="store_true",
        help="as in the paper: centre bias from all other stimuli, p_obj and entropies of fitted "
        "densities",
    )  # fmt: skip
    command.add_argument(
        "--sensitivity", action="store_true",
        help="measure again with other bandwidths, centre bias, detectors and exclusions",
    )  # fmt: skip
    command.add_argument(
        "--export", action="store_true",
        help="write derivatives/export too: the paper's folders, and HDF5 files for pysaliency",
    )  # fmt: skip
    return command.parse_args(argv)


if __name__ == "__main__":
    run(partial(main, beside=True))
