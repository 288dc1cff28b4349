"""Eight photographs that already lie on the disk of whoever installed the dependencies.

They ship inside scikit-image, scikit-learn and matplotlib, so the demo study needs no download.
In comes a `Photograph`; out comes the path of its file. The outlines of objects in them are ours
(``annotations.json``, COCO format, whose ``file_name`` is a photograph's `source_id`).
"""

from dataclasses import dataclass
from importlib import import_module, resources
from pathlib import Path

from stimuli.support.errors import InputError
from stimuli.support.pictures import opened_picture

DEMO_ANNOTATIONS = Path(__file__).with_name("annotations.json")


@dataclass(frozen=True)
class Photograph:
    """A photograph inside an installed package.

    Attributes
    ----------
    source_id
        Name of the photograph in a study.
    package
        Name under which the package is imported.
    resource
        Path of the file inside the package, with forward slashes.
    width, height
        Size of the decoded image in pixels. The outlines hold for this size only.
    credit
        Who made or published the photograph.
    licence
        Its terms, named as in the ``licenses`` of the annotation file.
    """

    source_id: str
    package: str
    resource: str
    width: int
    height: int
    credit: str
    licence: str


PHOTOGRAPHS = (
    Photograph(
        source_id="astronaut",
        package="skimage",
        resource="data/astronaut.png",
        width=512,
        height=512,
        credit="NASA, portrait of Eileen Collins",
        licence="Public domain",
    ),
    Photograph(
        source_id="chelsea",
        package="skimage",
        resource="data/chelsea.png",
        width=451,
        height=300,
        credit="Stefan van der Walt",
        licence="CC0 1.0",
    ),
    Photograph(
        source_id="coffee",
        package="skimage",
        resource="data/coffee.png",
        width=600,
        height=400,
        credit="Rachel Michetti, courtesy of Pikolo Espresso Bar",
        licence="CC0 1.0",
    ),
    Photograph(
        source_id="rocket",
        package="skimage",
        resource="data/rocket.jpg",
        width=640,
        height=427,
        credit="SpaceX, Falcon 9 with DSCOVR",
        licence="Public domain",
    ),
    Photograph(
        source_id="motorcycle",
        package="skimage",
        resource="data/motorcycle_left.png",
        width=741,
        height=500,
        credit="Scharstein et al. (2014), Middlebury stereo datasets, reduced by scikit-image",
        licence="Middlebury stereo: use and publication permitted, citation requested",
    ),
    Photograph(
        source_id="china",
        package="sklearn",
        resource="datasets/images/china.jpg",
        width=640,
        height=427,
        credit="danielbuechele, Flickr 6061409035",
        licence="CC BY 2.0",
    ),
    Photograph(
        source_id="flower",
        package="sklearn",
        resource="datasets/images/flower.jpg",
        width=640,
        height=427,
        # scikit-learn's README names danielbuechele here too, but links to this other account.
        credit="vultilion, Flickr 6056698931",
        licence="CC BY 2.0",
    ),
    Photograph(
        source_id="grace_hopper",
        package="matplotlib",
        resource="mpl-data/sample_data/grace_hopper.jpg",
        width=512,
        height=600,
        credit="US Navy portrait, Wikimedia Commons File:Grace_Hopper.jpg",
        licence="Public domain",
    ),
)

_DISTRIBUTIONS = {"skimage": "scikit-image", "sklearn": "scikit-learn"}  # where pip's name differs


def photograph_path(photograph: Photograph) -> Path:
    """Return the path of a photograph's file, without any network.

    The size is checked rather than the bytes: a new release of a package may encode the same
    pixels anew, but outlines in pixels survive no other change.

    Raises
    ------
    InputError
        If the package is not installed, does not hold the file, or the file is not an image of
        the expected size.
    """
    label = f"demo photograph {photograph.source_id!r}"
    distribution = _DISTRIBUTIONS.get(photograph.package, photograph.package)
    reinstall = f"`pip install --force-reinstall {distribution}`"
    try:
        package = import_module(photograph.package)
    except ImportError as error:
        raise InputError(
            f"{label}: package {photograph.package!r} cannot be imported ({error}); "
            f"expected {distribution}, inside which it ships: `pip install {distribution}`"
        ) from None

    path = Path(str(resources.files(package).joinpath(*photograph.resource.split("/"))))
    if not path.is_file():
        raise InputError(
            f"{label}: {path} does not exist; expected the file that ships inside {distribution}: "
            f"{reinstall}"
        )
    try:
        with opened_picture(path) as image:
            image.load()
            size = image.size
    except InputError as error:
        raise InputError(
            f"{label}: {path} cannot be decoded ({error}); "
            f"expected the image that ships inside {distribution}: {reinstall}"
        ) from None
    expected = (photograph.width, photograph.height)
    if size != expected:
        raise InputError(
            f"{label}: {path} is {size[0]} x {size[1]} px; expected {expected[0]} x {expected[1]}, "
            f"the size that its outlines were drawn on: install another release of {distribution}"
        )
    return path
