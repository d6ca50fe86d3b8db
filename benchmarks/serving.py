"""Several users at once on one page: ours beside a plain Gradio page around `transformers.generate`, in the same run.

    python benchmarks/serving.py --users 1 4 16 32 --rounds 2

Each page is a server process of its own, built for the run. The users are in this process and speak HTTP as a browser does: they
join Gradio's queue and read its event stream. All begin at the same moment, each with another prompt. Every text must equal, to the
letter, what the model writes for that prompt alone; anything else is a failure. Greedy, so that both pages write the same tokens.
"""

import argparse
import asyncio
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import gradio as gr
import httpx
import torch
from gradio_client.utils import apply_diff
from machine import machine
from transformers import TextIteratorStreamer

from aigc_toolkit import LanguageModel, generate, load_model
from aigc_toolkit.corpora.story_world import make_document
from aigc_toolkit.demo import build_demo
from aigc_toolkit.demo.page import serve
from aigc_toolkit.demo.settings import BASIC, MORE, NUMBERS

SEED = 1  # the training corpus has seed 0
PAGES = ("ours", "plain")
MOST_SECONDS = 300


@dataclass(frozen=True)
class Served:
    """What one user got: seconds until the first token was there and until the end, and whether the text was the right one."""

    first_token: float
    end: float
    is_right: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="story", help="a built-in name, a folder or an id")
    parser.add_argument("--users", type=int, nargs="+", default=[1, 4, 16, 32])
    parser.add_argument("--rounds", type=int, default=2, help="how often each number of users is measured, pages alternating")
    parser.add_argument("--tokens", type=int, default=64, help="tokens each user asks for")
    parser.add_argument("--threads", type=int, default=1, help="of torch in each page's process")
    parser.add_argument("--serve", choices=PAGES, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    lm = load_model(arguments.model)
    if arguments.serve:
        serve_page(arguments.serve, lm, arguments.port, arguments.tokens, max(arguments.users))
        return
    prompts = [beginning(number) for number in range(max(arguments.users))]
    alone = [generate(lm, prompt, max_new_tokens=arguments.tokens, temperature=0, num_alternatives=1) for prompt in prompts]
    expected = [generation.text for generation in alone]
    num_tokens = [len(generation.tokens) for generation in alone]
    servers = {name: Server(name, arguments) for name in PAGES}
    print(f"{lm.name}, {arguments.tokens} tokens each, greedy, {arguments.threads} torch threads; {machine()}\n")
    print("| users | page | first token, median (slowest) | tokens/s in total (lowest, highest) | ratio | failures |")
    print("|---|---|---|---|---|---|")
    try:
        for server in servers.values():
            server.warm_up()
        for users in arguments.users:
            print("\n".join(measured(servers, users, arguments.rounds, prompts, expected, num_tokens)), flush=True)
    finally:
        for server in servers.values():
            server.stop()


def measured(servers: dict[str, "Server"], users: int, rounds: int, prompts, expected, num_tokens) -> list[str]:
    """The rows of the table for one number of users."""
    runs: dict[str, list[list[Served]]] = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            runs[name].append(asyncio.run(server.all_at_once(prompts[:users], expected)))
    total = sum(num_tokens[:users])
    rates = {name: [total / max(one.end for one in run) for run in each] for name, each in runs.items()}
    rows = []
    for name, each in runs.items():
        first = [one.first_token for run in each for one in run]
        ratio = statistics.median(rates[name]) / statistics.median(rates["plain"])
        rate = f"{statistics.median(rates[name]):.0f} ({min(rates[name]):.0f}, {max(rates[name]):.0f})"
        failures = sum(not one.is_right for run in each for one in run)
        rows.append(
            f"| {users} | {name} | {statistics.median(first):.2f} s ({max(first):.2f} s) | {rate} | {ratio:.1f} | "
            f"{failures} of {len(first)} |"
        )
    return rows


def beginning(number: int) -> str:
    """The first sentences of a story that was not trained on."""
    story = make_document(SEED, "validation", number, languages=("en",), form="story").text
    return ". ".join(story.split(". ")[:2]) + "."


class Server:
    """A page in a process of its own, and users of it."""

    def __init__(self, name: str, arguments):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        counts = {"--tokens": arguments.tokens, "--users": max(arguments.users), "--threads": arguments.threads}
        settings = ["--model", arguments.model, *(str(part) for pair in counts.items() for part in pair)]
        self._process = subprocess.Popen([sys.executable, __file__, "--serve", name, "--port", str(port), *settings])
        self._name, self._tokens = name, arguments.tokens
        self._address = f"http://127.0.0.1:{port}"

    def warm_up(self) -> None:
        """Wait until the page answers, and let it write once."""
        self._function = self._wait()
        asyncio.run(self.all_at_once([beginning(0)], [""]))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _wait(self) -> int:
        """The number of the page's function, once it answers."""
        for _ in range(240):
            try:
                config = httpx.get(f"{self._address}/config").json()
                return next(each["id"] for each in config["dependencies"] if each["api_name"] == "write")
            except (httpx.HTTPError, KeyError):
                time.sleep(0.5)
        raise RuntimeError(f"The page {self._name!r} does not answer.")

    async def all_at_once(self, prompts: list[str], expected: list[str]) -> list[Served]:
        async with httpx.AsyncClient(timeout=MOST_SECONDS, limits=httpx.Limits(max_connections=None)) as client:
            users = [self._user(client, str(number), prompt) for number, prompt in enumerate(prompts)]
            results = await asyncio.gather(*users)
        return [Served(first, end, text == right) for (first, end, text), right in zip(results, expected, strict=False)]

    async def _user(self, client: httpx.AsyncClient, name: str, prompt: str) -> tuple[float, float, str]:
        """Seconds to the first token and to the end, and the text."""
        session = f"{name}-{time.monotonic_ns()}"
        values = [prompt, *(self._settings() if self._name == "ours" else [])]
        start, first, output, written = time.perf_counter(), None, None, Text()
        job = {"data": values, "fn_index": self._function, "session_hash": session}
        (await client.post(f"{self._address}/gradio_api/queue/join", json=job)).raise_for_status()
        async with client.stream("GET", f"{self._address}/gradio_api/queue/data", params={"session_hash": session}) as events:
            async for line in events.aiter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {"msg": None}
                if message["msg"] == "process_generating":
                    output = self._output(output, message["output"]["data"])
                    written.take(output[0])
                    first = first or (time.perf_counter() - start if written.text else None)
                if message["msg"] == "process_completed":
                    end = time.perf_counter() - start
                    return first or end, end, written.text if message["success"] else "failed"
        return MOST_SECONDS, MOST_SECONDS, "no end"

    def _settings(self) -> list:
        usual = {key: NUMBERS[key].value if key in NUMBERS else "" for key in BASIC + MORE}
        usual |= {"watermark": False, "temperature": 0, "max_new_tokens": self._tokens}
        return [usual[key] for key in BASIC + MORE]

    def _output(self, before: list | None, sent: list) -> list:
        """What the page shows now: the first message is whole, later ones say what changed."""
        return sent if before is None else [apply_diff(old, change) for old, change in zip(before, sent, strict=True)]


class Text:
    """The text a user has on the screen, from the updates of either page."""

    def __init__(self):
        self.text = ""
        self._pieces: list[str] = []

    def take(self, value: str) -> None:
        if not value.startswith("{"):
            self.text = value
        else:
            value = json.loads(value)
            start = value.get("start", 0)
            self._pieces[start:] = [step["text"] for step in value["steps"]]
            self.text = "".join(self._pieces)


def serve_page(name: str, lm: LanguageModel, port: int, num_tokens: int, most_users: int) -> None:
    if name == "ours":
        serve(build_demo(lm), server_port=port, quiet=True)
    else:
        plain_page(lm, num_tokens, most_users).launch(server_port=port, quiet=True, max_threads=128)


def plain_page(lm: LanguageModel, num_tokens: int, most_users: int) -> gr.Blocks:
    """The page most people would write: `generate` in a thread, its streamer read into a text box; as many at once as ask."""

    def write(prompt: str):
        streamer = TextIteratorStreamer(lm.tokenizer, skip_prompt=True, skip_special_tokens=True)
        inputs = lm.tokenizer(prompt, return_tensors="pt")
        settings = dict(max_new_tokens=num_tokens, do_sample=False, streamer=streamer)
        threading.Thread(target=lm.model.generate, kwargs={**inputs, **settings}).start()
        text = ""
        for piece in streamer:
            text += piece
            yield text

    with gr.Blocks(analytics_enabled=False) as blocks:
        prompt, answer = gr.Textbox(), gr.Textbox()
        prompt.submit(write, prompt, answer, api_name="write", concurrency_limit=most_users)
    return blocks


if __name__ == "__main__":
    main()
