"""Two ways to train a small GPT that people use today, at the size and with the recipe of nanoGPT's CPU configuration.

In: a `Task`, a seed and a `Watch`, told after every step. Out: nothing; what was reached stands in the watch. `plain_gpt` is that
recipe written out in plain torch; `hugging_face_trainer` is `GPT2LMHeadModel` in `transformers.Trainer` with the same settings.
Source of the recipe: nanoGPT, config/train_shakespeare_char.py with the changes its README gives for a CPU.
"""

import math
import tempfile

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from training_measures import Task, Watch, crops
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainerCallback, TrainerState, TrainingArguments, set_seed

LAYERS, HEADS, WIDTH = 4, 4, 128
PEAK_RATE, LAST_RATE, WARMUP_STEPS = 1e-3, 1e-4, 100
BETAS, WEIGHT_DECAY, CLIP = (0.9, 0.99), 0.1, 1.0


class PlainBlock(nn.Module):
    """Pre-norm attention and MLP with GELU, no biases."""

    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH, bias=False) for _ in range(2))
        self.queries_keys_values = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.mix = nn.Linear(WIDTH, WIDTH, bias=False)
        self.up = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.down = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        parts = self.queries_keys_values(self.norms[0](x)).split(WIDTH, -1)  # 3 x (B, T, D)
        q, k, v = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in parts)  # (B, H, T, d) each
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # (B, H, T, d)
        x = x + self.mix(attended.transpose(1, 2).flatten(2))  # (B, T, D)
        return x + self.down(F.gelu(self.up(self.norms[1](x))))  # (B, T, D)


class PlainGPT(nn.Module):
    """GPT-2's formulas without biases: learned positions, a head tied to the embedding. ids # (B, T) to logits # (B, T, V)."""

    def __init__(self, vocabulary_size: int, context: int, seed: int):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary_size, WIDTH), nn.Embedding(context, WIDTH)
        self.blocks = nn.ModuleList(PlainBlock() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH, bias=False)
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                residual = name.endswith(("mix.weight", "down.weight"))
                std = 0.02 / math.sqrt(2 * LAYERS) if residual else 0.02
                nn.init.normal_(parameter, std=std, generator=generator)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]  # (B, T, D)
        for block in self.blocks:
            x = block(x)  # (B, T, D)
        return F.linear(self.norm(x), self.tokens.weight)  # (B, T, V)


def plain_gpt(task: Task, seed: int, watch: Watch) -> None:
    """nanoGPT's recipe as a loop of plain torch: AdamW, cosine, clipped gradients, float32."""
    model = PlainGPT(task.vocabulary_size, task.context, seed)
    kinds = {decay: [p for p in model.parameters() if (p.ndim == 2) == decay] for decay in (True, False)}
    groups = [{"params": kinds[decay], "weight_decay": WEIGHT_DECAY if decay else 0.0} for decay in (True, False)]
    optimizer = torch.optim.AdamW(groups, lr=PEAK_RATE, betas=BETAS)
    generator = torch.Generator().manual_seed(seed)
    watch.start(model)
    for step in range(1, task.num_steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = cosine_rate(step, task.num_steps)
        batch = crops(task.train, task.batch_size, task.context, generator)  # (B, T + 1)
        logits = model(batch[:, :-1])  # (B, T, V)
        loss = F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        watch.after(step)


def cosine_rate(step: int, num_steps: int) -> float:
    """The learning rate at `step` (1 is the first): a linear rise over the warm-up, half a cosine down to the last rate.

    >>> cosine_rate(100, 2000), round(cosine_rate(2000, 2000), 6)
    (0.001, 0.0001)
    """
    if step <= WARMUP_STEPS:
        return PEAK_RATE * step / WARMUP_STEPS
    share = (step - WARMUP_STEPS) / max(1, num_steps - WARMUP_STEPS)
    return LAST_RATE + (PEAK_RATE - LAST_RATE) * (1 + math.cos(math.pi * share)) / 2


class Crops(torch.utils.data.Dataset):
    """Every stretch of `context` + 1 tokens of the text; Trainer draws from them, the model itself shifts the labels by one."""

    def __init__(self, ids: Tensor, context: int):
        self.ids, self.context = ids, context

    def __len__(self) -> int:
        return len(self.ids) - self.context

    def __getitem__(self, start: int) -> dict[str, Tensor]:
        crop = self.ids[start : start + self.context + 1]  # (T + 1)
        return {"input_ids": crop, "labels": crop}


class TellWatch(TrainerCallback):
    """Starts a watch when Trainer starts, and tells it of every step."""

    def __init__(self, watch: Watch, model: nn.Module):
        self.watch, self.model = watch, model

    def on_train_begin(self, *_, **__) -> None:
        self.watch.start(self.model)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, *_, **__) -> None:
        self.watch.after(state.global_step)


def hugging_face_trainer(task: Task, seed: int, watch: Watch) -> None:
    """`GPT2LMHeadModel` at the same size in `transformers.Trainer`, with the same optimizer settings and schedule."""
    set_seed(seed)
    no_dropout = dict(embd_pdrop=0.0, resid_pdrop=0.0, attn_pdrop=0.0)
    sizes = dict(n_layer=LAYERS, n_head=HEADS, n_embd=WIDTH, n_positions=task.context + 1)
    model = GPT2LMHeadModel(
        GPT2Config(vocab_size=task.vocabulary_size, **sizes, **no_dropout, bos_token_id=None, eos_token_id=None, use_cache=False)
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            output_dir=folder,
            max_steps=task.num_steps,
            per_device_train_batch_size=task.batch_size,
            learning_rate=PEAK_RATE,
            lr_scheduler_type="cosine_with_min_lr",
            lr_scheduler_kwargs={"min_lr": LAST_RATE},
            warmup_steps=WARMUP_STEPS,
            adam_beta1=BETAS[0],
            adam_beta2=BETAS[1],
            weight_decay=WEIGHT_DECAY,
            max_grad_norm=CLIP,
            seed=seed,
            use_cpu=True,
            report_to="none",
            logging_strategy="no",
            save_strategy="no",
            disable_tqdm=True,
        )
        data = Crops(task.train, task.context)
        Trainer(model, settings, train_dataset=data, callbacks=[TellWatch(watch, model)]).train()
