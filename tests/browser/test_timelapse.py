"""The time-lapse in a real browser: one slider moves everything together, in a saved page and with Python; by mouse and keys."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from small_timelapses import new_gpt, recorded
from transformers import PreTrainedTokenizerFast

from aigc_toolkit.timelapse import TimeLapse
from aigc_toolkit.views import timelapse_view
from browser.accessibility import serious_faults
from browser.fake_records import HOSTILE
from browser.host import show
from browser.waiting import eventually

OpenPage = Callable[..., Page]
HOSTILE_TEXT = HOSTILE[2] + HOSTILE[3]


@pytest.fixture(scope="module")
def timelapse(tokenizer: PreTrainedTokenizerFast) -> TimeLapse:
    prompts = ["Mia lost her red lantern. Tom found the lantern. Mia", "汤姆找到了灯笼。", HOSTILE_TEXT]
    rulers = {"uniform": 5.99, "unigram": 4.2, "bigram": 4.1, HOSTILE[2]: 4.05}
    settings = {"at": [0, 1, 2, 3, 4, 5], "rulers": rulers, "marks": {3: HOSTILE[1]}, "sample_tokens": 4}
    return recorded(tokenizer, new_gpt(tokenizer), prompts=prompts, **settings).run()


@pytest.fixture
def opened(timelapse: TimeLapse, open_page: OpenPage, tmp_path: Path) -> Page:
    page = open_page(timelapse_view(timelapse, step=2, head=(1, 1), language="en").save(tmp_path / "timelapse.html"))
    expect(page.locator(".aigc-readout dd").last).to_have_text(re.compile(r"\d"))
    return page


def slider(page: Page):
    return page.get_by_role("slider", name=re.compile("Snapshot, by step of training|按训练步数选择快照"))


def shown(page: Page) -> dict:
    """What the parts say, each in its own place."""
    return {
        "place": page.locator(".aigc-place").inner_text(),
        "loss": page.locator(".aigc-chart-head b").first.inner_text().split(" ")[0],
        "score": page.locator(".aigc-chart-head b").nth(1).inner_text(),
        "sample": page.locator(".aigc-sample").text_content(),
        "next": page.locator(".aigc-next tr").first.locator("td").last.inner_text(),
        "weight": page.locator(".aigc-readout dd").last.inner_text(),
    }


def expected(timelapse: TimeLapse, step: int, layer: int, head: int) -> dict:
    at, kept = timelapse.steps.index(step), timelapse.attention(step)
    score = timelapse.snapshots[at].repeated.values[0, layer, head]
    probability, row = timelapse.next_tokens(step).probability[0], kept.weights(layer, head)[-1]
    sample = timelapse.samples()[step].lstrip()
    return {
        "place": f"step {step} · {at + 1} of 6" if step else "before training · 1 of 6",
        "loss": f"{timelapse.training.columns['loss'][step - 1]:.3f}" if step else "—",
        "score": f"{score:.3f}",
        "sample": sample or "It ended the text at once.",
        "next": f"{probability:.3f}",
        "weight": f"{row.max():.3f}",
    }


def close_to(found: dict, wanted: dict) -> bool:
    """Whether texts are equal, and numbers up to their last digit."""
    names = ("score", "next", "weight")
    texts = all(found[name] == wanted[name] or "�" in wanted[name] for name in ("place", "loss", "sample"))
    return texts and all(abs(float(found[name]) - float(wanted[name])) <= 1.1e-3 for name in names)


def test_all_parts_move_with_the_slider(opened: Page, timelapse: TimeLapse) -> None:
    opened.get_by_label("Score of the heads").select_option("previous_token")
    slider(opened).focus()
    for key, step in [("ArrowRight", 3), ("ArrowRight", 4), ("End", 5), ("Home", 0), ("ArrowRight", 1)]:
        opened.keyboard.press(key)
        wanted = expected(timelapse, step, 1, 1)
        eventually(opened, lambda wanted=wanted: close_to(shown(opened), wanted) or (shown(opened), wanted), True)
        assert slider(opened).get_attribute("aria-valuetext") == wanted["place"]


def test_it_plays_to_the_end_and_pauses(opened: Page) -> None:
    opened.get_by_role("button", name="Play").click()
    eventually(opened, opened.locator(".aigc-place").inner_text, "step 5 · 6 of 6")
    expect(opened.locator(".aigc-play")).to_have_text("Play")
    opened.locator(".aigc-play").click()
    eventually(opened, lambda: opened.locator(".aigc-place").inner_text() in ("before training · 1 of 6", "step 1 · 2 of 6"), True)
    opened.locator(".aigc-play").click()
    where = opened.locator(".aigc-place").inner_text()
    opened.wait_for_timeout(1200)
    assert opened.locator(".aigc-place").inner_text() == where


def test_the_charts_are_ways_to_go_somewhere(opened: Page, timelapse: TimeLapse) -> None:
    box = opened.locator(".aigc-chart").first.bounding_box()
    opened.mouse.click(box["x"] + 46, box["y"] + 60)
    eventually(opened, opened.locator(".aigc-place").inner_text, "before training · 1 of 6")
    opened.get_by_label("Score of the heads").select_option("first_token")
    name = "first_token"
    values = timelapse.snapshots[-1].repeated.values[list(timelapse.subject.score_names).index(name)]  # (L, H)
    layer, head = divmod(int(values.argmax()), 2)
    box = opened.locator(".aigc-chart").nth(1).bounding_box()
    opened.mouse.click(box["x"] + box["width"] - 9, box["y"] + 8)
    eventually(opened, opened.locator(".aigc-place").inner_text, "step 5 · 6 of 6")
    expect(opened.locator(".aigc-right .aigc-title").first).to_contain_text(f"Layer {layer}, head {head}")


def test_next_tokens_follow_the_token_that_is_chosen(opened: Page, timelapse: TimeLapse) -> None:
    opened.locator(".aigc-token").nth(2).click()
    token = timelapse.attention(2).tokens[2]
    expect(opened.locator(".aigc-next .aigc-title")).to_have_text(f"Expected after {token.replace(' ', '␣')}")
    table = timelapse.next_tokens(2, position=2)
    numbers = opened.locator(".aigc-next td:last-child").all_inner_texts()[:8]
    assert [float(number) for number in numbers] == pytest.approx(table.probability.tolist(), abs=6e-4)
    own = float(opened.locator(".aigc-next .aigc-note").inner_text().rsplit(" ", 1)[1])
    assert own == pytest.approx(float(2.718281828 ** timelapse.snapshots[2].prompts[0].text_logprobs[2]), abs=6e-4)


def test_another_prompt_and_another_text_for_the_scores(opened: Page, timelapse: TimeLapse) -> None:
    opened.get_by_label("汤姆").check()
    expect(opened.locator(".aigc-text")).to_contain_text("到了灯笼")
    expect(opened.locator(".aigc-sample")).to_have_text(re.compile("."))
    before = opened.locator(".aigc-chart-head b").nth(1).inner_text()
    opened.get_by_label("Score of the heads").select_option("same_token")
    opened.get_by_label("Measured on").select_option("prompt")
    value = timelapse.snapshots[2].prompts[1].scores.values[2, 1, 1]
    eventually(opened, opened.locator(".aigc-chart-head b").nth(1).inner_text, "—" if value != value else f"{value:.3f}")
    assert before != ""


def test_the_table_has_a_row_for_each_snapshot(opened: Page, timelapse: TimeLapse) -> None:
    assert opened.locator(".aigc-timelapse > .aigc-fold tbody tr").count() == 0, "made when it is opened"
    opened.get_by_text("Numbers as a table").click()
    rows = opened.locator(".aigc-timelapse > .aigc-fold tbody tr")
    expect(rows).to_have_count(6)
    assert rows.nth(0).locator("td").first.inner_text() == "—", "there is no loss before training"
    assert rows.nth(2).get_attribute("aria-current") == "true"
    assert rows.nth(5).locator("td").first.inner_text() == f"{timelapse.training.columns['loss'][4]:.3f}"


def test_hostile_texts_are_text(timelapse: TimeLapse, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(timelapse_view(timelapse, prompt=2, language="en").save(tmp_path / "hostile.html"), width=375)
    eventually(page, lambda: page.locator(".aigc-text").text_content(), HOSTILE_TEXT)
    assert HOSTILE[1] in page.locator(".aigc-chart-head b").first.inner_text()
    assert page.locator("#aigc-view img, #aigc-view script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_python_is_asked_for_one_snapshot_at_a_time(page: Page, timelapse: TimeLapse) -> None:
    view = timelapse_view(timelapse, step=0, head=(1, 1), score="previous_token", language="en")
    show(page, "timelapse_view.js", {"ask": True, "language": "en"}, view=view)
    eventually(
        page,
        lambda: page.locator(".aigc-readout dd").count() and close_to(shown(page), expected(timelapse, 0, 1, 1)),
        True,
    )
    slider(page).focus()
    page.keyboard.press("End")
    eventually(page, lambda: close_to(shown(page), expected(timelapse, 5, 1, 1)), True)
    asked = page.evaluate("window.sent.filter((message) => message.type === 'snapshot').map((message) => message.at)")
    assert set(asked) == {0, 5}


@pytest.mark.parametrize(("language", "dark", "width"), [("en", False, 1180), ("zh", True, 1180), ("zh", False, 375)])
def test_it_is_accessible(timelapse: TimeLapse, open_page: OpenPage, tmp_path: Path, language: str, dark: bool, width: int) -> None:
    page = open_page(timelapse_view(timelapse, language=language).save(tmp_path / "timelapse.html"), dark=dark, width=width)
    expect(page.locator(".aigc-readout dd").last).to_have_text(re.compile(r"\d"))
    page.locator(".aigc-timelapse > .aigc-fold summary").click()
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_laptop_shows_slider_charts_and_attention_together(opened: Page) -> None:
    bottoms = [
        opened.locator(name).first.bounding_box()
        for name in (".aigc-player", ".aigc-chart", ".aigc-map", ".aigc-next", ".aigc-tile")
    ]
    assert all(box["y"] + min(box["height"], 150) <= 640 for box in bottoms)
    opened.mouse.wheel(0, 300)
    eventually(opened, lambda: opened.locator(".aigc-player").bounding_box()["y"] >= 0, True)


def test_it_works_in_jupyterlab(timelapse: TimeLapse, lab, open_in_lab, tmp_path: Path) -> None:
    path = timelapse.save(tmp_path / "run.safetensors")
    cell = f"from aigc_toolkit import load_timelapse\nload_timelapse({str(path)!r})"
    notebook = open_in_lab(lab.write("timelapse.ipynb", [cell]))
    notebook.run_all()
    output = notebook.output(0)
    expect(output.locator(".aigc-place")).to_have_text("step 5 · 6 of 6", timeout=60_000)
    expect(output.locator(".aigc-readout dd").last).to_have_text(re.compile(r"\d"), timeout=60_000)
    output.get_by_role("slider", name="Snapshot, by step of training").press("Home")
    expect(output.locator(".aigc-place")).to_have_text("before training · 1 of 6")
    expect(output.locator(".aigc-sample")).not_to_have_text("")
    notebook.idle()
    assert len(str(notebook.save()["cells"][0]["outputs"])) < 3000, "a stored notebook stays small"
