"""The tab Train in a real browser: start, watch, stop, write with the model just made, look inside it, take it along."""

import json
import re
import zipfile

import pytest
from playwright.sync_api import Page, expect

from aigc_toolkit.demo import Operator, build_demo
from aigc_toolkit.demo.page import serve
from browser.accessibility import serious_faults
from browser.waiting import type_setting
from tests.small_trainings import RHYME

LONG = 240_000  # milliseconds: the process of a training takes second place and may wait for a processor
HOSTILE = "<img src=x onerror=\"document.title='owned'\"> ${document.title='owned'} "


@pytest.fixture(scope="module")
def demo(lm):
    page = build_demo(lm, Operator(training_megabytes=1))
    serve(page, prevent_thread_lock=True, quiet=True)
    yield page
    page.blocks.close()


def open_tab(open_site, demo, **look) -> Page:
    page = open_site(demo.blocks.local_url, **look)
    page.get_by_role("tab", name=re.compile("Train|训练")).click()
    expect(page.locator("#train-go")).to_be_visible(timeout=30_000)
    return page


def begin(page: Page, text: str = RHYME, *, steps: int = 3) -> None:
    page.get_by_role("button", name="More settings").last.click()
    type_setting(page.locator("#train-steps input"), str(steps))
    page.get_by_label("A text of your own").check()
    page.locator("#train-text textarea").fill(text)
    page.get_by_label("Tiny").check()
    expect(page.locator("#train-steps input")).to_have_value(str(steps))
    with page.expect_request(lambda request: json.dumps(text) in (request.post_data or "")) as sent:
        page.locator("#train-go").click()
    assert steps in sent.value.post_data_json["data"]


def test_a_model_is_made_written_with_looked_into_and_taken_along(demo, open_site):
    page = open_tab(open_site, demo)
    begin(page, RHYME + HOSTILE * 3)
    expect(page.locator("#train-standing")).to_contain_text(re.compile("Starting|Reading"), timeout=30_000)
    expect(page.locator("#train-stop")).to_be_enabled()
    expect(page.locator("#train-standing")).to_contain_text("Done. my-gpt-1: 3 steps", timeout=LONG)
    expect(page.locator("#train-view")).to_contain_text("finished")
    expect(page.locator("#train-view .aigc-sample")).to_contain_text("A girl kept a")
    assert page.title() == "AIGC Toolkit" and page.locator("#train-view img").count() == 0
    with page.expect_download() as taken:
        page.locator(".aigc-train-download").click()
    assert "my-gpt-1/model.safetensors" in zipfile.ZipFile(taken.value.path()).namelist()

    page.locator("#train-learned").click()
    lapse = page.locator("#train-timelapse")
    expect(lapse.locator(".aigc-player")).to_contain_text("Time-lapse · my-gpt-1", timeout=30_000)
    expect(lapse.locator(".aigc-place")).to_have_text("step 3 · 4 of 4")

    page.locator("#train-write").click()
    expect(page.locator("#title")).to_contain_text("my-gpt-1", timeout=30_000)
    expect(page.locator("#write-prompt textarea")).to_have_value("A girl kept a")
    expect(page.locator("#write-look")).to_be_enabled(timeout=60_000)

    page.get_by_role("tab", name="Train").click()
    page.locator("#train-look").click()
    expect(page.locator("#look-text textarea")).to_have_value(re.compile("^A girl kept a"), timeout=30_000)
    expect(page.locator("#look-view canvas").first).to_be_visible(timeout=60_000)
    page.locator("#look-view").get_by_text("Copy link", exact=True).click()
    expect(page.locator("#look-view")).to_contain_text("your own cannot be in a link")

    other = open_site(demo.blocks.local_url)
    expect(other.locator("#title")).not_to_contain_text("my-gpt-1")
    assert not [model for model in demo.models.offered("somebody else") if "my-gpt" in model]

    page.get_by_role("tab", name="Train").click()
    page.locator("#train-back").click()
    expect(page.locator("#title")).not_to_contain_text("my-gpt-1", timeout=30_000)
    expect(page.locator("#train-back")).to_be_hidden()
    assert serious_faults(page) == []


def test_a_training_is_watched_and_stopped(demo, open_site):
    page = open_tab(open_site, demo)
    begin(page, steps=20_000)
    expect(page.locator("#train-standing [role=progressbar]")).to_be_visible(timeout=LONG)
    expect(page.locator("#train-standing")).to_contain_text(re.compile(r"step \d+ of 20,000 · \d+:\d\d left"), timeout=30_000)
    assert serious_faults(page) == []
    page.locator("#train-stop").click()
    expect(page.locator("#train-standing")).to_contain_text("Stopped by you; what was learned is kept", timeout=60_000)
    expect(page.locator("#train-view")).to_contain_text("stopped")
    expect(page.locator("#train-go")).to_be_enabled()
    expect(page.locator("#train-write")).to_be_visible()


@pytest.mark.parametrize("width", [1180, 375])
def test_how_the_built_in_model_learned_is_seen(demo, open_site, width):
    page = open_tab(open_site, demo, width=width)
    lapse = page.locator("#train-timelapse")
    expect(lapse).to_be_hidden()
    page.locator("#train-story").click()
    expect(lapse.locator(".aigc-place")).to_have_text("step 23,480 · 34 of 34", timeout=30_000)
    expect(lapse.locator("canvas").first).to_be_visible()
    trained = lapse.locator(".aigc-sample").inner_text()
    lapse.locator("input[type=range]").first.fill("0")
    expect(lapse.locator(".aigc-place")).to_have_text("before training · 1 of 34")
    expect(lapse.locator(".aigc-sample")).not_to_have_text(trained)
    assert abs(lapse.bounding_box()["y"]) < 20  # it was scrolled to
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_faults(page) == []


def test_the_time_lapse_opens_in_the_readers_language(demo, open_site):
    page = open_tab(open_site, demo, locale="zh-CN")
    page.locator("#train-story").click()
    expect(page.locator("#train-timelapse")).to_contain_text("从前有一个聪明的女孩", timeout=30_000)
    expect(page.locator("#train-timelapse .aigc-place")).to_contain_text("第 23,480 步")


def test_a_visitor_who_leaves_frees_the_place(demo, open_site):
    first, second = (open_tab(open_site, demo) for _ in range(2))
    begin(first, steps=20_000)
    expect(first.locator("#train-standing")).to_contain_text("Starting", timeout=30_000)
    begin(second)
    expect(second.locator("#train-standing")).to_contain_text("Trainings that go first: 1.", timeout=30_000)
    first.close()
    expect(second.locator("#train-standing")).to_contain_text("Done.", timeout=LONG)


def test_what_cannot_be_trained_is_told(demo, open_site):
    page = open_tab(open_site, demo)
    page.get_by_label("A text of your own").check()
    page.locator("#train-go").click()
    status = page.locator("#train-status")
    expect(status).to_contain_text("There is no text", timeout=30_000)
    expect(page.locator("#train-go")).to_be_enabled()
    upload = page.locator("#train-file-upload, input[type=file]").first
    upload.set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"\xff\xfe" * 900})
    expect(page.locator("#train-uploaded")).to_contain_text("not UTF-8 text: byte 0 cannot be read", timeout=30_000)
    lines = "\n".join(json.dumps({"text": RHYME}) for _ in range(2))
    upload.set_input_files({"name": "a.jsonl", "mimeType": "application/jsonl", "buffer": lines.encode()})
    expect(page.locator("#train-uploaded")).to_contain_text("characters, documents: 2.", timeout=30_000)
    page.locator("#train-text textarea").press_sequentially("x")
    expect(page.locator("#train-uploaded")).not_to_contain_text("documents: 2", timeout=30_000)


@pytest.mark.parametrize(("locale", "words"), [("en-US", "Start training"), ("zh-CN", "开始训练")])
@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_shows_it_in_one_column(demo, open_site, locale, words, dark):
    page = open_tab(open_site, demo, width=375, height=800, dark=dark, locale=locale)
    expect(page.locator("#train-go")).to_have_text(words)
    expect(page.get_by_label("中文故事" if locale == "zh-CN" else "Stories in English")).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert serious_faults(page) == []
