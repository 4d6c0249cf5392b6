"""Write a model of two layers with random weights, and its tokeniser: `python tiny_model.py FOLDER SEED`.

It is enough for lm-evaluation-harness to write its files.
"""

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

FOLDER, SEED = sys.argv[1], int(sys.argv[2])
END = "<s>"

torch.manual_seed(SEED)
lines = [json.loads(line) for line in Path("questions.jsonl").read_text(encoding="utf-8").splitlines()]
texts = [text for line in lines for text in (line["question"], *line["choices"])]
bpe = Tokenizer(models.BPE())
bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
alphabet = pre_tokenizers.ByteLevel.alphabet()
bpe.train_from_iterator(texts, trainers.BpeTrainer(special_tokens=[END], initial_alphabet=alphabet, vocab_size=320))
tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token=END, eos_token=END, pad_token=END)
config = LlamaConfig(
    vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2
)
tokenizer.save_pretrained(FOLDER)
LlamaForCausalLM(config).save_pretrained(FOLDER)
