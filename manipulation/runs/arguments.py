"""Command-line arguments that the commands on fixations share."""

import argparse
import math
from pathlib import Path


def add_fixations(parser: argparse.ArgumentParser) -> None:
    """Add photographs, their fixations and the scale that people saw them at."""
    add = parser.add_argument
    add("--images", type=Path, required=True, metavar="DIR", help="folder of photographs")
    add("--fixations", type=Path, required=True, metavar="PATH", help="fixations")
    add(
        "--pixels-per-degree",
        type=positive,
        default=24.0,
        metavar="N",
        help="of the photographs' files, as people saw them (default: 24, as in OSIE)",
    )


def add_data(parser: argparse.ArgumentParser, default: str) -> None:
    """Add what the fixations are, in words."""
    parser.add_argument(
        "--data",
        default=default,
        metavar="TEXT",
        help="whose fixations on which photographs, and their licence; it begins with the name of "
        "the data set, by which models that share it are known (default: %(default)s)",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add the choice between processor and GPU."""
    choices = ("auto", "cpu", "cuda")
    parser.add_argument("--device", choices=choices, default="auto", help="default: auto")


def count(text: str) -> int:
    """Argument type: a whole number from 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number from 1")
    return value


def positive(text: str) -> float:
    """Argument type: a finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number above 0")
    return value


def share(text: str) -> float:
    """Argument type: a number from 0 to below 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number from 0 to below 1")
    return value
