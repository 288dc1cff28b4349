"""What must be known before a run: what is shown, where it is kept, and that nothing is wrong.

In come a study and a subject; out comes all that a run needs but the laboratory. Whatever can be
wrong is found here, before anybody sits down.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from experiment.laboratory.modes import Mode
from experiment.records.disk import check_free_disk
from experiment.records.earlier_runs import (
    EarlierRun,
    check_resumable,
    earlier_runs,
    nothing_shown,
    remaining_trials,
)
from experiment.records.participants import participant_ids
from experiment.records.run_files import RunFiles, check_not_recorded
from experiment.schedules.schedule import subject_schedule
from experiment.session.images import check_images_as_shown, interest_areas, practice_trials
from experiment.session.session import SessionPlan
from experiment.session.texts import read_texts
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.orders import order_number, read_blocks
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import ParticipantKind, Stimulus, Trial


@dataclass(frozen=True)
class RunPreparation:
    """A run that can begin.

    Attributes
    ----------
    files
        Where it will be kept.
    stimuli
        The study's catalogue.
    order
        The subject's row of blocks.tsv, from 1.
    schedule
        The subject's whole schedule.
    earlier
        The subject's earlier runs.
    plan
        What is left to show; its schedule is empty if only files are to be recovered.
    mode
        What it will be run with.
    """

    files: RunFiles
    stimuli: Sequence[Stimulus]
    order: int
    schedule: Sequence[Trial]
    earlier: Sequence[EarlierRun]
    plan: SessionPlan
    mode: Mode


def prepare_run(
    study: Study,
    subject: str,
    mode: Mode,
    *,
    resume: bool = False,
    language: str | None = None,
) -> RunPreparation:
    """Check everything that a run of a subject needs, and return it.

    Parameters
    ----------
    subject
        Label as `stimuli.contract.vocabulary.subject_label` gives it.
    resume
        Whether to go on with a session that was broken off. A number under which no image was
        shown is as good as new: it begins from the start, with practice, either way.
    language
        Language of what the participant reads; by default that of the settings.

    Raises
    ------
    InputError
        If the study is not whole or its disk is full; if the subject was recorded before and the
        session is not resumed; if there is nothing to resume, or it cannot be resumed in this way.
    """
    settings = study.settings
    schedule = subject_schedule(study, subject)
    earlier = earlier_runs(study, subject)
    begins = nothing_shown(earlier)
    kind = mode.participant_kind
    if kind != ParticipantKind.SIMULATED:
        check_free_disk(study.root)
    if resume and not (earlier and begins):
        check_resumable(earlier, schedule, kind, mode.word, settings)
    elif not (earlier and begins):
        check_not_recorded(study, subject, participant_ids(study.participants))
    stimuli = read_catalogue(study.catalogue)
    check_images_as_shown(study.root, stimuli, settings.images.size_px)
    return RunPreparation(
        files=RunFiles(study, subject, run=len(earlier) + 1),
        stimuli=stimuli,
        order=order_number(subject, read_blocks(study.blocks)),
        schedule=schedule,
        earlier=earlier,
        plan=SessionPlan(
            schedule=remaining_trials(schedule, earlier),
            practice=practice_trials(study.root, subject, settings) if begins else (),
            blocks=len({trial.block for trial in schedule}),
            areas=interest_areas(study.root, stimuli, settings),
            texts=read_texts(study, language or settings.session.language),
            root=study.root,
        ),
        mode=mode,
    )
