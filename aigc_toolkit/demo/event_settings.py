"""How Gradio is to treat the page's events.

Comes in: nothing. Goes out: settings for Gradio's listeners, by what an event is like. It knows no tab.
"""

from __future__ import annotations

NOTICED = dict(api_visibility="private", show_progress="hidden")  # through the queue: else no change of a state is noticed
QUICK = NOTICED | dict(queue=False)
LONG = NOTICED | dict(trigger_mode="multiple", concurrency_limit=64, concurrency_id="texts")  # a newer one replaces it
