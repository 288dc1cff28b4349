"""The stimuli of a study while they are made: one source after the other, then the catalogue.

The catalogue comes last, so a study without ``stimuli.tsv`` is one whose stimuli are not finished.
"""

from collections.abc import Callable, Iterable

from manipulation.images.contact_sheet import remove_contact_sheets
from manipulation.study_stimuli.blocks import version_blocks
from manipulation.study_stimuli.build_record import BuildRecord
from manipulation.study_stimuli.control_stimulus import check_room
from manipulation.study_stimuli.latin_square import block_orders
from manipulation.study_stimuli.made_with import MADE_WITH
from manipulation.study_stimuli.methods import stimulus_methods
from manipulation.study_stimuli.models import StudyModels, parts_in_use
from manipulation.study_stimuli.sheets import draw_sheets, is_made
from manipulation.study_stimuli.source_material import SourceMaterial, Sources
from manipulation.study_stimuli.source_stimuli import SourceStimuli
from manipulation.study_stimuli.version_choice import FoundVersions
from manipulation.study_stimuli.version_makers import VersionMakers
from manipulation.upscaling.network import load_upscaler
from stimuli.contract.catalogue import write_catalogue
from stimuli.contract.catalogue_checks import check_shifts
from stimuli.contract.credits import write_credits
from stimuli.contract.orders import write_blocks
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Stimulus
from stimuli.support.console import progress
from stimuli.support.files import confined, sha256, write_text
from stimuli.support.provenance import write_sidecar
from stimuli.support.unfinished import remove_unfinished

Report = Callable[[int, int, str], None]


class StimulusSet:
    """Makes the stimuli of a study.

    All photographs, annotations, models and networks are read and checked at once, before anything
    is written.

    Parameters
    ----------
    study
        Its settings say everything that is made.
    found
        Versions that were found before, which are not searched again.

    Attributes
    ----------
    stimuli
        Rows of the catalogue so far: of every source three, or four with a matched control.
    made_anew
        Number of files and figures that were made; 0 if everything was there.

    Raises
    ------
    InputError
        If a source, a model or a network is wrong, or a record names a file that is not made.
    """

    def __init__(self, study: Study, found: FoundVersions | None = None) -> None:
        self.study, self.settings = study, study.settings
        self._sources = Sources(study)
        self.materials = self._sources.read()
        upscaler = load_upscaler(self.settings.images.upscale)
        self.models = models = StudyModels(
            self.settings.manipulation,
            study.settings_file.name,
            parts_in_use(self.settings),
            self.settings.pixels.guides,
        )
        makers = VersionMakers(self.settings, models.guides, str(study.settings_file))
        for source in self.settings.sources:
            for version in source.versions:
                shifts = [target.k_shift for target in version.targets]
                where = f"{study.settings_file}: {source.source_id}"
                check_shifts(where, version.direction, shifts, version.k_scale)
                makers.maker(version)
        conditions = {one.source_id: one.condition for one in self.settings.sources}
        controlled = [one for one in self.materials if self.settings.has_control(one.source)]
        check_room(controlled)
        ids = [material.source.source_id for material in controlled]
        blocks = version_blocks(conditions, self.settings.study.seed, ids)
        self._of_source = SourceStimuli(
            study, models, makers, upscaler, blocks, self._catalogue_is_stale, found
        )
        self._records()
        self.stimuli: list[Stimulus] = []
        self.made_anew = 0
        self._made = ""  # the catalogue's SHA-256

    def make(self, report: Report | None = None, *, sheets: bool = True) -> None:
        """Make the stimuli of every source, then the tables; what a killed run left is removed.

        Parameters
        ----------
        report
            Called with how many sources of how many are done, and what is done next; by default a
            bar on the terminal shows it.
        sheets
            Whether the contact sheets are drawn now; else they are removed, for `draw_sheets`.
        """
        remove_unfinished(self.study.root, below=False)
        remove_unfinished(confined(self.study.root, self.study.stimuli.name, self.study.root))
        total = len(self.materials)
        materials: Iterable[SourceMaterial] = self.materials
        if report is None:
            materials = progress(materials, f"Making versions of {total} sources")
        for number, material in enumerate(materials):
            if report:
                report(number, total, f"making {material.source.source_id}")
            self.stimuli += self._of_source.make(material)
        if report:
            report(total, total, f"writing catalogue{' and contact sheets' if sheets else ''}")
        self._finish(sheets)

    def draw_sheets(self) -> None:
        """Draw the contact sheets of what was made; none, or no more, once it was made anew.

        Raises
        ------
        InputError
            If a file cannot be read.
        """
        draw_sheets(
            self.study,
            self.materials,
            self.stimuli,
            self._judges,
            lambda: is_made(self.study, self._made),
        )

    @property
    def _judges(self) -> list[str]:
        """The models that took no part, as the contact sheets call them."""
        return [one.described for one in self.models.second_opinions]

    def _finish(self, sheets: bool) -> None:
        """Write blocks, contact sheets, provenance and, last, the catalogue."""
        study = self.study
        self._remove_others()
        write_blocks(study.blocks, block_orders(self.settings.design.orders, self.settings.blocks))
        if sheets:
            draw_sheets(study, self.materials, self.stimuli, self._judges)
        else:
            remove_contact_sheets(study.stimuli)
        photographs = [study.root / one.photograph for one in self.settings.sources]
        write_credits(study, self.stimuli)
        made_with = [record.value(MADE_WITH) for record in self._records()]
        paragraphs = stimulus_methods(self.settings, self.stimuli, self.models.shares, made_with)
        write_text(study.stimulus_methods, "\n\n".join(paragraphs) + "\n")
        write_sidecar(
            study.generate_provenance,
            command="manipulation.generate",
            settings=self.settings.as_dict(),
            inputs=[study.settings_file, *photographs, *self._sources.annotation_files],
            outputs=[
                *(study.root / one.image for one in self.stimuli),
                study.blocks,
                study.stimulus_methods,
            ],
            seeds={"study": self.settings.study.seed},
            root=study.root,
        )
        write_catalogue(study.catalogue, self.stimuli, self.models.shares)
        self._made = sha256(study.catalogue)

    def _remove_others(self) -> None:
        """Remove the files of sources that the settings no longer name."""
        named = {stimulus.stim_id for stimulus in self.stimuli}
        for record in self._records():
            if record.stim_id not in named:
                record.remove()

    def _records(self) -> list[BuildRecord]:
        """Return the records of all stimuli that were made so far, checked."""
        paths = sorted((self.study.stimuli / "made").glob("*.json"))
        return [self._of_source.record(path.stem) for path in paths]

    def _catalogue_is_stale(self) -> None:
        """Count what is made anew; from here on the catalogue would be wrong."""
        self.made_anew += 1
        self.study.catalogue.unlink(missing_ok=True)
