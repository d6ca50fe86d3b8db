"""Small random models of every family the tests name: two layers, weights wide enough that heads differ, made on the spot."""

import torch
import transformers
from transformers import PreTrainedModel

WIDE = 0.25  # standard deviation of random weights
NAMES = {"vocab_size": 400, "pad_token_id": None, "bos_token_id": None, "eos_token_id": None}
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 128,
}
PLAIN = NAMES | SIZES
GROUPED = PLAIN | {"num_key_value_heads": 2}
ENCODER = PLAIN | {"pad_token_id": 0}
GPT2 = NAMES | {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128}
SIDES = {
    f"{side}_{name}": size
    for side in ("encoder", "decoder")
    for name, size in {"layers": 2, "attention_heads": 4, "ffn_dim": 64}.items()
}
BART = NAMES | SIDES | {"d_model": 32, "max_position_embeddings": 128, "pad_token_id": 0, "decoder_start_token_id": 0}
BART |= {"forced_bos_token_id": None, "forced_eos_token_id": None}
GEMMA = GROUPED | {"head_dim": 16, "query_pre_attn_scalar": 16, "sliding_window": 4}
T5 = NAMES | {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "pad_token_id": 0, "decoder_start_token_id": 0}

FAMILIES: dict[str, tuple[str, dict]] = {
    "gpt2": ("GPT2LMHeadModel", GPT2),
    "gpt2-inverse-layer": ("GPT2LMHeadModel", GPT2 | {"scale_attn_by_inverse_layer_idx": True}),
    "llama": ("LlamaForCausalLM", GROUPED),
    "qwen2": ("Qwen2ForCausalLM", GROUPED),
    "qwen3": ("Qwen3ForCausalLM", GROUPED | {"head_dim": 16}),
    "mistral": ("MistralForCausalLM", GROUPED | {"sliding_window": 4}),
    "gemma2": ("Gemma2ForCausalLM", GEMMA | {"attn_logit_softcapping": 2.0}),
    "gemma3": ("Gemma3ForCausalLM", GEMMA | {"layer_types": ["sliding_attention", "full_attention"]}),
    "phi": ("PhiForCausalLM", GROUPED),
    "gpt_neox": ("GPTNeoXForCausalLM", PLAIN),
    "opt": (
        "OPTForCausalLM",
        NAMES
        | {"hidden_size": 32, "word_embed_proj_dim": 32, "num_hidden_layers": 2, "ffn_dim": 64}
        | {"num_attention_heads": 4, "max_position_embeddings": 128, "pad_token_id": 1},
    ),
    "olmo": ("OlmoForCausalLM", GROUPED),
    "gpt_oss": (
        "GptOssForCausalLM",
        GROUPED | {"head_dim": 16, "sliding_window": 4, "num_local_experts": 2} | {"num_experts_per_tok": 1},
    ),
    "bert": ("BertForMaskedLM", ENCODER),
    "roberta": ("RobertaForMaskedLM", ENCODER),
    "distilbert": ("DistilBertForMaskedLM", NAMES | {"dim": 32, "hidden_dim": 64, "n_layers": 2, "n_heads": 4, "pad_token_id": 0}),
    "modernbert": (
        "ModernBertForMaskedLM",
        PLAIN
        | {"pad_token_id": 0, "local_attention": 6, "cls_token_id": 1, "sep_token_id": 2}
        | {"layer_types": ["full_attention", "sliding_attention"]},
    ),
    "electra": ("ElectraForMaskedLM", ENCODER | {"embedding_size": 16}),
    "albert": ("AlbertForMaskedLM", ENCODER | {"embedding_size": 16}),
    "t5": ("T5ForConditionalGeneration", T5),
    "bart": ("BartForConditionalGeneration", BART),
    "marian": ("MarianMTModel", BART),
    "whisper": (
        "WhisperForConditionalGeneration",
        NAMES
        | SIDES
        | {"d_model": 32, "num_mel_bins": 8, "max_source_positions": 12}
        | {"max_target_positions": 64, "pad_token_id": 0, "decoder_start_token_id": 0, "begin_suppress_tokens": None},
    ),
    "vit": (
        "ViTModel",
        {name: size for name, size in SIZES.items() if name != "max_position_embeddings"} | {"image_size": 24, "patch_size": 8},
    ),
    "clip": (
        "CLIPForImageClassification",
        {
            "vision_config": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
            | {"image_size": 24, "patch_size": 8}
        },
    ),
    "bloom": ("BloomForCausalLM", NAMES | {"hidden_size": 32, "n_layer": 2, "n_head": 4}),
    "mpt": ("MptForCausalLM", NAMES | {"d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": 128}),
    "falcon": ("FalconForCausalLM", PLAIN),
    "falcon-rw": ("FalconForCausalLM", PLAIN | {"alibi": True, "multi_query": False, "parallel_attn": False}),
    "gptj": ("GPTJForCausalLM", GPT2 | {"rotary_dim": 4}),
    "gpt_neo": (
        "GPTNeoForCausalLM",
        NAMES
        | {"hidden_size": 32, "num_layers": 2, "num_heads": 4, "max_position_embeddings": 128}
        | {"attention_types": [[["global", "local"], 1]], "window_size": 4},
    ),
    "xlnet": ("XLNetLMHeadModel", NAMES | {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64}),
    "deberta_v2": ("DebertaV2ForMaskedLM", ENCODER | {"relative_attention": True, "pos_att_type": "c2p|p2c"}),
    "lfm2": ("Lfm2ForCausalLM", GROUPED | {"num_hidden_layers": 3, "layer_types": ["conv", "full_attention", "conv"]}),
    "mamba": ("MambaForCausalLM", {"vocab_size": 400, "hidden_size": 16, "num_hidden_layers": 2, "state_size": 4}),
}


def small_model(family: str, *, kernel: str | None = None) -> PreTrainedModel:
    """A model of `family` in evaluation mode; the same weights every time. `kernel` is "eager", "sdpa" or the family's own."""
    class_name, settings = FAMILIES[family]
    model_class = getattr(transformers, class_name)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = model_class._from_config(model_class.config_class(**settings), attn_implementation=kernel)
    return widen(model).eval()


@torch.no_grad()
def widen(model: PreTrainedModel, *, seed: int = 0) -> PreTrainedModel:
    """Draw every matrix anew and move every vector, so that heads differ and nothing (a bias, a sink) is zero."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() > 1:
            parameter.copy_(WIDE * noise)
        else:
            parameter.add_(0.1 * noise)
    return model
