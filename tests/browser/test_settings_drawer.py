"""The settings drawer in a real browser: another model for this visitor alone, the page follows, colours, keyboard, a phone."""

import pytest
from playwright.sync_api import Page, expect
from transformers import BertConfig, BertForMaskedLM

from aigc_toolkit import LanguageModel, load_model, save_model
from aigc_toolkit.demo import Operator, build_demo
from aigc_toolkit.demo.page import serve
from browser.accessibility import serious_faults


@pytest.fixture(scope="module")
def demo(lm, tokenizer, tmp_path_factory):
    """The page with two more models: a writer without a chat template, and an encoder."""
    folder = tmp_path_factory.mktemp("models") / "kept"
    save_model(lm, folder / "plain")
    sizes = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    bert = BertForMaskedLM(BertConfig(vocab_size=len(tokenizer), **sizes))
    save_model(LanguageModel(bert.eval(), tokenizer, "encoder"), folder / "encoder")
    page = build_demo(load_model("story"), Operator(model_folders=(folder,), models=("someone/*",), training=False))
    serve(page, prevent_thread_lock=True, quiet=True)
    yield page
    page.blocks.close()


@pytest.fixture
def page(demo, open_site):
    return open_site(demo.blocks.local_url)


def open_drawer(page: Page) -> None:
    page.locator(".aigc-title-settings").click()
    expect(page.locator("#drawer")).to_be_in_viewport(timeout=10_000)


def use(page: Page, name: str) -> None:
    open_drawer(page)
    page.locator("#drawer-model input").fill(name)
    page.locator("#drawer-model input").press("Enter")
    page.locator("#drawer-use").click()


def used(page: Page, name: str) -> None:
    use(page, name)
    expect(page.locator("#drawer-status")).to_contain_text(f"{name} is ready", timeout=60_000)
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).not_to_be_in_viewport()


def test_another_model_is_used_by_every_tab_and_this_visitor_alone(page, demo, open_site):
    page.locator("#write-go").click()
    expect(page.locator("#write-look")).to_be_enabled(timeout=60_000)
    used(page, "kept/plain")
    expect(page.locator("#title")).to_contain_text("kept/plain · 37.6 k parameters · context 128 tokens", timeout=60_000)
    expect(page.locator("#write-view .aigc-step")).to_have_count(0, timeout=60_000)
    expect(page.locator("#write-look")).to_be_disabled()
    page.locator("#write-prompt textarea").fill("Once upon")
    page.locator("#write-go").click()
    expect(page.locator("#write-view .aigc-step").first).to_be_visible(timeout=60_000)
    expect(page.locator("#write-look")).to_be_enabled(timeout=60_000)
    page.locator("#write-look").click()
    expect(page.locator("#look-view")).to_contain_text("2 layers", timeout=60_000)
    page.get_by_role("tab", name="Chat").click()
    expect(page.locator("#chat-status")).to_contain_text("kept/plain has no chat template")
    other = open_site(demo.blocks.local_url)
    expect(other.locator("#title")).to_contain_text("story · 2.6 M parameters")


def test_an_encoder_opens_in_look_and_says_that_it_does_not_write(page):
    used(page, "kept/encoder")
    expect(page.get_by_role("tab", name="Look")).to_have_attribute("aria-selected", "true")
    page.locator("#look-text textarea").fill("Mia lost her lantern.")
    page.locator("#look-go").click()
    expect(page.locator("#look-view [data-role=proof]")).to_be_visible(timeout=60_000)
    page.get_by_role("tab", name="Write").click()
    page.locator("#write-go").click()
    expect(page.locator("#write-status")).to_contain_text("kept/encoder is an encoder: it reads texts and writes none")


def test_a_model_that_is_not_allowed_is_told(page):
    use(page, "/etc")
    expect(page.locator("#drawer-status")).to_contain_text("'/etc' is not allowed on this page; allowed are story", timeout=30_000)
    expect(page.locator("#drawer-use")).to_be_enabled()


def test_an_id_that_cannot_be_had_is_told(page):
    use(page, "someone/something")
    expect(page.locator("#drawer-status")).to_contain_text("No model 'someone/something' was found", timeout=60_000)


def test_the_drawer_is_reached_and_left_by_keyboard(page):
    page.locator(".aigc-title-settings").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".aigc-drawer-close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".aigc-title-settings")).to_be_focused()
    expect(page.locator("#drawer")).to_be_hidden()


def test_colours_are_chosen_and_kept(page):
    open_drawer(page)
    page.get_by_role("radio", name="dark").check()
    expect(page.locator("body")).to_have_css("background-color", "rgb(17, 20, 24)")
    page.reload()
    page.locator("#write-go").wait_for(timeout=60_000)
    expect(page.locator("body")).to_have_css("background-color", "rgb(17, 20, 24)")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("locale", "words"), [("en-US", "Use this model"), ("zh-CN", "使用这个模型")])
def test_the_drawer_fits_a_phone_and_axe(demo, open_site, dark, locale, words):
    page = open_site(demo.blocks.local_url, width=375, height=800, dark=dark, locale=locale)
    open_drawer(page)
    page.wait_for_timeout(300)  # it has slid in
    expect(page.locator("#drawer-use")).to_have_text(words)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert serious_faults(page, "#drawer") == []
