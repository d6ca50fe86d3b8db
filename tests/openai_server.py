"""A small server of OpenAI's protocol on loopback, for tests: around our own `stream`, or with the faults a test asks for.

In: a function from (path, body) to what is sent, or a `LanguageModel`. Out: a `Server` with `.address` and what it was asked.
Real sockets, one thread for each connection.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aigc_toolkit.generation import stream
from aigc_toolkit.generation.conversation import stream_chat

MOST_LOGPROBS = 5


class Server:
    """`with Server(answer) as server:`; `answer(request)` sends what it likes through `request`."""

    def __init__(self, answer):
        self.asked: list[tuple[str, dict, dict]] = []  # path, body, headers
        self.left = threading.Event()  # a client went away in the middle of an answer
        self.open = threading.Event()  # what a blocking answer waits for
        server = self

        class Request(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                self.body = {}
                self._answer()

            def do_POST(self):
                self.body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self._answer()

            def _answer(self):
                server.asked.append((self.path, self.body, {name.lower(): value for name, value in self.headers.items()}))
                try:
                    answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    server.left.set()
                self.close_connection = True

            def reply(self, content, status=200, **headers):
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"content-type": "application/json", "content-length": str(len(data)), **headers}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(data)

            def begin(self):
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()

            def event(self, content):
                line = content if isinstance(content, str) else "data: " + json.dumps(content, ensure_ascii=False)
                self.wfile.write(line.encode() + b"\n\n")
                self.wfile.flush()

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self._http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self):
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *problem):
        self.open.set()
        self._http.shutdown()
        self._http.server_close()


def model_answers(lm):
    """The answer function of a server around `lm`, with at most five log-probabilities for each token."""

    def answer(request):
        body = request.body
        if request.path == "/v1/models":
            return request.reply({"object": "list", "data": [{"id": lm.name, "object": "model"}]})
        if body["model"] != lm.name:
            return request.reply({"error": {"message": f"no model {body['model']}"}}, status=404)
        is_chat = request.path.endswith("/chat/completions")
        wanted = body.get("top_logprobs", 0) if is_chat else body.get("logprobs", 0)
        if wanted > MOST_LOGPROBS:
            return request.reply({"error": {"message": f"at most {MOST_LOGPROBS} logprobs"}}, status=400)
        settings = {name: body[name] for name in ("temperature", "top_p", "top_k", "seed", "stop") if name in body}
        settings |= {"max_new_tokens": body["max_tokens"], "num_alternatives": wanted}
        steps = stream_chat(lm, body["messages"], **settings) if is_chat else stream(lm, body["prompt"], **settings)
        has_numbers = "logprobs" in body
        if not body.get("stream"):
            steps.finish()
            text = "".join(step.text for step in steps.tokens)
            shown = {"message": {"content": text}} if is_chat else {"text": body["prompt"] * body.get("echo", False) + text}
            return request.reply({"choices": [shown | _numbers(steps.tokens, is_chat, has_numbers) | _finish(steps)]})
        request.begin()
        for step in steps:
            shown = {"delta": {"content": step.text}} if is_chat else {"text": step.text}
            request.event({"choices": [shown | _numbers([step], is_chat, has_numbers)]})
        request.event({"choices": [{"delta": {}} | _finish(steps)]})
        return request.event("data: [DONE]")

    return answer


def _finish(steps):
    return {"finish_reason": "length" if steps.stop_reason in ("max_new_tokens", "context_full") else "stop"}


def _numbers(steps, is_chat, has_numbers):
    if not has_numbers:
        return {"logprobs": None}
    if is_chat:
        content = [
            {"token": step.text, "logprob": step.logprob}
            | {"top_logprobs": [{"token": other.text, "logprob": other.logprob} for other in step.alternatives]}
            for step in steps
        ]
        return {"logprobs": {"content": content}}
    return {
        "logprobs": {
            "tokens": [step.text for step in steps],
            "token_logprobs": [step.logprob for step in steps],
            "top_logprobs": [{other.text: other.logprob for other in step.alternatives} for step in steps],
        }
    }
