"""Opening a laboratory: the simulated one, or a screen and whatever a mode records with.

In come the mode and what is to be recorded; out comes the `experiment.protocols.lab.Lab` that a
session works with, which is closed when the block that holds it is left.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

from experiment.display.opening import open_window
from experiment.display.window import WindowClock
from experiment.laboratory.modes import Mode, Room, using_mode
from experiment.laboratory.operator import KeyOperator
from experiment.laboratory.page import operator_page
from experiment.laboratory.simulation import simulated_lab
from experiment.observer.attention import read_densities
from experiment.protocols.lab import Lab
from experiment.protocols.watch import NoWatch
from experiment.records.run_files import RunFiles
from stimuli.contract.vocabulary import ParticipantKind, Stimulus
from stimuli.support.errors import InputError


@contextmanager
def open_lab(
    mode: Mode,
    files: RunFiles,
    stimuli: Sequence[Stimulus],
    *,
    screen: int = 0,
    windowed: bool = False,
    page: bool = False,
    language: str | None = None,
) -> Iterator[Lab]:
    """Yield the laboratory of a mode, and close it.

    Parameters
    ----------
    files
        The run that is to be recorded.
    stimuli
        The study's catalogue: a simulated observer follows its predictions.
    screen
        Number of the screen, from 0. A simulated session has none.
    windowed
        Whether to open a window with a frame, not the whole screen.
    page
        Whether to serve the operator's page.
    language
        Of what the participant reads; by default that of the settings.

    Raises
    ------
    InputError
        If a person is to see a window with a frame, a screen, a tracker or a package is missing,
        the tracker is another session's, or a prediction cannot be read.

    Examples
    --------
    >>> from experiment import RunFiles, find_mode, open_lab
    >>> from stimuli import open_study, read_catalogue
    >>> study = open_study("demo-study")
    >>> files = RunFiles(study, "01", 2)
    >>> simulate = find_mode("simulate")
    >>> with open_lab(simulate, files, read_catalogue(study.catalogue)) as lab:
    ...     lab.participant_kind.value
    'simulated'
    """
    settings, host = files.study.settings, files.folder / "host"
    if mode.open_tracker is None:
        densities = read_densities(files.study.root, stimuli)
        yield simulated_lab(files.subject, densities, settings, host, run=files.run)
        return
    if windowed and mode.participant_kind == ParticipantKind.HUMAN:
        raise InputError(
            "--windowed shows images in a window that may be moved and covered; expected the whole "
            "screen for a person; leave --windowed out, or add --mouse to try a study out"
        )
    # First, so that no window covers that of a session which has the tracker.
    alone = using_mode(mode, settings, f"records {files.participant_id}")
    window = open_window(settings, number=screen, windowed=windowed, cursor=mode.cursor)
    with alone, window as display:
        clock = WindowClock()
        operator = KeyOperator(clock, display.bring_to_front)
        facts = _page_facts(mode, files, screen)
        watching = operator_page(files.study.root, facts, operator.tell) if page else nullcontext()
        opening = mode.open_tracker(Room(display, clock, operator, settings, host, language))
        with opening as tracker, watching as watch:
            if watch is not None:
                operator.listen_to(watch)
            yield Lab(
                clock,
                display,
                tracker,
                operator,
                mode.participant_kind,
                watch=watch or NoWatch(),
            )


def _page_facts(mode: Mode, files: RunFiles, screen: int) -> dict[str, object]:
    """Return what the operator's page says from the start."""
    settings = files.study.settings
    placement, level = settings.placement, settings.screen.grey_level
    left, top = (float(side) for side in placement.origin)
    return {
        "participant": files.participant_id,
        "study": settings.study.name,
        "screen_px": [settings.screen.width_px, settings.screen.height_px],
        "image_px": [left, top, float(placement.width_px), float(placement.height_px)],
        "mode": mode.word,
        "grey": f"rgb({level}, {level}, {level})",
        "rate": f"number {screen}",
    }
