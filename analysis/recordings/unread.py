"""Tables of other programs that are not read, and what to do with each.

Known by their headers, so that a refusal can name the repair: another export of the same program,
or a plain table of samples (`analysis.recordings.sample_tables`).
"""

from stimuli.support.errors import InputError

PLAIN = "a table with the columns time_ms, x_px and y_px, as in docs/recordings.md"
_EXPORTS = (
    (("GazePointXLeft", "StimuliName"), "the All-Data of Tobii Studio 1 or 2",
     f"open the project in Tobii Studio 3 and export it anew, or write {PLAIN}"),
    (("MappedFixationPointX",), "a table of fixations of Tobii Studio 1 or 2",
     "open the project in Tobii Studio 3 and export its samples"),
    (("left_gaze_point_on_display_area",), "a log of Tobii's SDK, in shares of the screen",
     f"write {PLAIN}, x_px = share * width - 0.5, y_px = share * height - 0.5"),
    (("RECORDING_SESSION_LABEL",), "a report of EyeLink Data Viewer",
     "give the EDF itself, or an ASC file that edf2asc made of it"),
    (("gaze_timestamp", "x_norm", "y_norm"), "gaze on a surface of Pupil Core, as shares of it",
     f"write {PLAIN}, of what is on_surf: x_px = x_norm * width - 0.5, and since y_norm counts "
     "from the bottom y_px = (1 - y_norm) * height - 0.5"),
    (("gaze position on surface x [normalized]",), "gaze on a surface of Neon or Pupil Invisible",
     f"write {PLAIN}, of gaze detected on the surface: x_px = x * width - 0.5, and y_px alike"),
    (("norm_pos_x", "confidence"), "gaze of Pupil Core in the picture of its scene camera",
     "map it onto the screen as a surface, and write " + PLAIN),
    (("gaze x [px]", "timestamp [ns]"),
     "gaze of Neon or Pupil Invisible in the picture of the scene camera",
     "map it onto the screen as a surface, and write " + PLAIN),
    (("Mapped gaze point", "Recording timestamp"), "gaze that Tobii Pro Lab mapped onto snapshots",
     "export Gaze point X and Y too"),
)  # fmt: skip


def refuse_unread(path: object, head: str) -> None:
    """Refuse a table that is known and not read, by the lines that it begins with.

    Raises
    ------
    InputError
        Says what it is, and what to do.
    """
    for line in head.splitlines():
        for names, what, repair in _EXPORTS:
            if all(name in line for name in names):
                raise InputError(f"{path}: is {what}, which is not read; {repair}")
