"""The "what if" switches of GPTConfig: each changes what it says, still learns, and is refused where others have no such model."""

from types import SimpleNamespace

import pytest
import torch

from aigc_toolkit import LanguageModel, TrainConfig
from aigc_toolkit.gpt import GPT, GPTConfig, to_hugging_face
from aigc_toolkit.gpt.attention import Attention
from aigc_toolkit.gpt.transformer import Block
from aigc_toolkit.training.losses import next_token_loss
from aigc_toolkit.training.run_file import RunFile

SIZES = dict(vocabulary_size=97, context=32, num_layers=2, num_heads=4, width=32)
PRESETS = {"gpt2": GPTConfig.gpt2, "modern": GPTConfig.modern}
SWITCHES = {"causal_mask": False, "residual": False, "scaled_scores": False, "positions": "none"}
preset = pytest.mark.parametrize("preset", [pytest.param(make, id=name) for name, make in PRESETS.items()])
switch = pytest.mark.parametrize("switch", SWITCHES)


def shaken(module: torch.nn.Module) -> torch.nn.Module:
    """Every parameter drawn at random, the same ones every time, so that no zero or one hides a mistake."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
    return module.eval()


def random(*shape: int, seed: int = 2) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def what_if(preset, switch: str) -> GPTConfig:
    return preset(**SIZES, **{switch: SWITCHES[switch]})


@preset
def test_nothing_is_switched_by_default(preset):
    config = preset(**SIZES)
    assert config.causal_mask and config.residual and config.scaled_scores
    assert config.positions != "none"


@preset
@pytest.mark.parametrize("causal_mask", [True, False])
def test_without_a_mask_the_first_token_sees_the_future(preset, causal_mask):
    gpt = shaken(GPT(preset(**SIZES, causal_mask=causal_mask)))
    ids = torch.tensor([[5, 9, 11, 3]])
    changed = torch.tensor([[5, 9, 11, 4]])
    assert torch.equal(gpt(ids)[0, 0], gpt(changed)[0, 0]) == causal_mask


@preset
@pytest.mark.parametrize("residual", [True, False])
def test_without_a_residual_nothing_passes_a_silent_block(preset, residual):
    block = shaken(Block(preset(**SIZES, residual=residual), rotary=None))
    with torch.no_grad():
        for part in (block.attention.output, block.mlp.down):
            for parameter in part.parameters():
                parameter.zero_()
    x = random(1, 5, 32)  # (B, T, D)
    assert torch.equal(block(x), x if residual else torch.zeros_like(x))


@preset
@pytest.mark.parametrize("positions", ["learned", "rotary", "none"])
def test_without_positions_and_mask_the_order_of_tokens_is_unknown(preset, positions):
    gpt = shaken(GPT(preset(**SIZES, positions=positions, causal_mask=False)))
    ids, swapped = torch.tensor([[5, 9, 11, 3]]), torch.tensor([[9, 5, 11, 3]])
    difference = (gpt(ids)[0, -1] - gpt(swapped)[0, -1]).abs().max()
    assert (difference < 1e-4) == (positions == "none")


@preset
def test_without_positions_there_is_nothing_to_learn_about_them(preset):
    gpt = GPT(what_if(preset, "positions"))
    assert gpt.positions is None
    assert [name for name, _ in gpt.named_parameters() if "position" in name] == []
    assert gpt.blocks[0].attention.rotary is None


@preset
def test_without_the_root_scores_are_larger_by_it(preset):
    scaled, unscaled = (shaken(Attention(preset(**SIZES, scaled_scores=on), rotary=None)) for on in (True, False))
    with torch.no_grad():
        part = unscaled.query_norm if preset == GPTConfig.modern else unscaled.query  # the last to touch q
        for parameter in part.parameters():
            parameter.div_(unscaled.head_dim**0.5)  # what the root would have done
    x = random(1, 6, 32)  # (B, T, D)
    assert torch.allclose(unscaled(x), scaled(x), atol=1e-5)


@preset
@switch
def test_a_fresh_what_if_learns_with_every_parameter(preset, switch):
    gpt = GPT(what_if(preset, switch))
    ids = torch.randint(97, (4, 17), generator=torch.Generator().manual_seed(3))  # (B, T + 1)
    optimizer = torch.optim.AdamW(gpt.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = next_token_loss(gpt(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    silent = [name for name, parameter in gpt.named_parameters() if not parameter.grad.any()]
    assert silent == []
    assert losses[-1] < losses[0] - 0.5


@preset
@switch
@pytest.mark.parametrize("convert", [to_hugging_face, lambda gpt: LanguageModel.from_gpt(gpt, None)], ids=["convert", "from_gpt"])
def test_a_what_if_is_no_hugging_face_model(preset, switch, convert):
    message = rf"{switch}={SWITCHES[switch]!r} given, a what-if: a GPT with {switch}=.* only is converted to Hugging Face\. Train"
    with pytest.raises(ValueError, match=message):
        convert(GPT(what_if(preset, switch)))


@switch
def test_a_run_that_could_not_save_its_model_ends_before_it_begins(switch):
    model = dict(num_layers=1, num_heads=2, width=16) | {switch: SWITCHES[switch]}
    corpus = SimpleNamespace(tokenizer=range(97))
    unsaved = RunFile(corpus={}, model=model, lora=None, training=TrainConfig(context=8), save=None)
    assert getattr(unsaved.make_model(None, corpus).config, switch) == SWITCHES[switch]
    saved = RunFile(corpus={}, model=model, lora=None, training=TrainConfig(context=8), save="mine")
    with pytest.raises(ValueError, match=f"{switch}=.* given, a what-if"):
        saved.make_model(None, corpus)
