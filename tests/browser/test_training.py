"""The training view in a real browser: what is drawn, pointed at, walked by keys, appended and lost."""

import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from test_training_view import FakeTrainStep, fake_steps

from aigc_toolkit.views import training_view
from browser.fake_records import HOSTILE
from browser.host import show

OpenPage = Callable[..., Page]
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
COUNT_COLOURS = """(at) => {
    const canvas = document.querySelectorAll('.aigc-chart canvas')[at];
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
}"""
HIGHEST = """([x, width]) => {
    const canvas = document.querySelector('.aigc-chart canvas');
    const ratio = canvas.width / canvas.clientWidth;
    const strip = canvas.getContext('2d').getImageData(x * ratio, 12 * ratio, width * ratio, canvas.height - 40 * ratio);
    for (let y = 0; y < strip.height; y += 1) {
        for (let i = 0; i < strip.width; i += 1) {
            const [r, , b, alpha] = strip.data.slice(4 * (y * strip.width + i));
            if (alpha > 200 && b > r + 25) return y / strip.height;
        }
    }
    return 1;
}"""


def slider(page: Page):
    return page.get_by_role("slider", name=re.compile("Loss by step|每步的损失"))


def test_a_run_is_drawn_with_its_numbers(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(training_view(fake_steps(40)).save(tmp_path / "run.html"))
    head = page.locator(".aigc-head").inner_text()
    for words in ["step 40", "Loss 0.200", "validation 0.225", "20,000 tok/s", "elapsed —", "finished"]:
        assert words in head
    page.evaluate(FRAMES)
    assert page.locator(".aigc-chart canvas").count() == 4
    assert all(page.evaluate(COUNT_COLOURS, chart) > 5 for chart in range(4))
    assert page.evaluate("document.documentElement.scrollHeight") <= 640, "a 13-inch laptop shows it whole"


def test_all_charts_are_pointed_at_together(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(training_view(fake_steps(40)).save(tmp_path / "run.html"))
    page.evaluate(FRAMES)
    box = page.locator(".aigc-chart").nth(2).bounding_box()
    share = 19 / 39  # of step 20
    page.mouse.move(box["x"] + 44 + share * (box["width"] - 52), box["y"] + 20)
    assert page.locator(".aigc-chart-head b").first.inner_text() == "0.400 · 0.450 validation"
    expect(slider(page)).to_have_attribute("aria-valuenow", "20")
    page.mouse.move(2, 2)
    expect(slider(page)).to_have_attribute("aria-valuenow", "40")


def test_arrow_keys_move_through_the_steps(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(training_view(fake_steps(40)).save(tmp_path / "run.html"))
    slider(page).focus()
    for key, step in [
        ("ArrowLeft", 39),
        ("ArrowLeft", 38),
        ("Home", 1),
        ("ArrowLeft", 1),
        ("ArrowRight", 2),
        ("PageUp", 4),
        ("End", 40),
    ]:
        page.keyboard.press(key)
        expect(slider(page)).to_have_attribute("aria-valuenow", str(step))
    assert slider(page).get_attribute("aria-valuetext").startswith("step 40, Loss 0.200, Learning rate 0.007, Gradient norm 0.800")


def test_one_spike_among_thousands_of_steps_is_seen(open_page: OpenPage, tmp_path: Path) -> None:
    steps = [FakeTrainStep(i, 9.0 if i == 6000 else 2.0 + 0.1 * math.sin(i)) for i in range(1, 10_001)]
    page = open_page(training_view(steps).save(tmp_path / "long.html"))
    page.evaluate(FRAMES)
    width = page.locator(".aigc-chart").first.bounding_box()["width"] - 52
    spike = 44 + 0.6 * width
    assert page.evaluate(HIGHEST, [spike - 3, 6]) < 0.1, "the band reaches it"
    assert page.evaluate(HIGHEST, [spike + 60, 6]) > 0.6
    assert "share a pixel" in page.locator(".aigc-happened").inner_text()


def test_a_logarithmic_axis_gives_early_steps_room(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(training_view(fake_steps(1000)).save(tmp_path / "run.html"))
    page.get_by_label("Steps on a logarithmic scale").check()
    page.evaluate(FRAMES)
    box = page.locator(".aigc-chart").first.bounding_box()
    page.mouse.move(box["x"] + 44 + (box["width"] - 52) / 3, box["y"] + 60)
    expect(slider(page)).to_have_attribute("aria-valuenow", re.compile("^(9|10|11)$"))  # 1000 ** (1 / 3)


def test_samples_are_chosen_with_a_slider(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(training_view(fake_steps(100)).save(tmp_path / "run.html"))
    assert page.locator(".aigc-sample").inner_text() == "story 100"
    page.get_by_role("slider", name="Sample, by step").focus()
    page.keyboard.press("Home")
    assert page.locator(".aigc-sample").inner_text() == "story 20"
    assert page.locator(".aigc-sample-bar").inner_text().strip() == "after step 20 · 1 of 5"


def test_the_table_has_the_numbers(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(training_view(fake_steps(1000)).save(tmp_path / "run.html"))
    assert page.locator(".aigc-table tbody tr").count() == 0, "made when it is opened"
    page.get_by_text("Numbers as a table").click()
    rows = page.locator(".aigc-table tbody tr")
    expect(rows).to_have_count(200)
    assert rows.last.locator("th, td").all_inner_texts() == ["1000", "0.0080", "0.0090", "0.007", "0.800", "20,000"]
    assert "one step in 5" in page.locator(".aigc-fold").inner_text()


def test_rulers_and_anomalies_are_named(open_page: OpenPage, tmp_path: Path) -> None:
    view = training_view(fake_steps(40), rulers={"entropy": 1.5}, anomalies={7: "the loss doubled"})
    page = open_page(view.save(tmp_path / "run.html"))
    page.evaluate(FRAMES)
    assert "step 7: the loss doubled" in page.locator(".aigc-happened").inner_text()
    plain = open_page(training_view(fake_steps(40)).save(tmp_path / "plain.html"))
    plain.evaluate(FRAMES)
    pixels = "document.querySelector('.aigc-chart canvas').toDataURL()"
    assert page.evaluate(pixels) != plain.evaluate(pixels)


def test_hostile_samples_are_text(open_page: OpenPage, tmp_path: Path) -> None:
    steps = [FakeTrainStep(i, 1.0, sample=text) for i, text in enumerate(HOSTILE, 1)]
    view = training_view(steps, rulers={HOSTILE[2]: 1.0}, anomalies={2: HOSTILE[0]})
    page = open_page(view.save(tmp_path / "hostile.html"), width=375)
    page.get_by_role("slider", name="Sample, by step").focus()
    page.keyboard.press("Home")
    assert page.locator(".aigc-sample").inner_text() == HOSTILE[0]
    assert page.locator("#aigc-view img, #aigc-view script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", "学习率"), ("en-US", "Learning rate")])
def test_phone_and_language(open_page: OpenPage, tmp_path: Path, locale: str, words: str) -> None:
    page = open_page(training_view(fake_steps(40)).save(tmp_path / "run.html"), width=375, dark=True, locale=locale)
    assert words in page.locator(".aigc").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    expect(page.locator(".aigc")).to_have_attribute("data-theme", "dark")


def test_new_steps_are_added_and_a_lost_portion_is_asked_for(page: Page) -> None:
    steps = fake_steps(60)
    view = training_view(steps)
    portion = view._record.portion
    start = training_view(steps[:20]).payload() | {"standing": "running"}
    show(page, "training_view.js", start, view=view)
    expect(page.locator(".aigc-head")).to_contain_text("training …")
    page.evaluate(
        "(message) => window.model.receive(message)",
        {"type": "append", **training_view(steps[:40])._record.portion(20), "standing": "running"},
    )
    expect(page.locator(".aigc-head")).to_contain_text("step 40")
    assert page.evaluate("window.sent") == []
    page.evaluate("(message) => window.model.receive(message)", {"type": "append", **portion(50), "standing": "running"})
    expect(page.locator(".aigc-head")).to_contain_text("step 60")  # Python gave everything
    assert page.evaluate("window.sent.map((message) => message.type)") == ["payload"]
    page.get_by_text("Numbers as a table").click()
    expect(page.locator(".aigc-table tbody tr")).to_have_count(60)


def test_before_the_first_step_and_after_a_failure(page: Page) -> None:
    view = training_view(iter(()))
    show(page, "training_view.js", view.payload())
    assert "The run appears here with its first step" in page.locator(".aigc").inner_text()
    assert not page.locator(".aigc-training").is_visible()
    failed = training_view(fake_steps(3)).payload() | {"standing": "failed", "problem": "TrainingDiverged: step 4 <b>"}
    page.evaluate("(value) => window.model.change(value)", failed)
    assert page.get_by_role("alert").inner_text() == "The run ended with an error. TrainingDiverged: step 4 <b>"
    assert page.locator(".aigc-training").is_visible()
