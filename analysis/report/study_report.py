"""A study analysed and reported: from its recordings to every file in ``derivatives/``."""

from dataclasses import dataclass
from pathlib import Path

from threadpoolctl import threadpool_limits

from analysis.effects.study_analysis import StudyAnalysis, analyse_study, as_published
from analysis.fixations.subsets import Subset
from analysis.report.drawing import prepare
from analysis.report.page import write_report
from analysis.report.sentences import effect_sentences
from analysis.report.study_drawing import StudyDrawing
from analysis.results.export import export
from analysis.results.outputs import Outputs
from analysis.results.study_tables import StudyTable
from analysis.viewing.study import NOTES, StudyViewing, study_viewing
from stimuli.contract.locking import analysing
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import checked_name
from stimuli.support.beside import ProcessBeside
from stimuli.support.checked import member
from stimuli.support.errors import InputError


@dataclass(frozen=True, eq=False)
class StudyReport:
    """What was found, and where it is written.

    Attributes
    ----------
    analysis : StudyAnalysis
        Fixations, densities and effects.
    sentences
        What they say.
    page
        The report.
    viewing : StudyViewing or None
        How gaze unfolded; None of first fixations.
    """

    analysis: StudyAnalysis
    sentences: list[str]
    page: Path
    viewing: StudyViewing | None = None


@analysing
def report_study(
    study: Study,
    *,
    subset: Subset | str = Subset.ALL,
    query: str | None = None,
    name: str = "query",
    published: bool = False,
    sensitivity: bool = False,
    exported: bool = False,
    beside: bool = False,
) -> StudyReport:
    """Analyse a study and write its tables, figures and report.

    Raw data are never touched; what an earlier call for the same subset wrote is replaced.

    Parameters
    ----------
    study : Study
        Opened with `stimuli.open_study`.
    subset
        Fixations to use: all, those of each subject's first block, or the first of each trial.
    query, name
        A further condition on the columns of the fixation table, and what its results are called.
    published
        Whether centre bias and entropies are those of the paper.
    sensitivity
        Whether effects are measured again with other bandwidths, detectors and exclusions.
    exported
        Whether the paper's folders and files for pysaliency are written too.
    beside
        Whether figures are drawn in a second process meanwhile, as the command does. What is
        written is the same. A script that asks for it must call this under
        ``if __name__ == "__main__":``.

    Returns
    -------
    report : StudyReport

    Raises
    ------
    InputError
        If the study's files are wrong, or no fixation is left.

    Examples
    --------
    >>> from analysis import report_study
    >>> from stimuli import open_study
    >>> report = report_study(open_study("demo-study"), subset="first-fixation")
    >>> report.page.as_posix()
    'demo-study/derivatives/report/index_first-fixation.html'
    """
    subset = member(Subset, subset, "subset")
    label = str(subset)
    if query:
        named = checked_name("name", name)
        if named.startswith(tuple(map(str, Subset))) or named.endswith("as-published"):
            raise InputError(
                f"name is {named!r}, whose files would be those of the subset of that name; "
                f"expected another, such as query"
            )
        label += f"_{named}"
    if published:
        study, label = as_published(study), f"{label}_as-published"
    outputs = Outputs(study, label)
    # The matrices are small: threads that share one would wait for each other.
    with threadpool_limits(1), ProcessBeside(prepare, alone=not beside) as process:
        drawing = StudyDrawing(process, outputs)

        # Recordings to fixations, to densities, to effects; sources are drawn as they are measured.
        analysis = analyse_study(
            study, subset=subset, query=query, label=label, sensitivity=sensitivity,
            keep=outputs.write_maps, tell=drawing.draw_source,
        )  # fmt: skip
        drawing.draw_analysis(analysis)

        # How gaze unfolded while the images were seen.
        viewing = study_viewing(analysis)
        if viewing is not None:
            drawing.draw_viewing(viewing)

        # Tables, figures and the page.
        sentences = effect_sentences(
            analysis.summary, analysis.agreement, analysis.controls,
            of_densities=study.settings.analysis.p_obj == "density",
        )  # fmt: skip
        outputs.write_tables(analysis, sentences)
        if viewing is not None:
            for table, schema, rows in viewing.tables():
                outputs.write_table(StudyTable(f"viewing/{table}.csv", schema, rows, NOTES))
        page = write_report(analysis, sentences, outputs, drawing, viewing)
    if exported:
        folder = study.derivatives / "export"
        outputs.remember(*export(analysis.design, analysis.fixations, folder))
    outputs.finish(analysis)
    return StudyReport(analysis, sentences, page, viewing)
