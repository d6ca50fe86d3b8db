"""Two processes train as one: the same losses and weights, one checkpoint, gone on with by either; whole and sharded weights.

Losses and gradient norms agree within 1e-4 and weights within 2e-3, not to the bit: sums are taken in another order, and Muon's
iteration, in bfloat16, sees the difference.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from two_processes import CONFIG, Letters, forget_the_end, in_folder, new_gpt, numbers

from aigc_toolkit import train
from aigc_toolkit.gpt import to_hugging_face
from aigc_toolkit.training.checkpoints import latest_checkpoint
from aigc_toolkit.training.sharded_tensors import load_whole_weights, whole_weights

pytest.importorskip("accelerate")
ROOT = Path(__file__).parents[1]


def launch(*arguments: str) -> None:
    """Start two processes that meet on a free port; the output is shown where one fails."""
    command = [sys.executable, "-m", "accelerate.commands.launch", "--num_processes", "2", "--main_process_port", "0", *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> dict:
    """A run of one process: its folder, numbers and weights."""
    folder = tmp_path_factory.mktemp("one")
    gpt = new_gpt()
    steps = numbers(list(train(gpt, Letters(), in_folder(folder / "one"))))
    return {"folder": folder / "one", "steps": steps, "weights": whole_weights(gpt)}


@pytest.fixture(scope="module")
def two(one, tmp_path_factory) -> dict:
    """Where two processes have trained, and what each saw."""
    folder = tmp_path_factory.mktemp("two")
    for name in ("one_then_two", "one_then_sharded"):
        shutil.copytree(one["folder"], folder / name)
        forget_the_end(folder / name)
    launch("--multi_gpu", "tests/two_processes.py", str(folder))
    found = [json.loads((folder / f"found-{rank}.json").read_text()) for rank in (0, 1)]
    assert [each["num_processes"] for each in found] == [2, 2]
    return {"folder": folder, "found": found}


def near(steps: list[list], expected: list[list]) -> bool:
    flat = [0.0 if value is None else value for step in steps for value in step]
    return flat == pytest.approx([0.0 if value is None else value for step in expected for value in step], abs=1e-4)


def assert_near(weights: dict, expected: dict) -> None:
    assert weights.keys() == expected.keys()
    for name in expected:
        assert torch.allclose(weights[name], expected[name], atol=2e-3), name


@pytest.mark.parametrize(("name", "begin"), [("two", 0), ("sharded", 0), ("one_then_two", 3), ("one_then_sharded", 3)])
def test_two_processes_train_as_one(one, two, name, begin):
    for rank in (0, 1):
        assert near(two["found"][rank][name], one["steps"][begin:])
        assert_near(torch.load(two["folder"] / f"{name}-{rank}.pt", weights_only=True), one["weights"])


@pytest.mark.parametrize("name", ["hugging_face_two", "hugging_face_sharded"])
def test_two_processes_train_a_hugging_face_model_as_one(two, name):
    expected = numbers(list(train(to_hugging_face(new_gpt(tie_embeddings=True)), Letters(), CONFIG)))
    for each in two["found"]:
        assert near(each[name], expected)


@pytest.mark.parametrize("name", ["two", "sharded", "one_then_two", "one_then_sharded"])
def test_files_are_written_once(two, name):
    assert sorted(path.name for path in (two["folder"] / name).iterdir()) == ["metrics.jsonl", "step-00000003", "step-00000006"]
    lines = [json.loads(line) for line in (two["folder"] / name / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("name", ["two", "sharded"])
def test_one_process_goes_on_from_two(one, two, name, tmp_path):
    shutil.copytree(two["folder"] / name, tmp_path / name)
    forget_the_end(tmp_path / name)
    gpt = new_gpt()
    steps = numbers(list(train(gpt, Letters(), in_folder(tmp_path / name), resume=True)))
    assert near(steps, one["steps"][3:])
    assert_near(whole_weights(gpt), one["weights"])


def test_ctrl_c_in_one_process_lets_all_leave_at_the_same_step(one, two):
    assert latest_checkpoint(two["folder"] / "left").step == 2
    for each in two["found"]:
        assert near(each["left"], one["steps"][:1])


def test_a_number_that_is_not_finite_in_one_process_stops_all(two):
    assert all("the loss is nan at step 1" in each["diverged"] for each in two["found"])


def test_a_batch_that_cannot_be_shared_is_refused(two):
    for each in two["found"]:
        assert "batch_size=6 with 2 processes and gradient_accumulation=2" in each["refused"]
        assert "Set batch_size to a multiple of 4" in each["refused"]


def test_weights_of_another_make_are_refused():
    with pytest.raises(KeyError, match="is missing or of another shape"):
        load_whole_weights(new_gpt(), whole_weights(new_gpt(width=32)))
    with pytest.raises(KeyError, match="blocks.1"):
        load_whole_weights(new_gpt(), whole_weights(new_gpt(num_layers=1)))


def test_tied_weights_are_kept_once():
    weights = whole_weights(new_gpt(tie_embeddings=True))
    assert "embedding.weight" in weights
    assert "head.weight" not in weights
    gpt = new_gpt(tie_embeddings=True)
    load_whole_weights(gpt, {name: tensor + 1 for name, tensor in weights.items()})
    assert torch.equal(gpt.head.weight, weights["embedding.weight"] + 1)
