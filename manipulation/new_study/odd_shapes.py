"""Photographs whose size or shape people would notice, in words that say what they would see."""

from manipulation.images.photographs import fitted_size, square_box
from stimuli.contract.settings import ImageSettings

_ENLARGED = 3.5  # from which on the lack of detail is seen: a photograph of less than 293 px
_CUT = 0.5  # share of a photograph that is not shown, from which on it may be another picture
_STRETCHED = 1.5  # by how much one side more than the other


def what_people_would_see(size: tuple[int, int], images: ImageSettings) -> str:
    """Return what is odd about a photograph of a height and width as it is shown; or nothing.

    Examples
    --------
    >>> from stimuli.contract.settings import ImageSettings
    >>> what_people_would_see((48, 48), ImageSettings())
    'is 48 x 48 px and is shown at 1024 px: people would see it 21 times enlarged, without detail'
    >>> what_people_would_see((480, 640), ImageSettings())
    ''
    """
    height, width = size
    fit, side = images.fit, images.size_px
    left, top, right, bottom = square_box(width, height, fit)
    shown_height, shown_width = fitted_size(width, height, side, fit)
    factors = shown_width / (right - left), shown_height / (bottom - top)
    shown = (right - left) * (bottom - top) / (width * height)
    odd = []
    if max(factors) > _ENLARGED:
        odd.append(
            f"is shown at {side} px: people would see it {max(factors):.0f} times enlarged, "
            f"without detail"
        )
    if shown < 1 - _CUT:
        odd.append(
            f"{1 - shown:.0%} of it is cut off: people would see the middle alone; --fit whole "
            f"shows all of it"
        )
    if max(factors) / min(factors) > _STRETCHED and fit == "stretch":
        odd.append(
            f"people would see it stretched {max(factors) / min(factors):.1f}-fold to a square; "
            f"--fit whole does not stretch"
        )
    if fit == "whole" and min(shown_height, shown_width) < side / 4:
        odd.append(
            f"is shown whole as a strip of {shown_width} x {shown_height} px: people would see "
            f"mostly grey"
        )
    return f"is {width} x {height} px and {'; '.join(odd)}" if odd else ""
