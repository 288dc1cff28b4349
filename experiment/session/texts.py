"""What the participant reads, by language."""

from dataclasses import dataclass

from stimuli.contract.study import Study
from stimuli.support.errors import InputError


@dataclass(frozen=True)
class Texts:
    """The screens of words.

    Attributes
    ----------
    rest
        Takes the numbers of finished and of all blocks, ``{done}`` and ``{blocks}``.
    """

    instructions: str
    practice: str
    begin: str
    rest: str
    paused: str
    calibration: str
    end: str


_ENGLISH = Texts(
    instructions=(
        "Welcome.\n\nYou will see photographs, one after the other. Look at them as you like.\n\n"
        "Before every photograph a target appears in the middle of the screen.\n"
        "Please look at its centre until the photograph comes.\n\n"
        "Keep your head still, and blink when the screen is grey.\n\n"
        "Press the space bar to go on."
    ),
    practice="First a few photographs for practice.\n\nPress the space bar to begin.",
    begin="Now we begin.\n\nPress the space bar.",
    rest=(
        "Part {done} of {blocks} is done.\n\nPlease rest as long as you like.\n\n"
        "Press the space bar when you are ready to go on."
    ),
    paused="Pause.\n\nPlease wait for the experimenter.",
    calibration="Next we adjust the eye tracker.\n\nPlease look at each target until it moves.",
    end="That was the last photograph.\n\nThank you for taking part.",
)

_GERMAN = Texts(
    instructions=(
        "Willkommen.\n\nSie sehen gleich Fotografien, eine nach der anderen. Betrachten Sie sie "
        "so, wie Sie möchten.\n\n"
        "Vor jeder Fotografie erscheint in der Mitte des Bildschirms ein Ziel.\n"
        "Bitte schauen Sie in seine Mitte, bis die Fotografie kommt.\n\n"
        "Halten Sie den Kopf still, und blinzeln Sie, wenn der Bildschirm grau ist.\n\n"
        "Weiter mit der Leertaste."
    ),
    practice="Zuerst einige Fotografien zur Übung.\n\nBeginnen Sie mit der Leertaste.",
    begin="Nun geht es los.\n\nBitte drücken Sie die Leertaste.",
    rest=(
        "Teil {done} von {blocks} ist geschafft.\n\nBitte ruhen Sie sich aus, so lange Sie "
        "möchten.\n\nWeiter mit der Leertaste, wenn Sie bereit sind."
    ),
    paused="Pause.\n\nBitte warten Sie auf die Versuchsleitung.",
    calibration="Jetzt wird der Eyetracker eingestellt.\n\nBitte schauen Sie auf jedes Ziel, bis "
    "es weiterspringt.",
    end="Das war die letzte Fotografie.\n\nVielen Dank für Ihre Teilnahme.",
)

TEXTS = {"en": _ENGLISH, "de": _GERMAN}


def read_texts(study: Study, language: str) -> Texts:
    """Return the texts, with the study's own ``instructions_LANGUAGE.txt`` where it is there.

    Parameters
    ----------
    root
        The study folder.
    language
        A key of `TEXTS`.

    Raises
    ------
    InputError
        If there are no texts in that language.
    """
    if language not in TEXTS:
        raise InputError(f"language is {language!r}; expected one of {', '.join(TEXTS)}")
    texts = TEXTS[language]
    own = study.instructions(language)
    if not own.is_file():
        return texts
    return Texts(**{**vars(texts), "instructions": own.read_text(encoding="utf-8").strip()})
