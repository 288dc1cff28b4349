"""Who may fit into a file or folder: one process, so that two do not write one state."""

from contextlib import AbstractContextManager
from pathlib import Path

from stimuli.support.locks import held


def fitting_alone(out: Path, doing: str) -> AbstractContextManager[None]:
    """Keep every other process that asks for the same file or folder from it.

    Parameters
    ----------
    out
        What is written; the folder that it lies in is made if it is not there.
    doing
        What is done, for whoever has to wait: ``trains a network``.

    Raises
    ------
    InputError
        If another process is at it: who, since when, and for what.

    Examples
    --------
    >>> from pathlib import Path
    >>> from manipulation.runs.alone import fitting_alone
    >>> with fitting_alone(Path("runs/my.safetensors"), "fits my.safetensors"):
    ...     sorted(one.name for one in Path("runs").iterdir())
    ['.my.safetensors.lock']
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    return held(out.with_name(f".{out.name}.lock"), doing)
