import pytest
import torch

from aigc_toolkit.generation import batch, generate, threads
from aigc_toolkit.generation.sampling import measure
from aigc_toolkit.generation.threads import one_thread


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_one_thread_for_the_time_being(three_threads):
    with pytest.raises(ZeroDivisionError), one_thread():
        assert torch.get_num_threads() == 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == 3
    with one_thread(wanted=False):
        assert torch.get_num_threads() == 3


def test_a_batch_of_a_small_model_uses_one_thread(lm, three_threads, monkeypatch):
    seen = []
    monkeypatch.setattr(batch, "measure", lambda *given: seen.append(torch.get_num_threads()) or measure(*given))
    for small_bytes in (2**25, 100):
        monkeypatch.setattr(threads, "SMALL_BYTES", small_bytes)
        generate(lm, "Mia", max_new_tokens=1, temperature=0)
    assert seen == [1, 3] and torch.get_num_threads() == 3
