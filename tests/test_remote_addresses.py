"""Which server is asked for which model, and that the key goes there and nowhere else."""

import pickle

import pytest
from openai_server import Server
from scripted_server import DONE, END, PATIENT, PROMPT, A, say, scripted

from aigc_toolkit.generation import generate
from aigc_toolkit.language_model import load_model
from aigc_toolkit.remote import Connection, RemoteError, RemoteModel

KEY = "sk-very-secret"


def test_the_key_travels_and_is_kept_nowhere(monkeypatch, caplog, story_lm):
    caplog.set_level("DEBUG")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    monkeypatch.setenv("AIGC_API_KEY", KEY)
    with Server(scripted(say(A, END, DONE), lambda request: request.reply({"error": f"bad key {KEY}"}, status=401))) as server:
        remote = RemoteModel(server.address, limits=PATIENT)
        generation = generate(remote, PROMPT)
        assert {headers["authorization"] for *_, headers in server.asked} == {f"Bearer {KEY}"}
        with pytest.raises(RemoteError, match="answered 401: bad key …. Set the key in the environment variable AIGC_API_KEY"):
            generate(remote, PROMPT)
        monkeypatch.setenv("AIGC_API_KEY", "")
        with pytest.raises(RemoteError):
            generate(remote, PROMPT)
        assert server.asked[-1][2]["authorization"] == "Bearer sk-other"
    assert KEY not in repr(remote) + repr(vars(remote)) + repr(vars(remote._connection)) + repr(generation) + caplog.text
    assert KEY.encode() not in pickle.dumps(generation)


def test_a_key_that_no_header_can_hold_is_not_shown(monkeypatch):
    monkeypatch.setenv("AIGC_API_KEY", "sk-sécret")
    with pytest.raises(ValueError, match="The key in AIGC_API_KEY holds signs that a header cannot; .* Set it again") as failure:
        Connection("http://127.0.0.1:1", PATIENT).ask("/models")
    assert "cret" not in str(failure.value)


def test_a_redirect_does_not_carry_the_key_elsewhere(monkeypatch):
    monkeypatch.setenv("AIGC_API_KEY", KEY)
    with (
        Server(scripted(say(A))) as elsewhere,
        Server(lambda request: request.reply({}, status=307, Location=elsewhere.address)) as server,
    ):
        with pytest.raises(RemoteError, match="answered 307"):
            RemoteModel(server.address, limits=PATIENT)
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ftp://host/v1", "'ftp://host/v1' is no address of a server; http://host:port/v1 or https://… is allowed. Write"),
        ("http:///v1", "is no address of a server"),
        ("http://me:secret@host/v1", "The address of 'host' holds a name, a password or a query; .*variable AIGC_API_KEY"),
        ("http://host/v1?key=secret", "The address of 'host' holds"),
    ],
)
def test_addresses_that_are_refused(address, message):
    with pytest.raises(ValueError, match=message) as failure:
        load_model(address)
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ({"data": []}, "model is not given, and .* has 0 models: . Pass one of them"),
        ({"data": [{"id": "a"}, {"id": "b"}]}, "has 2 models: a, b. Pass one of them"),
        ({"models": ["a"]}, "/models lists no models in OpenAI's form; .*Check it"),
        ([], "lists no models in OpenAI's form"),
    ],
)
def test_a_server_whose_models_do_not_name_one(listed, message):
    with Server(lambda request: request.reply(listed)) as server, pytest.raises(ValueError, match=message):
        load_model(server.address)
