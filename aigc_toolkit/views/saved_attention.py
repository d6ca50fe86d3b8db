"""placeholder"""


def save_attention_page(path, attentions, payload, requests, *, heads=None, layers=None):
    raise NotImplementedError
