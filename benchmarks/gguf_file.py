"""GPT-2 weights as a file that llama.cpp reads.

In: a GPT-2 model. Out: a GGUF file in float32, written with the `gguf` package, with a vocabulary of placeholders: only token ids
are used. Does not run it.
"""

from pathlib import Path

from aigc_toolkit import LanguageModel


def write_gguf(lm: LanguageModel, path: Path) -> Path:
    """GPT-2 weights in llama.cpp's file format, float32, with a vocabulary of placeholders: only ids are used."""
    import gguf

    config, writer = lm.model.config, gguf.GGUFWriter(str(path), "gpt2")
    writer.add_context_length(config.n_positions)
    writer.add_embedding_length(config.n_embd)
    writer.add_feed_forward_length(4 * config.n_embd)
    writer.add_block_count(config.n_layer)
    writer.add_head_count(config.n_head)
    writer.add_layer_norm_eps(config.layer_norm_epsilon)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"t{number}" for number in range(config.vocab_size)])
    writer.add_token_merges(["t 1"])
    names = {"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm"}
    parts = {"ln_1": "attn_norm", "ln_2": "ffn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output"}
    parts |= {"mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
    for key, value in lm.model.transformer.state_dict().items():
        stem, kind = key.rsplit(".", 1)
        if stem in names:
            name = names[stem]
        else:
            _, number, part = stem.split(".", 2)
            name = f"blk.{number}.{parts[part]}"
            value = value.t() if value.dim() == 2 else value  # Conv1D keeps its weights the other way round
        writer.add_tensor(f"{name}.{kind}", value.contiguous().numpy())
    writer.add_tensor("output.weight", lm.model.lm_head.weight.detach().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
