"""The laboratory as a whole: all that a session works with."""

from dataclasses import dataclass, field

from experiment.protocols.display import Clock, Display
from experiment.protocols.operator import Operator
from experiment.protocols.tracker import Tracker
from experiment.protocols.watch import NoWatch, Watch
from stimuli.contract.vocabulary import ParticipantKind


@dataclass(frozen=True)
class Lab:
    """Everything that a session works with.

    Attributes
    ----------
    clock
        The display's clock; every time of the session is told on it.
    participant_kind
        Who looks: a person, a simulated observer, a mouse, or nobody.
    frame_s
        Time from one flip to the next, measured; None before it was.
    watch
        Whoever follows the session from outside.
    """

    clock: Clock
    display: Display
    tracker: Tracker
    operator: Operator
    participant_kind: ParticipantKind
    frame_s: float | None = None
    watch: Watch = field(default_factory=NoWatch)
