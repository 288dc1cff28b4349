"""``python -m benchmarks.conclusions --out docs/conclusions.md``: what conclusions are worth.

Simulates studies of known truth, analyses them by the functions that analyse a study, and writes
the page with its tables. The same seeds give the same page.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import conclusion_tables as tables
from benchmarks.course_table import course_table
from benchmarks.predictor_table import predictor_table
from benchmarks.simulated_studies import Truth
from benchmarks.tables import Table, markdown
from stimuli.support import commands
from stimuli.support.console import progress
from stimuli.support.errors import InputError
from stimuli.support.files import write_text

LEAST = 3
"""Studies of every table, however small the share of them."""

HALF = Truth(follows=0.5, between_sources=0.3, between_subjects=0.2)

# By name in the page: makes the table from a number of studies or maps.
TABLES: dict[str, tuple[Callable[[int], Table], int]] = {
    "slope": (tables.slope_table, 200),
    "right": (lambda n: tables.recovery_table(Truth(), 23, n, 1), 200),
    "half": (lambda n: tables.recovery_table(HALF, 6, n, 2), 200),
    "intervals": (tables.interval_table, 300),
    "one_source": (tables.one_source_table, 1000),
    "entropy": (tables.entropy_table, 200),
    "logit": (tables.logit_table, 200),
    "predictors": (predictor_table, 200),
    "course": (course_table, 200),
}

PAGE = """# What conclusions are worth

Every claim of the analysis is put to studies whose truth is known. `python -m
benchmarks.conclusions --out docs/conclusions.md` draws photographs, people and fixations anew for
every study, analyses them by the functions that analyse a study, and writes this page; it takes a
quarter of an hour on one core. A number in brackets, or after ±, is a 95 % interval by the number
of simulated studies. An interval does what it says if the truth lies within it in 95 % of studies;
more than that means that it is wider than need be.

## What is estimated

- **Effect.** The mean change of the probability that a fixation lies on the target, from original
  to version, over the photographs and people that those of the study stand for. Where a row says
  "these photographs", the truth is the mean over the photographs of the study, and people are
  drawn from a population.
- **Slope.** The change of that probability, in people, as a share of the change in the model's
  density. It is 1 where fixations are drawn from the model's density: the softmax of its log
  saliency plus the log of the centre bias.
- **Entropy.** Of the distribution that a fixation is drawn from, over the pixels of the image.

All of them are the same for all fixations, for the first block and for the first fixation if
people do not change on the way, as simulated people do not.

## What to read first

The **share of fixations on the target** (`p_obj = "counted"`, the default). It estimates the
probability that a fixation lies on the target without bias, which is just what the model's density
gives, so that people and model are the same quantity. The paper's p_obj is that of a fitted
density. Its kernel, uniform density and centre bias draw every target towards what is usual, and
the model's density is not drawn anywhere. So its changes are too small, the more so the fewer
fixations there are, and its slope is less than 1 even where the model is right. The report shows
it beside the share ("Density"); `python -m analysis.run STUDY --as-published` makes it what is
reported.

A right model, 23 people and 21 photographs with targets, true slope 1:

{slope}

The share's slope still is about 0.05 too high: the centre bias that enters the model's density is
measured on few photographs and somewhat broader than the true one. Its interval holds 1 all the
same {held}.

## Slope and effects, study by study

A right model, 23 people, 24 photographs of which 3 for the entropy. Bias is in units of the slope
or of the probability.

{right}

People who do half of what the model says, 0.2 to 0.8 on one photograph or another and up to 0.2
more or less from one person to the other; 6 people, 24 photographs:

{half}

Intervals are Student's t about the estimate. The variance is that of the pigeonhole bootstrap,
with n - 1 of n subjects and sources drawn, and the degrees of freedom are Satterthwaite's. It
counts what single fixations do more than once, so that intervals of the first fixation are wide.
On "these photographs" all intervals are too wide, because they hold for others too.

## Intervals by numbers of people and photographs

Observers whose log odds of fixating a target differ (`analysis.power` simulates them), a true mean
change of 0.09, a spread of 0.5 between photographs.

{intervals}

With fewer than five subjects or photographs the report calls an interval rough: its width differs
much from study to study, of two people who differ much it holds the truth too seldom, and so few
may not stand for all.

## One photograph

Intervals over subjects alone, from 23 people and one photograph, where the mean change over
photographs is zero:

{one_source}

One photograph says nothing of how photographs differ, and so nothing of what the next one would
do. From fewer than three the analysis gives no interval.

## Entropy of people

Bias in bits (error of the estimate, with its interval over maps). "Neighbours" is the
default: the entropy by the distance of each fixation to the nearest of another subject, without a
fitted density. "Stay" is the share of fixations that remain where the one before was.

{entropy}

The bias of fitted densities depends on the number of people, and the jackknife over subjects makes
it larger, because bandwidth and weights are fitted anew to whatever is there. Differences between
entropies of fitted densities are to be trusted at equal numbers of people only. The bias of
neighbours is below 0.1 bit from five people with nine fixations each. One
fixation of each of a dozen or two dozen people gives an entropy that is known to a bit or so on
one map. Where people's own fixations cluster it rises a little, in originals and versions alike.
On photographs with the fixations of 5, 8 and 15 of the same people it changed by less than 0.1
bit.

## Logit

Clustered errors of few clusters can by chance be far too small, so that the error is the largest
of those by subject, by source and by both, and the binomial one. Its log odds are those of
photographs and people together. No change, a spread of 0.3 between photographs:

{logit}

## Which prediction foretells people best

Correlations of predictions with people's changes, and their differences. The truth is the
correlation over very many photographs if as many people look at them: the noise of their fixations
lowers it as it does in a study, and the noise ceiling beside it. On every photograph the effect has
a spread of 0.5 in log odds, of which a guide and a judge know a part each; people differ by 0.2 to
0.8 in how far they follow a version whose mean effect is 0.5.

{predictors}

Intervals are Student's t, as those of the effects, of correlations on Fisher's scale. Where people
differ by 0.8, so that a quarter of them do the opposite, estimates for the aim alone are skew: its
interval is as wide as they vary, but where it misses the truth it nearly always lies above.

## Course of viewing

Curves of eight steps, such as the share of gaze on the target by time: whether the interval of the
change in one step, all eight of them, and the band hold what is true. The change differs by 0.1
between photographs and by 0.05 between people.

{course}

Where a person has many fixations in a step, photographs and people make the error, and intervals
are right. Where they have few these outweigh the rest, and the bootstrap counts what single
fixations do more than once, so that intervals and bands are wide.
"""


def main(argv: Sequence[str] | None = None) -> None:
    parser = commands.parser(
        "benchmarks.conclusions",
        "Simulate studies of known truth, and write the page of what conclusions are worth.",
        "python -m benchmarks.conclusions --out docs/conclusions.md",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="Markdown page")
    parser.add_argument(
        "--share", type=float, default=1.0, metavar="SHARE",
        help="of the simulated studies, to try the command: 0.1 takes a tenth (default: 1)",
    )  # fmt: skip
    arguments = parser.parse_args(argv)
    if not 0 < arguments.share <= 1:
        raise InputError(f"--share is {arguments.share:g}; expected more than 0, 1 at most")
    made = {
        name: make(max(LEAST, round(arguments.share * n)))
        for name, (make, n) in progress(TABLES.items(), "Tables", len(TABLES))
    }
    held = tables.held_in_words(made["slope"])
    texts = {name: markdown(table) for name, table in made.items()}
    write_text(arguments.out, PAGE.format(held=held, **texts))


if __name__ == "__main__":
    commands.run(main)
