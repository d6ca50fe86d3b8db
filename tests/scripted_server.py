"""Answers a server gives in tests, event by event, for `openai_server.Server`: whole ones, refusals, several in turn."""

from aigc_toolkit.remote import Limits

PATIENT = Limits(first_delay_seconds=0.01, longest_delay_seconds=0.05, silence_seconds=5)
PROMPT = "Mia had a red kite. She"


def scripted(*answers):
    """An answer function: plain probes are answered, streams by `answers` in turn, the last one for all that follow."""
    left = list(answers)

    def answer(request):
        if request.path == "/v1/models":
            return request.reply({"data": [{"id": "m"}]})
        if not request.body.get("stream"):
            return request.reply({"choices": [{"text": "x", "message": {"content": "x"}}]})
        return (left.pop(0) if len(left) > 1 else left[0])(request)

    return answer


def say(*events):
    def answer(request):
        request.begin()
        for event in events:
            request.event({"choices": [event]} if isinstance(event, dict) and "error" not in event else event)

    return answer


A, B, END, DONE = {"text": "a"}, {"text": "b"}, {"text": "", "finish_reason": "stop"}, "data: [DONE]"


def refuse(status, **headers):
    return lambda request: request.reply({"error": {"message": "no, not now"}}, status=status, **headers)
