#!/usr/bin/env bash
# Run the three tools as docs/other_tools.md describes; needs `inspect`, `lm_eval` and `promptfoo` on the PATH.
set -euo pipefail

python answering_server.py 8808 &
server=$!
trap 'kill "$server"' EXIT
export NO_COLOR=1 CUDA_VISIBLE_DEVICES='' HF_HUB_OFFLINE=1
export SCRIPTED_API_KEY=none SCRIPTED_BASE_URL=http://127.0.0.1:8808/v1 OPENAI_API_KEY=none

some=peru,laos,togo,gold,lead,iron,neon,zinc
for model in small large; do
    inspect eval inspect_task.py --model "openai-api/scripted/$model" --epochs 2 --sample-id "$some" \
        --no-fail-on-error --max-retries 0 --display plain --log-dir "logs/$model"
done
inspect eval inspect_task.py --model openai-api/scripted/small --sample-id peru,gold,neon \
    -T scores_confidence=true --max-retries 0 --display plain --log-dir logs/two --log-format json

for seed in 1 2; do
    python tiny_model.py "tiny-$seed" "$seed"
    lm_eval --model hf --model_args "pretrained=tiny-$seed" --tasks options --include_path . --device cpu \
        --output_path lm --log_samples
done
lm_eval --model local-chat-completions --tasks replies --include_path . --limit 15 --apply_chat_template \
    --model_args "model=small,base_url=$SCRIPTED_BASE_URL/chat/completions,num_concurrent=1,max_retries=1" \
    --output_path lm --log_samples

export PROMPTFOO_DISABLE_TELEMETRY=1 PROMPTFOO_DISABLE_UPDATE=1 PROMPTFOO_DISABLE_REMOTE_GENERATION=true
ASKED=peru,laos,gold,iron,neon,zinc promptfoo eval -c promptfooconfig.yaml --repeat 2 \
    --filter-providers small --no-cache --no-share --no-table -o promptfoo-small.json || true
ASKED=peru,laos,gold,iron,neon,zinc promptfoo eval -c promptfooconfig.yaml --repeat 2 \
    --filter-providers large --no-cache --no-share --no-table -o promptfoo-large.json || true
ASKED=peru,togo CONCISE=yes promptfoo eval -c promptfooconfig.yaml \
    --no-cache --no-share --no-table -o promptfoo-both.json || true
