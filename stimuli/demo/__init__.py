"""The demo study's own material: eight photographs and the outlines of objects in them."""

from stimuli.demo.photographs import DEMO_ANNOTATIONS, PHOTOGRAPHS, Photograph, photograph_path

__all__ = ["DEMO_ANNOTATIONS", "PHOTOGRAPHS", "Photograph", "photograph_path"]
