"""``fgtransform``: a fresh image, encoded and changed.

FGTransform at full size with VGG-19 and DeepGaze II's readout, random weights, 512 x 512 px. Ours
is `TrainedNetwork` with 16 bits; the reference is the plain network, eager, with 32 bits. The floor
is the arithmetic that is left over the rate of matrix products of 16 bits, measured in the same
run.
"""

import tempfile
from functools import partial
from pathlib import Path

import torch

from benchmarks.arithmetic import fastest_seconds, gemm_rate, operations
from benchmarks.harness import Row
from manipulation.networks.fast_fgtransform import FastFGTransform, FeatureContribution
from manipulation.networks.fgtransform import FGTransform
from manipulation.networks.guide import VGG_PARTS, Guide
from manipulation.networks.image_network import relative_log_density
from manipulation.networks.inference import TrainedNetwork
from manipulation.networks.settings import RunSettings
from manipulation.saliency.models.deepgaze import DeepGazeFeatures
from manipulation.saliency.models.files import build_saliency_model
from manipulation.saliency.models.vgg import VGGFeatures
from manipulation.saliency.models.vgg_weights import save_vgg

SIDE_PX = 512
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
BATCHES = (1, 16) if DEVICE.type == "cuda" else (1,)
RUNS = 20 if DEVICE.type == "cuda" else 3


def run() -> list[Row]:
    """Time a fresh image."""
    return rows_of("fgtransform")


@torch.inference_mode()
def rows_of(name: str) -> list[Row]:
    """Time a fresh image (`fgtransform`) or a new target (`fgtransform-slider`)."""
    network, guide = FGTransform().eval(), deepgaze_guide()
    trained = TrainedNetwork(
        network, guide, RunSettings(), precision="bfloat16", device=DEVICE, captured=True
    )
    plain_guide, plain_network = deepgaze_guide().to(DEVICE), network.to(DEVICE)

    def plain(images: torch.Tensor, target: torch.Tensor) -> None:
        features = plain_guide(images)
        plain_network(images, relative_log_density(target), features.guidance)

    rate = gemm_rate(DEVICE, torch.bfloat16)
    rows = []
    for batch in BATCHES:
        images = torch.rand(batch, 3, SIDE_PX, SIDE_PX)
        encoded = trained.encode(images)
        target = 2 * encoded.log_saliency
        ours = {
            "fgtransform": partial(_fresh, trained, images, target),
            "fgtransform-slider": partial(trained, encoded, target),
        }[name]
        count = arithmetic(batch)[name]
        rows.append(
            Row(
                f"{name}/batch-{batch}",
                fastest_seconds(ours, DEVICE, runs=RUNS),
                fastest_seconds(partial(plain, images.to(DEVICE), target), DEVICE, runs=RUNS),
                count / rate,
                f"{DEVICE.type} ({device_name()}), {count / 1e9:.0f} GFLOP, "
                f"matrix products of 16 bits at {rate / 1e12:.3g} TFLOP/s",
            )
        )
    return rows


def _fresh(trained: TrainedNetwork, images: torch.Tensor, target: torch.Tensor) -> None:
    trained(trained.encode(images), target)


def deepgaze_guide() -> Guide:
    """Return a guide as in the paper, one VGG-19 for all, with random weights."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "vgg.safetensors")
        save_vgg(file, VGGFeatures().initialise(torch.Generator().manual_seed(0)), {})
        extractor = DeepGazeFeatures(file)
    model = build_saliency_model("deepgaze2", extractor=extractor, pixels_per_degree=20.0)
    return Guide(model, (extractor.vgg, VGG_PARTS), (extractor.vgg, VGG_PARTS))


def arithmetic(batch: int) -> dict[str, int]:
    """Return the floating-point operations of all convolutions, by the name of the benchmark."""
    with torch.device("meta"):
        fast, vgg = FastFGTransform(FGTransform()), VGGFeatures()
        images = torch.empty(batch, 3, SIDE_PX, SIDE_PX)
        cells = SIDE_PX // 16
        features = torch.empty(batch, 2560, cells, cells)
        maps = torch.empty(batch, 1024, cells, cells)
    target = images[:, 0]
    once = operations(lambda: (vgg(images, VGG_PARTS.guidance), fast.contribution(features)))
    always = operations(lambda: fast(images, target, FeatureContribution(maps, maps)))
    return {"fgtransform": once + always, "fgtransform-slider": always}


def device_name() -> str:
    """Return the GPU, or the number of threads."""
    if DEVICE.type == "cuda":
        return torch.cuda.get_device_name()
    return f"{torch.get_num_threads()} threads"
