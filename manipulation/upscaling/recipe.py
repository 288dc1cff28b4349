"""How the network that upscales is trained: its shape, its steps and its learning rate."""

from dataclasses import dataclass

from stimuli.support.checked import CheckedSettings, setting


@dataclass(frozen=True)
class UpscalingRecipe(CheckedSettings):
    """How a network is trained.

    Attributes
    ----------
    channels, blocks
        As in `UpscalingNetwork`.
    steps
        Of the optimiser. A run under way may be given more or fewer, as long as its learning rate
        has not begun to fall.
    photographs, crops
        Of a step; crops of each photograph.
    crop_px
        Side of a crop before it is upscaled.
    most_reduction
        Half of the crops come from photographs that were reduced by a factor from 1 to this, so
        that the network also knows pictures that are sharper and have fewer artefacts of JPEG.
    degraded
        Share of the reductions that get noise and then the artefacts of JPEG before the network
        sees them, each of a strength drawn anew; what it should make of them does not.
    most_noise
        Most standard deviation of that noise, of RGB in [0, 1].
    lowest_quality, highest_quality
        Of JPEG, as Pillow counts it.
    learning_rate
        Of Adam, reached after `warm_up` steps.
    fall
        Share of the steps, the last, in which it falls to 0 along a line.
    averaging
        Share of the running mean of the weights that a step keeps.
    softness
        Grey levels, in [0, 1], below which the loss ``sqrt(difference^2 + softness^2)`` is
        quadratic (Charbonnier).
    bfloat16
        Whether convolutions are computed in bfloat16; about twice as fast where the processor has
        instructions for it.
    """

    channels: int = setting(32, "channels of the network", 1, 1024)
    blocks: int = setting(4, "residual blocks of the network", 0, 100)
    steps: int = setting(6000, "steps of the optimiser", 1, 10**9)
    photographs: int = setting(2, "photographs of a step", 1, 10_000)
    crops: int = setting(4, "crops of each photograph", 1, 10_000)
    crop_px: int = setting(48, "side of a crop before it is upscaled", 4, 4096)
    most_reduction: float = setting(2.0, "most that a photograph is reduced by", 1, 16)
    degraded: float = setting(0.0, "share of the reductions with noise and JPEG", 0, 1)
    most_noise: float = setting(0.015, "most standard deviation of the noise", 0, 1)
    lowest_quality: int = setting(40, "lowest quality of JPEG", 1, 95)
    highest_quality: int = setting(95, "highest quality of JPEG", 1, 95)
    learning_rate: float = setting(2e-3, "rate of Adam", 1e-12, 10)
    warm_up: int = setting(100, "steps until the rate is reached", 1, 10**9)
    fall: float = setting(0.25, "share of the steps in which the rate falls to 0", 1e-6, 1)
    averaging: float = setting(0.998, "share of the running mean that a step keeps", 0, 0.999999)
    softness: float = setting(1e-3, "grey levels below which the loss is quadratic", 1e-9, 1)
    bfloat16: bool = setting(True, "whether convolutions are computed in bfloat16")

    @property
    def falls_after(self) -> float:
        """Steps after which the learning rate falls."""
        return (1 - self.fall) * self.steps

    def rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        rising = (step + 1) / self.warm_up
        falling = (self.steps - step) / (self.steps - self.falls_after)
        return self.learning_rate * min(rising, 1.0, falling)
