#!/usr/bin/env bash
# Writes tests/golden/layers/ anew: inputs and the outputs of every module, for tests that compare the engine's layer taps.
# Needs Python 3 with PyTorch; run it after a change of the reference or of the set, never to make a failing test pass.
set -euo pipefail
cd "$(dirname "$0")"
golden=../../tests/golden
out=$golden/layers
python=${PYTHON:-python3}
mkdir -p "$out"

dump() { # name, then dump_layers.py's arguments
    local name=$1
    shift
    "$python" dump_layers.py "$@" --inputs "$out/$name.inputs.safetensors" --output "$out/$name.outputs.safetensors"
}

# Two prompts of different lengths, two times, all modules.
dump transformer --component transformer --weights $golden/open/chroma.safetensors --rope-axes 8,12,12 \
    --make-inputs 41 --batch 2 --size 6x4 --tokens 8 --lengths 5,2

# Another model: other widths, heads, axes, depths and MLP ratio, three samples, no mask.
"$python" make_tiny.py transformer --output $out/transformer_other.weights.safetensors --seed 42 --hidden 48 --heads 3 \
    --axes 4,6,6 --doubles 1 --singles 2 --mlp-ratio 3 --context 24 --approximator-hidden 32 --approximator-depth 3
dump transformer_other --component transformer --weights $out/transformer_other.weights.safetensors --rope-axes 4,6,6 \
    --make-inputs 43 --batch 3 --size 4x6 --tokens 3 --no-mask

# The text encoder under the default mask with all modules, and the results of the other two treatments.
dump text_encoder --component text-encoder --weights $golden/open/t5.safetensors \
    --make-inputs 44 --batch 2 --tokens 8 --lengths 5,2
for treatment in training none; do
    "$python" dump_layers.py --component text-encoder --weights $golden/open/t5.safetensors --text-mask $treatment \
        --tap last_hidden_state \
        --inputs "$out/text_encoder.inputs.safetensors" --output "$out/text_encoder.$treatment.safetensors"
done

dump autoencoder_encoder --component autoencoder-encoder --weights $golden/open/ae.safetensors --make-inputs 45 --size 24x16
dump autoencoder_decoder --component autoencoder-decoder --weights $golden/open/ae.safetensors --make-inputs 46 --size 3x2
