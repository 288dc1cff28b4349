"""Which transform makes a version of a study, and whether it can: one rule for all."""

from collections.abc import Callable, Sequence

from manipulation.networks.files import transform_file
from manipulation.networks.settings import Manipulation
from manipulation.saliency.models.protocol import LogSaliencyModel
from manipulation.transforms.makers import Maker, build_maker
from stimuli.contract.settings import Settings, VersionSettings
from stimuli.contract.vocabulary import TRANSFORMS, Transform
from stimuli.support.errors import InputError


class VersionMakers:
    """The makers of a study's versions; each transform is built once.

    Parameters
    ----------
    settings
        Settings of the study.
    guides
        From a transform to the saliency models that guide it (`StudyModels.guides`).
    where
        File of the settings; errors name it.
    """

    def __init__(
        self,
        settings: Settings,
        guides: Callable[[Transform], Sequence[LogSaliencyModel]],
        where: str = "study.toml",
    ) -> None:
        self.settings, self.guides, self.where = settings, guides, where
        self._makers: dict[str, Maker] = {}

    def transform(self, version: VersionSettings) -> Transform:
        """Return what makes a version."""
        return version.transform or self.settings.manipulation.transform

    def maker(self, version: VersionSettings) -> Maker:
        """Return what makes a version, with all that it needs loaded.

        Raises
        ------
        InputError
            If it is unavailable, or does not go with `manipulation.also`.
        """
        return self.prepared(
            self.transform(version),
            shifts=any(target.k_shift for target in version.targets),
            scales=version.k_scale != 1,
        )

    def prepared(self, transform: str, *, shifts: bool, scales: bool) -> Maker:
        """Return a transform ready for versions with shifts or with a scale.

        Raises
        ------
        InputError
            If it is unavailable, or does not go with `manipulation.also`.
        """
        if reason := self._conflict(transform):
            raise InputError(f"{self.where}: {reason}")
        if transform not in self._makers:
            models = self.guides(Transform(transform)) if transform in list(Transform) else ()
            self._makers[transform] = build_maker(transform, self.settings, models)
        maker = self._makers[transform]
        maker.prepare(shifts=shifts, scales=scales)
        return maker

    def unavailable_because(self, transform: str) -> str | None:
        """Return why no version can be made by a transform; None where some can."""
        if transform not in list(TRANSFORMS):
            return f"transform is {transform!r}; expected one of {', '.join(TRANSFORMS)}"
        return self._conflict(transform) or self._missing_network(transform)

    def _conflict(self, transform: str) -> str | None:
        also = self.settings.manipulation.also
        if transform == Transform.NETWORK and also:
            return (
                f"manipulation.also names {list(also)}, but networks work against the model that "
                f'they were trained with; expected transform = "edits", or nothing in also'
            )
        return None

    def _missing_network(self, transform: str) -> str | None:
        if transform != Transform.NETWORK:
            return None
        chosen = self.settings.manipulation
        for kind, name in (
            (Manipulation.SHIFT, chosen.shift_network),
            (Manipulation.SCALE, chosen.scale_network),
        ):
            try:
                transform_file(name)
            except InputError:
                return (
                    f"network: manipulation.{kind}_network is {name!r}, which neither ships nor is "
                    f"a file; name one of manipulation.train in study.toml"
                )
        return None
