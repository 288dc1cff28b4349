"""DeepGaze II at 512 x 512: our whole forward pass against torchvision's VGG-19 features alone."""

import tempfile
from pathlib import Path

import torch
from torch import Tensor
from torchvision.models import vgg

from benchmarks.harness import Row
from benchmarks.saliency import forward_rows
from manipulation.saliency.models.files import build_saliency_model
from manipulation.saliency.models.vgg import VGGFeatures
from manipulation.saliency.models.vgg_weights import save_vgg


def run() -> list[Row]:
    """Return rows; speed does not depend on the weights, so these are random."""
    network = VGGFeatures().initialise(torch.Generator().manual_seed(0))
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "random.safetensors"
        save_vgg(weights, network, {"random": True})
        model = build_saliency_model(
            "deepgaze2", features={"weights": str(weights)}, pixels_per_degree=17.5
        ).frozen()
    theirs = vgg.make_layers(vgg.cfgs["E"])[:36].eval()

    def plain(image: Tensor) -> Tensor:
        return theirs.to(image.device)(image)

    return forward_rows("deepgaze", model, plain, "; reference: torchvision's features, relu5_4")
