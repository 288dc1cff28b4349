#!/usr/bin/env bash
# All that needs a GPU: the tests marked gpu, the benchmark, a profile of one step, and for the rest
# of the time a training of the narrow networks.
#   bash benchmarks/on_a_gpu.sh OUT [PHOTOGRAPHS [ANNOTATIONS]]
# OUT is a folder for at most seven files of results. Without PHOTOGRAPHS nothing is trained; with
# ANNOTATIONS pycocotools must be there.
#   SECONDS_IN_ALL=570     what it may take
#   PARTS="tests benchmark profile training"     what is done, in this order
#   PLAY_BACK=true         whether steps are played back, where the tests are no part
#   PYTHON=python3
set -uo pipefail
[ $# -ge 1 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
out=$(mkdir -p "$1" && cd "$1" && pwd) || exit
photographs=${2:+$(realpath "$2")} annotations=${3:+$(realpath "$3")}
seconds=${SECONDS_IN_ALL:-570} parts=${PARTS:-tests benchmark profile training}
plays=${PLAY_BACK:-true} python=${PYTHON:-python3}
cd "$(dirname "$0")/.." || exit
export PYTHONUNBUFFERED=1 PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

wanted() { [[ " $parts " == *" $1 "* ]]; }
left() { echo $((seconds - SECONDS)); }
at_most() { # SECONDS COMMAND...: neither longer than that nor than what is left
    local limit=$1 rest
    shift
    rest=$(left)
    [ "$rest" -gt 5 ] || { echo "no time is left for: $*"; return 1; }
    timeout --signal=INT --kill-after=10 $((limit < rest ? limit : rest)) "$@"
}

if wanted tests; then
    # In processes of their own: an error of CUDA's fails all that comes after it in one.
    at_most 180 "$python" -m pytest -v -n 4 -W default -p no:cacheprovider -m gpu \
        tests/manipulation/networks 2>&1 | tee "$out/tests.txt"
    grep -q 'PASSED.*that_are_played_back.*\[bfloat16\]' "$out/tests.txt" && plays=true || plays=false
    echo "steps are played back: $plays"
fi
if wanted benchmark; then
    at_most 240 "$python" -m benchmarks gpu --json "$out/gpu.json" 2>&1 | tee "$out/benchmark.txt"
fi
if wanted profile; then
    at_most 90 "$python" - "$out/profile.txt" <<'PROFILE' 2>&1 | tail -3
import sys
from functools import partial
import torch
from torch.profiler import ProfilerActivity, profile
from benchmarks import gpu
from manipulation.networks.inference import TrainedNetwork
from manipulation.networks.settings import RunSettings, read_run_settings
from manipulation.training.batches import Batch
from manipulation.training.trainer import Trainer

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
size = gpu.Size(device) if device.type == "cuda" else gpu.Size(device, 64, 32)
batch = 16 if size.on_gpu else 1
order = "self_device_time_total" if size.on_gpu else "self_cpu_time_total"


def look(name, step):
    for _ in range(2):
        step()
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as seen:
        for _ in range(2):
            step()
        float(torch.ones((), device=device))  # waits
    with open(sys.argv[1], "a") as file:
        file.write(f"{name}, twice\n{seen.key_averages().table(sort_by=order, row_limit=40)}\n")
    print(f"profile of {name} is written", flush=True)


def train(file, width, guide):
    settings = read_run_settings(
        file, ('schedule.precision = "bfloat16"', f"network.width = {width}")
    )
    images = size.images(4).contiguous(memory_format=torch.channels_last)
    given = Batch(images, (images[:, 0] > 0.9).float(), torch.ones(4, device=device))
    return partial(Trainer(settings, guide, device).step, given)


guide = gpu.deepgaze_guide()
look("a step of training", train(None, size.width, guide))
parts = read_run_settings(gpu.NARROW).guide
narrow = gpu.build_guide(parts.saliency, parts.guiding, parts.comparing)
look("a step of the narrow training", train(gpu.NARROW, 192, narrow))
network = gpu.FGTransform(width=size.width).eval()
ours = TrainedNetwork(
    network, guide, RunSettings(), precision="bfloat16", device=device, device_output=True
)
with torch.inference_mode():
    images = size.images(batch)
    encoded, target = ours.encode(images), torch.randn_like(images[:, 0])
look("a batch of fresh images", partial(ours.encode, images))
look("a batch of new targets", partial(ours, encoded, target))
PROFILE
fi
train() { # PLAY_BACK: whether steps are played back
    rm -rf "$work/run"
    at_most $(($(left) - 30)) "$python" -m manipulation.train \
        --settings manipulation/training/narrow.toml --images "$photographs" \
        ${annotations:+--annotations "$annotations"} --out "$work/run" \
        --set schedule.play_back="$1" --set schedule.batch_size=4 --set data.size_px=512 \
        --set 'schedule.precision="bfloat16"' --set log.state_every=500 \
        --set log.weights_every=500 2>&1 | tee -a "$out/training.txt"
}
kept() { compgen -G "$work/run/weights/*.safetensors" > /dev/null; }
if wanted training && [ -n "$photographs" ] && [ "$(left)" -gt 90 ]; then
    train "$plays"
    kept || [ "$plays" = false ] || [ "$(left)" -lt 90 ] || train false
fi
if wanted training && kept; then
    # What is left of the run: its losses and its last weights, with 16 bits as in use.
    cp "$work/run/losses.csv" "$out/"
    at_most 25 "$python" - "$work/run/weights" "$out/transform.safetensors" <<'WEIGHTS'
import sys
from pathlib import Path
from manipulation.networks.files import (
    guide_of, load_checkpoint, read_run_settings_of, save_checkpoint,
)

last = max(Path(sys.argv[1]).glob("*.safetensors"))
guide = guide_of(read_run_settings_of(last).guide)
checkpoint = load_checkpoint(last, guide)
save_checkpoint(Path(sys.argv[2]), checkpoint, guide, "", half=True)
print(f"weights of {last.stem} are kept")
WEIGHTS
fi
ls -l "$out"
