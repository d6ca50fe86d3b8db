"""The operator's settings: read from the environment, refused by the variable's name, listed whole."""

from dataclasses import fields
from pathlib import Path

import pytest

from aigc_toolkit.demo.operator_settings import Operator, operator_table

ROOT = Path(__file__).parents[1]


def test_nothing_set_is_the_usual_page():
    assert Operator.from_environment({"PATH": "/bin", "AIGC_PORT": "", "AIGC_API_KEY": "secret"}) == Operator()


def test_every_setting_has_a_variable(tmp_path):
    given = {
        "AIGC_MODEL": "http://localhost:8000/v1",
        "AIGC_MODELS": "Qwen/*, openai-community/gpt2",
        "AIGC_MODEL_FOLDERS": str(tmp_path),
        "AIGC_MODEL_GIGABYTES": "1.5",
        "AIGC_TRAINING": "off",
        "AIGC_TRAINING_MINUTES": "3",
        "AIGC_TRAINING_MEGABYTES": "4",
        "AIGC_TRAINING_WAITING": "2",
        "AIGC_MAX_NEW_TOKENS": "100",
        "AIGC_MAX_CHARACTERS": "5000",
        "AIGC_MAX_WAITING": "10",
        "AIGC_MAX_THREADS": "20",
        "AIGC_HOST": "0.0.0.0",
        "AIGC_PORT": "8080",
        "AIGC_LOGIN": "teacher:a:secret",
    }
    operator = Operator.from_environment(given)
    assert {f"AIGC_{setting.name.upper()}" for setting in fields(Operator)} == given.keys()
    assert all(getattr(operator, setting.name) != setting.default for setting in fields(Operator))
    assert operator.models == ("Qwen/*", "openai-community/gpt2") and operator.login == ("teacher", "a:secret")
    assert operator.serving() == {
        "server_name": "0.0.0.0",
        "server_port": 8080,
        "auth": ("teacher", "a:secret"),
        "max_threads": 20,
    }


def test_what_is_not_set_is_left_to_gradio():
    assert Operator().serving() == {"max_threads": 128}


@pytest.mark.parametrize(
    ("variable", "given", "message"),
    [
        ("AIGC_PORT", "http", "AIGC_PORT is 'http'; allowed: a whole number from 1 to 65,535. Change it, or unset it."),
        ("AIGC_PORT", "99999", "a whole number from 1 to 65,535"),
        ("AIGC_MAX_NEW_TOKENS", "-1", "AIGC_MAX_NEW_TOKENS is '-1'; allowed: a whole number from 1"),
        ("AIGC_MODEL_GIGABYTES", "many", "a number from 0.1 to 10,000"),
        ("AIGC_MODEL_GIGABYTES", "nan", "a number from 0.1 to 10,000"),
        ("AIGC_TRAINING", "maybe", "AIGC_TRAINING is 'maybe'; allowed: on or off"),
        ("AIGC_MODEL_FOLDERS", "/not/there", "folders that exist, with ':' between them, and '/not/there' is none"),
        ("AIGC_HOST", "  ", "allowed: a text"),
    ],
)
def test_a_bad_value_is_named_by_its_variable(variable, given, message):
    with pytest.raises(ValueError) as refused:
        Operator.from_environment({variable: given})
    assert message in str(refused.value)


@pytest.mark.parametrize("given", ["teacher", ":secret", "teacher:"])
def test_a_bad_login_is_refused_and_not_shown(given):
    with pytest.raises(ValueError, match="allowed: user:password, neither of them empty") as refused:
        Operator.from_environment({"AIGC_LOGIN": given})
    assert given not in str(refused.value).replace("user:password", "")


def test_a_misspelt_variable_is_refused():
    with pytest.raises(ValueError, match=r"AIGC_TRAINNING is no setting of the page; .* Did you mean AIGC_TRAINING\?"):
        Operator.from_environment({"AIGC_TRAINNING": "off"})


def test_the_readme_shows_a_line_for_every_setting():
    assert len(operator_table().splitlines()) == 2 + len(fields(Operator))
    assert f"\n\n{operator_table()}\n\n" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_chinese_readme_has_the_same_variables_and_defaults():
    shown = [line.split("|")[1:3] for line in operator_table().splitlines()[2:]]
    chinese = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8").splitlines()
    assert [line.split("|")[1:3] for line in chinese if line.startswith("| `AIGC_")] == shown
