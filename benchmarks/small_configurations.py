"""Make any transformers configuration small.

In: a configuration class. Out: a configuration with the same structure (every kind of layer once, grouped queries, windows shorter
than a text) and small sizes; a tokenizer of matching size; wide random weights. Sizes are set by their names in transformers, so
a new architecture usually works without an entry here.
"""

import torch
from tokenizers import Tokenizer, models
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

VOCABULARY = 400
SIZES_BY_VALUE = {
    64: "hidden_size d_model n_embd dim embed_dim emb_dim model_dim word_embed_proj_dim d_embed hidden_dim encoder_hidden_size",
    128: "max_position_embeddings n_positions n_ctx max_seq_len max_sequence_length encoder_max_position_embeddings "
    "intermediate_size ffn_dim encoder_ffn_dim decoder_ffn_dim d_ff n_inner ffn_hidden_size d_inner hidden_dim dff "
    "moe_intermediate_size shared_expert_intermediate_size max_target_positions block_size max_encoder_position_embeddings "
    "dense_intermediate_size expert_ffn_hidden_size dim_ff mlp_dim linear_dim",
    1: "n_group topk_group bos_token_id decoder_start_token_id cls_token_id",
    4: "num_attention_heads n_head n_heads num_heads encoder_attention_heads decoder_attention_heads num_encoder_attention_heads "
    "num_decoder_attention_heads num_experts num_local_experts n_routed_experts moe_num_experts",
    2: "num_key_value_heads num_hidden_layers n_layer num_layers n_layers encoder_layers decoder_layers num_decoder_layers "
    "num_encoder_layers num_experts_per_tok moe_topk moe_k moe_top_k",
    16: "head_dim d_kv d_head kv_lora_rank q_lora_rank v_head_dim kv_channels embedding_size attention_head_size",
    8: "qk_nope_head_dim qk_rope_head_dim rotary_dim",
    6: "sliding_window attention_window window_size local_attention attention_window_size attention_chunk_size",
    400: "vocab_size src_vocab_size tgt_vocab_size decoder_vocab_size vocab_size_per_layer_input",
    0: "pad_token_id",
    3: "eos_token_id sep_token_id",
}
SMALL = {name: value for value, names in SIZES_BY_VALUE.items() for name in names.split()}
LAYER_COUNTS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
WIDE = 0.1  # standard deviation of random weights
EQUAL_HEADS = {"num_key_value_heads": 4}
ONE_OF_EACH = {"num_hidden_layers": 2, "layer_types": ["linear_attention", "full_attention"]}
ADJUSTED: dict[str, dict] = {  # by model type: where defaults of a family need each other
    "bailing_hybrid": {"group_norm_size": 1},
    "bamba": {"attn_layer_indices": [1], "mamba_n_heads": 8, "mamba_d_head": 16, "mamba_n_groups": 1},
    "deepseek_v2": {"num_experts_per_tok": 2},
    "dots1": {"num_experts_per_tok": 2, "n_routed_experts": 4, "n_shared_experts": 1},
    "dots3_note": EQUAL_HEADS,
    "encoder-decoder": {"decoder": {"is_decoder": True, "add_cross_attention": True}},
    "nemotron": {"num_key_value_heads": 2},
    "esm": {"vocab_size": VOCABULARY, "pad_token_id": 0, "mask_token_id": 4},
    "esmc": EQUAL_HEADS,
    "granitemoehybrid": ONE_OF_EACH | {"mamba_n_heads": 8, "mamba_d_head": 16, "mamba_n_groups": 1},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1, "num_hidden_layers": 2},
    "lfm2_moe": {"num_hidden_layers": 2, "layer_types": ["conv", "full_attention"], "num_dense_layers": 1},
    "luke": {"entity_vocab_size": 50, "entity_emb_size": 16},
    "mamba2": {"num_heads": 8, "head_dim": 16, "n_groups": 1, "num_hidden_layers": 2},
    "perceiver": {"d_latents": 32, "num_latents": 8, "num_self_attends_per_block": 2, "qk_channels": 32, "v_channels": 32},
    "qwen4_exp": {"ngram_vocab_size_base": 400, "split_ngram_parts": 1},
    "recurrent_gemma": {"num_hidden_layers": 3, "block_types": ["recurrent", "recurrent", "attention"], "lru_width": 64},
    "reformer": {"is_decoder": True, "axial_pos_embds_dim": [32, 32], "axial_pos_shape": [8, 16], "attn_layers": ["local", "lsh"]},
    "squeezebert": {"embedding_size": 64},
    "xmod": {"default_language": "en_XX"},
    "zaya": {"num_experts_per_tok": 1},
}


def small_configuration(config_class: type[PreTrainedConfig]) -> PreTrainedConfig:
    """A small configuration of this class."""
    return config_class(**small_settings(config_class()))


def small_settings(config: PreTrainedConfig) -> dict:
    """What to construct the configuration again with, small: its parts too, and lists that have one entry per layer."""
    stated = config.to_dict()
    stated.pop("model_type", None)
    settings = {name: SMALL[name] for name, value in stated.items() if name in SMALL and value is not None}
    num_before = next((stated[name] for name in LAYER_COUNTS if isinstance(stated.get(name), int)), 0)
    types = stated.get("layer_types") or stated.get("layers_block_type")
    kept = _first_of_each(types) if types else list(range(min(2, num_before)))
    for name in LAYER_COUNTS:
        if name in settings:
            settings[name] = len(kept)
    for name, value in stated.items():
        if isinstance(value, (list, tuple)) and len(value) == num_before and num_before > 2 and name != "architectures":
            settings[name] = [value[index] for index in kept]
    for name, part in vars(config).items():
        if isinstance(part, PreTrainedConfig):
            settings[name] = small_settings(part) | {"model_type": part.model_type}
    if "head_dim" in stated:
        settings["head_dim"] = 8 if "qk_rope_head_dim" in stated else 16
    if "qk_rope_head_dim" in stated:  # latent attention: keys are made for every query head
        settings |= EQUAL_HEADS
    for name, value in ADJUSTED.get(config.model_type, {}).items():
        settings[name] = settings[name] | value if isinstance(value, dict) else value
    return settings


def small_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer whose tokens are the numbers themselves."""
    numbers = Tokenizer(models.WordLevel({str(index): index for index in range(VOCABULARY)}, unk_token="0"))
    return PreTrainedTokenizerFast(tokenizer_object=numbers)


@torch.no_grad()
def widened(model: PreTrainedModel) -> PreTrainedModel:
    """Draw every matrix anew and move every vector, so that heads differ and no bias or sink is zero."""
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() > 1:
            parameter.copy_(WIDE * noise)
        else:
            parameter.add_(0.1 * noise)
    return model


def _first_of_each(types: list[str]) -> list[int]:
    """Indices of the first layer of each type, at least two layers."""
    first = sorted({types.index(kind) for kind in types})
    return first if len(first) > 1 else [0, 1]
