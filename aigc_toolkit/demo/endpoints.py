"""What programs ask the page for: writing, answering, summing up, scoring, attention, by stable names and with types.

Comes in: the shell. Goes out: endpoints for `gradio_client`, for HTTP, and as tools for an MCP client (`gradio[mcp]`). Their
docstrings are what those show. Everything the tabs do by themselves is hidden from that list. The numbers are the toolkit's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from aigc_toolkit import TokenStep, capture_attention
from aigc_toolkit import score as scored
from aigc_toolkit import summarize as summed_up

from .page_model import PageModel
from .problems import NO_MODEL, REFUSALS, checked_length
from .settings import keywords
from .shell import Shell

MOST_TOKENS = 600  # whose attention is one answer: some 3 MB of JSON


def endpoints(shell: Shell) -> None:
    """Add them to the Blocks that are being built."""
    for name, make in _WRITING.items():
        gr.api(make(shell), api_name=name, concurrency_limit=32, concurrency_id="texts for programs")
    for name, make in _READING.items():
        gr.api(make(shell), api_name=name, concurrency_limit=2, concurrency_id="numbers for programs")


@contextmanager
def _asked(shell: Shell, request: gr.Request, name: str, *texts: str) -> Iterator[PageModel]:
    """The model a program asks for; what is wrong with the request is told to it as an error with the toolkit's own words."""
    try:
        for text in texts:
            checked_length(text, shell.operator.max_characters)
        with shell.models.use(request.session_hash or "", name or None) as model:
            yield model
    except (*REFUSALS, *NO_MODEL) as problem:
        raise gr.Error(str(problem), print_exception=False) from problem


def _write(shell: Shell) -> Callable:
    def write(
        request: gr.Request,
        prompt: str,
        max_new_tokens: int = 160,
        temperature: float = 0.8,
        top_p: float = 1.0,
        top_k: int = 0,
        seed: int = 0,
        model: str = "",
    ) -> dict:
        """Continue a text, with the probability of every token that was chosen.

        Gives {"text": what follows the prompt, "stop_reason", "model", "tokens": [{"text", "id", "logprob" (nats), "rank" (1: the
        likeliest), "entropy" (nats of the distribution it was chosen from)}, ...]}. The same seed gives the same text.

        Args:
            prompt: The text to continue, in the model's languages: English or Chinese for the built-in one.
            max_new_tokens: At most so many new tokens.
            temperature: 0 takes the most likely token, 1 follows the model's own probabilities, up to 2.
            top_p: Choose among the most likely tokens that together have this probability; 1 for no limit.
            top_k: Choose among the k most likely tokens; 0 for no limit.
            seed: A whole number; the same one gives the same text.
            model: Name of a model, one of those the endpoint models gives; empty for the page's first one.
        """
        with _asked(shell, request, model, prompt) as used:
            values = dict(max_new_tokens=max_new_tokens, temperature=temperature, top_p=top_p, top_k=top_k, seed=seed)
            stream = used.scheduler.stream(
                prompt, user=request.session_hash or "", **keywords(values, shell.operator.most_tokens(used.lm.context_length))
            )
            tokens = [_token(step) for step in stream]
            written = stream.generation()
            return {"text": written.text, "stop_reason": written.stop_reason, "model": used.name, "tokens": tokens}

    return write


def _chat(shell: Shell) -> Callable:
    def chat(
        request: gr.Request,
        messages: list[dict[str, str]],
        max_new_tokens: int = 80,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
        model: str = "",
    ) -> dict:
        """Answer the last message of a conversation.

        Gives {"reply", "stop_reason", "num_left_out": oldest messages the context had no room for, "model"}. The built-in model was
        taught to answer questions about a short story it is given, and to sum one up.

        Args:
            messages: The conversation, oldest first: {"role": "user" or "assistant" or, first, "system", "content": text}; the last
                is the user's.
            max_new_tokens: At most so many tokens of reply.
            temperature: 0 takes the most likely token, 1 follows the model's own probabilities, up to 2.
            top_p: Choose among the most likely tokens that together have this probability; 1 for no limit.
            seed: A whole number; the same one gives the same reply.
            model: Name of a model, one of those the endpoint models gives; empty for the page's first one.
        """
        with _asked(shell, request, model, *(str(each) for each in messages)) as used:
            values = dict(max_new_tokens=max_new_tokens, temperature=temperature, top_p=top_p, seed=seed)
            stream = used.scheduler.chat(
                messages, user=request.session_hash or "", **keywords(values, shell.operator.most_tokens(used.lm.context_length))
            )
            for _ in stream:
                pass
            return {
                "reply": stream.reply,
                "stop_reason": stream.stop_reason,
                "num_left_out": stream.num_left_out,
                "model": used.name,
            }

    return chat


def _summarize(shell: Shell) -> Callable:
    def summarize(request: gr.Request, text: str, max_new_tokens: int = 64, model: str = "") -> dict:
        """Sum up a text in a sentence; one beyond the context is summed up in parts.

        Gives {"summary", "method": how the model was asked, "num_parts", "model"}.

        Args:
            text: The text to sum up.
            max_new_tokens: At most so many tokens of summary.
            model: Name of a model, one of those the endpoint models gives; empty for the page's first one.
        """
        with _asked(shell, request, model, text) as used:
            made = summed_up(
                used.lm, text, **keywords({"max_new_tokens": max_new_tokens}, shell.operator.most_tokens(used.lm.context_length))
            )
            return {"summary": made.summary, "method": made.method, "num_parts": len(made.parts), "model": used.name}

    return summarize


def _score(shell: Shell) -> Callable:
    def score(request: gr.Request, text: str, model: str = "") -> dict:
        """How likely the model finds a text: its perplexity and every token's log-probability. Nothing is written.

        Gives {"perplexity", "mean_logprob" (nats per token), "tokens": [{"text", "id", "logprob", "rank", "entropy"}, ...],
        "model"}; nothing predicts the first token, so its numbers are null.

        Args:
            text: The text to score, at least two tokens.
            model: Name of a model, one of those the endpoint models gives; empty for the page's first one.
        """
        with _asked(shell, request, model, text) as used:
            _must_be_here(used)
            made = scored(used.lm, text, num_alternatives=1)
            tokens = [_token(step) for step in made.tokens]
            return {"perplexity": made.perplexity, "mean_logprob": made.mean_logprob, "tokens": tokens, "model": used.name}

    return score


def _attention(shell: Shell) -> Callable:
    def attention(request: gr.Request, text: str, layer: int = 0, head: int = 0, model: str = "") -> dict:
        """The attention weights of one head over a text: as the model computes them, proven against its own output.

        Gives {"tokens": [texts], "weights": [[weight of query row on key column, rows sum to 1]], "num_layers", "num_heads",
        "max_error": the largest difference between the recomputed and the model's own attention output, "model"}.

        Args:
            text: The text the model reads, at most 600 tokens.
            layer: Which layer, from 0.
            head: Which head of it, from 0.
            model: Name of a model, one of those the endpoint models gives; empty for the page's first one.
        """
        with _asked(shell, request, model, text) as used:
            _must_be_here(used)
            if (num_tokens := len(used.lm.texts.encode(text))) > MOST_TOKENS:
                raise ValueError(f"The text has {num_tokens:,} tokens; {MOST_TOKENS} are allowed for one answer. Shorten it.")
            made = capture_attention(used.lm, text)
            weights = [[round(float(weight), 6) for weight in row] for row in made.weights(layer, head)]
            return {
                "tokens": list(made.tokens),
                "weights": weights,
                "num_layers": made.num_layers,
                "num_heads": made.num_heads,
                "max_error": float(made.verify().max_error),
                "model": used.name,
            }

    return attention


def _heads(shell: Shell) -> Callable:
    def heads(request: gr.Request, text: str, model: str = "") -> dict:
        """What every head does on a text, as numbers, each with the null it has to beat.

        Gives {"heads": [{"layer", "head", and one number for each measure}, ...], "definitions": what each measure is, "model"}.

        Args:
            text: The text the model reads, at least two tokens.
            model: Name of a model, one of those the endpoint models gives; empty for the page's first one.
        """
        with _asked(shell, request, model, text) as used:
            _must_be_here(used)
            table = capture_attention(used.lm, text).head_scores()
            rows = json.loads(table.to_json(orient="records"))  # what is not finite becomes null
            return {"heads": rows, "definitions": dict(table.attrs["definitions"]), "model": used.name}

    return heads


def _models(shell: Shell) -> Callable:
    def models(request: gr.Request) -> dict:
        """The models of this page: {"models": [names], "first": the one that is used where none is named}."""
        return {"models": shell.models.offered(request.session_hash or ""), "first": shell.models.first.name}

    return models


def _must_be_here(model: PageModel) -> None:
    if not model.is_here:
        raise ValueError(
            f"{model.name!r} runs on a server, which gives neither scores nor attention; a model that runs here is needed. "
            "Name another of those the endpoint models gives."
        )


def _token(step: TokenStep) -> dict[str, Any]:
    return {"text": step.text, "id": step.id, "logprob": step.logprob, "rank": step.rank, "entropy": step.entropy}


_WRITING = {"write": _write, "chat": _chat, "summarize": _summarize}
_READING = {"score": _score, "attention": _attention, "heads": _heads, "models": _models}
