"""Calibrations and validations of a session: until they are good enough, or taken as they are.

Between images another calibration is offered, when the last drift checks were far off or, with a
tracker that has none, when gaze was not seen on the target before most of the last images.
"""

from collections.abc import Callable, Mapping
from statistics import median

from experiment.protocols.lab import Lab
from experiment.protocols.operator import Decision
from experiment.protocols.tracker import (
    DriftChecker,
    HostScreen,
    SetupReader,
    TrackerFault,
    Validation,
    Validator,
)
from experiment.protocols.watch import TrackerState
from experiment.records.journal import WITHDRAWN, Journal, LineKind
from experiment.session.waiting import announce, ask_operator
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import ShownBy

_SETUP_KEYS = "enter: camera image, c: calibrate, v: validate, space: accept a target, esc: leave"
_ENDS = (LineKind.TRIAL_ENDED, LineKind.PRACTICE_ENDED)


class Calibrations:
    """Calibrates, validates, and offers another calibration when gaze has drifted.

    Parameters
    ----------
    text
        What the participant reads meanwhile.
    """

    def __init__(self, lab: Lab, settings: Settings, journal: Journal, text: str):
        self._lab, self._settings, self._journal, self._text = lab, settings, journal, text
        # Since the last calibration: of the drift checks, and of the trials whether a wait for gaze
        # ran out or the operator showed the image by hand.
        self._drifts_deg: list[float] = []
        self._waits_failed: list[bool] = []
        self._lines_read = 0
        self._fault = ""  # of the tracker in its last setup, as a question begins
        if isinstance(lab.tracker, SetupReader):
            lab.tracker.show_in_setup(text)

    def calibrate(self) -> None:
        """Calibrate until the validation is good enough, or the operator takes it as it is."""
        if not self._lab.tracker.needs_calibration:
            self._lab.operator.tell("there is nothing to calibrate")
            return
        while True:
            found = self._in_setup(self._lab.tracker.calibrate, "calibration")
            self._write_validation(LineKind.CALIBRATED, found)
            if self._is_good(found):
                self._lab.operator.tell(f"calibrated, {_told(found)}")
                return
            decision = self._ask(
                f"{self._fault}{_told(found)}; the limits are {self._limits()}",
                {Decision.ACCEPT: "take it as it is", Decision.RECALIBRATE: "calibrate again"},
                where="at a calibration",
                otherwise=Decision.ACCEPT,
            )
            self._journal.write(LineKind.OPERATOR, decision=decision)
            if decision == Decision.ACCEPT:
                self._lab.operator.tell(f"accepted as it is: {_told(found)}")
                self._lab.tracker.message(f"CALIBRATION_ACCEPTED {_shown(found)}")
                return

    def validate(self) -> None:
        """Validate the calibration at the end of a block, so that its drift is known."""
        tracker = self._lab.tracker
        if not (tracker.needs_calibration and isinstance(tracker, Validator)):
            return
        found = self._in_setup(tracker.validate, "validation of the block")
        self._write_validation(LineKind.VALIDATED, found)
        over = "" if self._is_good(found) else f"; the limits are {self._limits()}"
        self._lab.operator.tell(f"{self._fault}end of the block, {_told(found)}{over}")

    def offer(self) -> None:
        """Offer to calibrate when the last drift checks, or waits for gaze, say that it helps."""
        self._read_journal()
        why = self._drift()
        if not why or not self._lab.tracker.needs_calibration:
            return
        self._forget_checks()  # what is offered once is offered again after as many checks
        decision = self._ask(
            f"{why}; calibrate again?",
            {Decision.RECALIBRATE: "calibrate", Decision.GO_ON: "go on without"},
            where="between images",
        )
        self._journal.write(LineKind.OPERATOR, decision=decision)
        if decision == Decision.RECALIBRATE:
            self.calibrate()

    def _read_journal(self) -> None:
        """Take over what the journal tells of drift since it was last read."""
        failed = False
        for line in self._journal.lines[self._lines_read :]:
            if line["kind"] == LineKind.DRIFT_CHECK and line["offset_deg"] is not None:
                self._drifts_deg.append(line["offset_deg"])
            elif line["kind"] == LineKind.FIXATION_TIMEOUT:
                failed = True
            elif line["kind"] in _ENDS and line["status"] != WITHDRAWN:
                self._waits_failed.append(failed or line["shown_by"] == ShownBy.BY_HAND)
                failed = False
        self._lines_read = len(self._journal.lines)

    def _drift(self) -> str:
        """Return in words how the last checks say that gaze has drifted; empty if they do not."""
        session = self._settings.session
        checks = isinstance(self._lab.tracker, DriftChecker)
        known = self._drifts_deg if checks else self._waits_failed
        last = known[-session.drift_checks :]
        if not session.drift_limit_deg or len(last) < session.drift_checks:
            return ""
        if not checks:
            failed = sum(last)
            told = f"gaze was not seen on the target before {failed} of the last {len(last)} images"
            return told if 2 * failed > len(last) else ""
        drift_deg = median(last)
        told = f"the last {len(last)} drift checks were {drift_deg:.1f} deg off in the median"
        return told if drift_deg > session.drift_limit_deg else ""

    def _forget_checks(self) -> None:
        self._drifts_deg.clear()
        self._waits_failed.clear()
        self._lines_read = len(self._journal.lines)

    def _in_setup(self, set_up: Callable[[], Validation | None], what: str) -> Validation | None:
        """Leave the tracker's setup to the operator; keys that were pressed in it are its own.

        A tracker that does not do it, but can be reached, has no validation.
        """
        self._lab.display.draw_text(self._text)
        self._lab.display.flip()
        announce(self._lab, f"{what}: operator, in the setup of the tracker")
        self._lab.watch.tell(tracker=TrackerState.SETUP)
        if isinstance(self._lab.tracker, HostScreen):
            self._lab.watch.tell(keys=_SETUP_KEYS)
        found, self._fault = None, ""
        try:
            found = set_up()
        except TrackerFault as fault:
            self._journal.write(LineKind.TRACKER_FAULT, fault=str(fault))
            if fault.lost:
                raise
            self._fault = f"tracker: {fault}; "
        finally:
            self._lab.operator.clear()
        self._forget_checks()
        state = TrackerState.FAILED if self._fault else TrackerState.READY
        self._lab.watch.tell(
            waits_for="", keys="", tracker=state,
            validation=_shown(found), validation_good=self._is_good(found), limits=self._limits(),
        )  # fmt: skip
        return found

    def _ask(
        self,
        question: str,
        choices: Mapping[Decision, str],
        *,
        where: str,
        otherwise: Decision = Decision.GO_ON,
    ) -> Decision:
        return ask_operator(self._lab, question, choices, otherwise=otherwise, where=where)

    def _write_validation(self, kind: LineKind, found: Validation | None) -> None:
        session = self._settings.session
        self._journal.write(
            kind,
            validation_error_deg=None if found is None else found.mean_deg,
            validation_max_deg=None if found is None else found.max_deg,
            limit_deg=session.calibration_limit_deg,
            limit_max_deg=session.calibration_max_deg,
        )

    def _is_good(self, found: Validation | None) -> bool:
        session = self._settings.session
        mean_limit, max_limit = session.calibration_limit_deg, session.calibration_max_deg
        return (
            found is not None
            and found.mean_deg <= mean_limit
            and (found.max_deg or 0.0) <= max_limit
        )

    def _limits(self) -> str:
        session = self._settings.session
        mean_limit, max_limit = session.calibration_limit_deg, session.calibration_max_deg
        return f"{mean_limit:g} deg mean, {max_limit:g} deg maximum"


def _shown(found: Validation | None) -> str:
    return "none" if found is None else str(found)


def _told(found: Validation | None) -> str:
    return "no validation" if found is None else f"validation error {found}"
