"""What a visitor waits for on this machine: the page after it is asked for, and the first token after a prompt is sent.

In comes nothing, out go seconds: of a page served by another process, opened in headless Chromium with an empty cache, until the
button that writes can be pressed; and from a press of it until the first token is on the screen. Each is the median of several
visits, with the least and the most; the first visit after the start is given by itself. Beside them a page of Gradio with one
button and one text, which is what the host alone takes.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import gradio as gr
from machine import machine
from playwright.sync_api import Browser, sync_playwright
from views_in_browser import FLAGS

from aigc_toolkit import load_model
from aigc_toolkit.demo import Operator, build_demo
from aigc_toolkit.demo.page import serve

NUM_VISITS = 5
PORTS = {"page": 7961, "plain": 7962}


def serve_page() -> None:
    serve(build_demo(load_model("story"), Operator(training=False)), server_port=PORTS["page"], quiet=True)


def serve_plain() -> None:
    with gr.Blocks(analytics_enabled=False) as blocks:
        button, text = gr.Button("Write", elem_id="write-go"), gr.Textbox(elem_id="write-view")
        button.click(lambda: "text", None, text)
    blocks.launch(server_port=PORTS["plain"], quiet=True, ssr_mode=False)


def seconds_to_load(browser: Browser, port: int) -> float:
    """Until the button can be pressed, in a window that has nothing in its cache."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    begin = time.perf_counter()
    page.goto(f"http://127.0.0.1:{port}/")
    page.locator("#write-go:not([disabled])").wait_for()
    took = time.perf_counter() - begin
    context.close()
    return took


def seconds_to_first_token(browser: Browser) -> float:
    """From a press of the button on a fresh page until a token is on the screen, measured inside the browser."""
    page = browser.new_page(locale="en-US")
    page.goto(f"http://127.0.0.1:{PORTS['page']}/")
    page.locator("#write-go:not([disabled])").wait_for()
    page.wait_for_timeout(1000)
    took = page.evaluate(FIRST_TOKEN) / 1000
    page.close()
    return took


FIRST_TOKEN = """async () => {
  const steps = () => document.querySelectorAll("#write-view .aigc-step").length;
  const stop = document.querySelector("#write-stop");
  const until = (done) => new Promise((resolve) => {
    const look = () => (done() ? resolve() : requestAnimationFrame(look));
    look();
  });
  const begin = performance.now();
  document.querySelector("#write-go").click();
  await until(() => steps() > 0);
  const took = performance.now() - begin;
  await until(() => stop.disabled);
  return took;
}"""


def wait_until_served(port: int) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/config").close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise SystemExit(f"Nothing answers on port {port} after a minute; a server of this script should. Is the port taken?")


def shown(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


def main() -> None:
    servers = [subprocess.Popen([sys.executable, __file__, name]) for name in PORTS]
    try:
        for port in PORTS.values():
            wait_until_served(port)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            seconds_to_load(browser, PORTS["plain"])  # the browser's own start is nobody's
            first = seconds_to_load(browser, PORTS["page"])
            page = [seconds_to_load(browser, PORTS["page"]) for _ in range(NUM_VISITS)]
            plain = [seconds_to_load(browser, PORTS["plain"]) for _ in range(NUM_VISITS)]
            first_token = seconds_to_first_token(browser)
            tokens = [seconds_to_first_token(browser) for _ in range(NUM_VISITS)]
            browser.close()
    finally:
        for server in servers:
            server.terminate()
    print(machine())
    print(f"page, first visit after the start   {first:.2f} s")
    print(f"page                                {shown(page)}")
    print(f"Gradio with one button              {shown(plain)}")
    print(f"ratio of the medians                {statistics.median(page) / statistics.median(plain):.2f}")
    print(f"first token, first text of all      {first_token:.2f} s")
    print(f"first token after Continue          {shown(tokens)}")


SERVED: dict[str, Callable[[], None]] = {"page": serve_page, "plain": serve_plain}

if __name__ == "__main__":
    SERVED[sys.argv[1]]() if len(sys.argv) > 1 else main()
