"""The README in the zip of a model that a visitor trained.

Comes in: what was trained and what came of it. Goes out: Markdown that says how to load it without this package, and what was
measured. Of a text of the visitor's own it says nothing but its size.
"""

from __future__ import annotations

from .train_worker import Job

_TEXT = """# {name}

A GPT of {parameters:,} parameters ({layers} layers × {width}, context {context} tokens, {vocabulary:,} different tokens), trained
for {steps:,} of {planned:,} steps of {batch} sequences on {tokens:,} tokens: {source}. On {validation:,} tokens it did not see its
loss is {loss:.3f} nats per token.

It is a Hugging Face folder (Qwen3 architecture, safetensors). With `pip install torch transformers`:

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = "{name}"  # where you unpacked it
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
ids = tokenizer({prompt!r}, return_tensors="pt").input_ids
print(tokenizer.decode(model.generate(ids, max_new_tokens=60, do_sample=True, temperature=0.8)[0]))
```

Or look inside it: `aigc_toolkit.load_model("{name}")`, then `capture_attention`; and see how it learned:
`aigc_toolkit.load_timelapse("{name}/timelapse.safetensors")`, with one slider through its training.
It is small and trained for minutes: it writes in the manner of its text and knows nothing.

这是一个 Hugging Face 文件夹（Qwen3 结构，safetensors），用 transformers 即可载入，如上所示；`load_timelapse` 可回看它的训练。
"""


def readme(job: Job, facts: dict, *, num_steps: int, validation_loss: float) -> str:
    """The text of the README; `facts` are those of `train_worker`, the loss is in nats per token."""
    own = f"a text of {facts['num_documents']:,} documents" if facts["num_documents"] > 1 else "one text"
    stories = {"en": "little stories in English", "zh": "little stories in Chinese"}
    return _TEXT.format(
        name=job.name,
        parameters=facts["num_parameters"],
        layers=job.num_layers,
        width=job.width,
        context=job.context,
        vocabulary=facts["vocabulary_size"],
        steps=num_steps,
        planned=facts["num_steps"],
        batch=job.batch_size,
        tokens=facts["num_training_tokens"],
        validation=facts["num_validation_tokens"],
        source=stories.get(job.language, own),
        loss=validation_loss,
        prompt=job.sample_prompt,
    )
