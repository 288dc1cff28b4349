"""Small recordings, made by hand, that each stand for a kind of file."""

from pathlib import Path

CASES = Path(__file__).parent / "cases"
