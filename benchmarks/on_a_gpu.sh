#!/usr/bin/env bash
# All that needs a GPU, in one visit: the tests marked gpu, the benchmark, a profile of one step, and
# for the rest of the time a training of the narrow networks, whose weights are kept.
#   bash benchmarks/on_a_gpu.sh OUT PHOTOGRAPHS [ANNOTATIONS] [SECONDS]
# OUT is a folder for results; the visit takes SECONDS, 840 without.
set -uo pipefail
cd "$(dirname "$0")/.."
out=$1 photographs=$2 annotations=${3:-} seconds=${4:-840}
mkdir -p "$out"

plays=false
python -m pytest -q -m gpu tests/manipulation/networks 2>&1 | tee "$out/tests.txt" && plays=true
timeout 260 python -m benchmarks gpu --json "$out/gpu.json" 2>&1 | tee "$out/benchmark.txt"
timeout 90 python - "$out/profile.txt" <<'PROFILE' 2>&1 | tail -3
import sys
import torch
from torch.profiler import ProfilerActivity, profile
from benchmarks.fgtransform import deepgaze_guide
from manipulation.networks.settings import read_run_settings
from manipulation.training.batches import Batch
from manipulation.training.trainer import Trainer

device = torch.device("cuda")
trainer = Trainer(read_run_settings(), deepgaze_guide(), device)
images = torch.rand(4, 3, 512, 512, device=device)
batch = Batch(images, (images[:, 0] > 0.9).float(), torch.ones(4, device=device))
for _ in range(3):
    trainer.step(batch)
with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as seen:
    for _ in range(5):
        trainer.step(batch)
    torch.cuda.synchronize()
with open(sys.argv[1], "w") as file:
    file.write(seen.key_averages().table(sort_by="cuda_time_total", row_limit=60))
PROFILE
left=$((seconds - SECONDS))
[ "$left" -gt 60 ] && timeout --signal=INT "$left" python -m manipulation.train \
    --settings manipulation/training/narrow.toml --images "$photographs" \
    ${annotations:+--annotations "$annotations"} --out "$out/run" \
    --set schedule.play_back="$plays" --set schedule.batch_size=4 --set 'schedule.precision="bfloat16"' \
    --set log.state_every=500 --set log.weights_every=500 2>&1 | tail -20 | tee "$out/training.txt"
find "$out/run" -name '*.safetensors' -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -2
