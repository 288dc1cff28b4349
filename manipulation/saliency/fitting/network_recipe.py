"""How a network that predicts fixations is trained, and the recipes of those that ship."""

from dataclasses import dataclass, field, replace

from manipulation.saliency.fitting.network_views import Variation
from stimuli.support.checked import CheckedSettings, setting


@dataclass(frozen=True)
class NetworkRecipe(CheckedSettings):
    """How a network is trained.

    Attributes
    ----------
    backbone, weights
        An EfficientNet as timm names it, whose weights know ImageNet, and their file, in timm's
        names, or ``hub``. Without a backbone a network begins with random weights.
    width, backbone_rate, kept_stages
        Channels of a `PretrainedNetwork`; the peak of the learning rate of its backbone; and how
        many groups of the backbone's blocks, finest first, keep their weights: all of 7 keeps the
        whole backbone. Its normalisation is always kept.
    start
        Model of one network on the same backbone, a name or a file, whose weights the training
        begins with; its normalisation is folded, so that it has none here.
    radius, attack_steps
        Largest root of the mean squared change of pixel values in a step's adversarial views, and
        the projected gradient steps that find it; 0 trains on views as they are.
    widths, dropout
        As in `SaliencyNetwork`, the network without a backbone.
    scales
        How many sizes of the image a network sees.
    epochs
        Passes over the photographs, one view of each a pass.
    batch_size
        Photographs per step.
    learning_rate, weight_decay
        Peak of AdamW's learning rate, which rises and falls once (Smith & Topin 2018), and the
        decay of convolution weights (Loshchilov & Hutter 2019).
    averaging
        Share of the running mean of the weights that a step keeps.
    sigma_px
        Width of the Gaussian that smooths a network's map, in pixels of the photograph.
    bfloat16
        Whether convolutions are computed in bfloat16; about twice as fast where the processor has
        instructions for it.
    variation
        How views differ.
    """

    backbone: str = setting("", "EfficientNet as timm names it; none: random weights")
    weights: str = setting("", "file of the backbone's weights, or hub")
    width: int = setting(96, "channels that the backbone's maps are brought to", 1, 4096)
    backbone_rate: float = setting(3e-4, "peak of AdamW's rate for the backbone", 1e-12, 10)
    kept_stages: int = setting(2, "groups of the backbone's blocks that keep their weights", 0, 7)
    start: str = setting("", "model whose weights the training begins with; none: the backbone's")
    radius: float = setting(0.0, "RMS change of adversarial views", 0, 1)
    attack_steps: int = setting(2, "projected gradient steps of an adversarial view", 1, 100)
    widths: tuple[int, ...] = setting((16, 32, 64, 128, 96), "channels of the five stages")
    scales: int = setting(3, "sizes of the image that the first stages see", 1, 8)
    dropout: float = setting(0.1, "share of merged channels left out in training", 0, 0.99)
    epochs: int = setting(40, "passes over the photographs", 1, 10_000)
    batch_size: int = setting(8, "photographs per step", 1, 10_000)
    learning_rate: float = setting(3e-3, "peak of AdamW's rate", 1e-12, 10)
    weight_decay: float = setting(0.05, "decay of convolution weights", 0, 10)
    averaging: float = setting(0.995, "share of the running mean that a step keeps", 0, 0.999999)
    sigma_px: float = setting(11.5, "width of the Gaussian that smooths a map", 0.1, 1000)
    bfloat16: bool = setting(True, "whether convolutions are computed in bfloat16")
    variation: Variation = field(default_factory=Variation)


FINE_TUNED = NetworkRecipe(
    backbone="tf_efficientnet_lite2", scales=2, epochs=8, learning_rate=2e-3, averaging=0.99,
    bfloat16=False,
    variation=Variation(
        scale=(0.75, 1.2), gamma=0.4, contrast=0.2, saturation=0.3, blur_px=1.5, noise=0.05
    ),
)  # fmt: skip

# Under adversarial changes: views are smaller, since a step takes several passes, and every group
# of blocks is trained, since what fools a network begins in the first.
ROBUST = replace(
    FINE_TUNED, kept_stages=0, epochs=4, learning_rate=1e-3, radius=0.01,
    variation=replace(FINE_TUNED.variation, scale=(0.5, 1.0)),
)  # fmt: skip
