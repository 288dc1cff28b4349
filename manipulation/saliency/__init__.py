"""Saliency models: where people look, predicted from the pixels and differentiable in them."""

from manipulation.saliency.models.files import load_saliency_model, save_saliency_model
from manipulation.saliency.models.model import SaliencyModel

__all__ = ["SaliencyModel", "load_saliency_model", "save_saliency_model"]
