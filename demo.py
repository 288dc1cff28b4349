"""The whole way from photographs to a report, with simulated observers: ``python demo.py``.

Prints every command before it runs it. With the options of your own study these commands are a
real one; without ``--simulate`` people take the place of the simulated observers.
"""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from stimuli.support import commands


def main(argv: Sequence[str] | None = None) -> int:
    """Run the commands one after the other; stop at the first that fails."""
    parser = argparse.ArgumentParser(
        description="Make the demo study, let simulated observers look at it, and report."
    )
    parser.add_argument("--out", default="demo-study", help="new study folder (demo-study)")
    parser.add_argument("--subjects", type=int, default=23, help="simulated observers (23)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the study (0)")
    arguments = parser.parse_args(argv)
    if arguments.subjects < 1:
        parser.error(f"--subjects is {arguments.subjects}; expected at least 1")
    study = arguments.out
    if Path(study).exists():
        parser.error(f"--out {study} exists; name a new folder with --out, or remove this one")

    make = f"manipulation.generate --study {shlex.quote(study)} --demo --seed {arguments.seed}"
    look = f"experiment.run --study {shlex.quote(study)} --simulate --subject"
    report = f"analysis.run {shlex.quote(study)}"
    subjects = [f"{number:02d}" for number in range(1, arguments.subjects + 1)]

    for command in [make, *(f"{look} {subject}" for subject in subjects), report]:
        print(f"$ python -m {command}", flush=True)
        status = subprocess.run([sys.executable, "-m", *shlex.split(command)]).returncode
        if status:
            return status
    print(f"\nReport: {Path(study, 'derivatives', 'report', 'index.html')}")
    print(f"Table:  {Path(study, 'derivatives', 'effects', 'effects.csv')}")
    return 0


if __name__ == "__main__":
    commands.run(main)
