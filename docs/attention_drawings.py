"""Drawings of `how_it_works.md` about attention: recording, recomputing, tiles, one front end.

In: an empty `Drawing`. Out: nothing, it is drawn on. The cells are computed here, from scores made up for the purpose.
"""

import numpy as np
from drawing import Drawing, causal_weights, pooled


def recording(d: Drawing) -> None:
    d.box(20, 92, 96, 52, ("tokens", "词元"), ("of your text", "你的文本"))
    d.arrow((116, 118), (146, 118))
    d.box(146, 20, 378, 190, dashed=True)
    d.text(158, 40, ("one layer of the model, as it always runs", "模型的一层，一如往常地运行"), size=12, tone="muted")
    d.box(160, 92, 96, 52, "q  k  v", ("per head", "每个头"), mono=True)
    d.arrow((256, 118), (290, 118))
    d.box(290, 80, 112, 76, ("kernel", "注意力内核"), ("its own choice:", "模型自选："), "sdpa, eager", accent=True)
    d.arrow((402, 118), (430, 118))
    d.box(430, 92, 82, 52, ("output", "输出"))
    d.arrow((524, 118), (556, 118))
    d.box(556, 92, 184, 52, ("next layer … logits", "下一层 … logits"), ("unchanged", "保持不变"))
    d.arrow((346, 156), (346, 238), accent=True)
    d.text(356, 229, ("heard while a recording is active, in this thread", "仅在录制期间、仅在本线程旁听"), size=12, tone="accent")
    d.box(
        196,
        238,
        300,
        62,
        ("Site, one per layer", "Site，每层一个"),
        ("q, k, v, mask, scaling, soft cap, sinks", "q、k、v、掩码、缩放、软上限、sink"),
        ("+ 16 rows of the true output", "＋ 真实输出的 16 行"),
    )
    d.arrow((496, 269), (556, 269))
    d.box(556, 238, 184, 62, "verify()", ("weights · v again = output?", "再算 权重 · v ＝ 输出？"), ("in every layer", "逐层核对"))
    d.text(20, 262, ("memory grows with T", "内存随 T 增长"), size=12, tone="muted")
    d.text(20, 280, ("all weights: with T²", "存全部权重：随 T²"), size=12, tone="muted")


def recomputing(d: Drawing) -> None:
    random = np.random.default_rng(4)
    query, key = random.normal(size=(10, 6)), random.normal(size=(10, 6))
    scores = 1.6 * query @ key.T / 6**0.5
    weights, row = causal_weights(scores), 7
    shown = lambda values: (values - values.min()) / np.ptp(values)  # noqa: E731
    d.text(64, 30, ("queries", "查询"), at="middle", bold=True)
    d.cells(25, 42, shown(query), 13)
    d.frame(25, 42 + 13 * row, 78, 13, accent=True)
    d.text(64, 192, "(T, D)", size=12, at="middle", tone="muted", mono=True)
    d.text(120, 112, "·", size=22, at="middle")
    d.text(202, 30, ("keys, transposed", "键（转置）"), at="middle", bold=True)
    d.cells(137, 68, shown(key.T), 13)
    d.text(202, 166, "(D, T)", size=12, at="middle", tone="muted", mono=True)
    d.arrow((280, 107), (312, 107))
    steps = (
        ("× scaling", "× 缩放"),
        ("soft cap", "软上限"),
        ("+ position bias", "＋ 位置偏置"),
        ("mask → −∞", "掩码 → −∞"),
        ("learned sink", "可学习的 sink"),
    )
    d.text(376, 30, ("in the model's order", "按模型的顺序"), at="middle", bold=True)
    for number, step in enumerate(steps):
        d.box(316, 42 + 27 * number, 120, 23)
        d.text(376, 58 + 27 * number, step, size=12, at="middle")
    d.arrow((440, 107), (472, 107))
    d.text(566, 30, ("one row of scores", "一行得分"), at="middle", bold=True)
    seen = np.where(np.arange(10) <= row, shown(scores[row]), np.nan)[None]
    d.cells(482, 42, seen, 17)
    d.text(567, 84, "exp(score − log Σ exp(scores))", size=12, at="middle", mono=True)
    d.arrow((567, 92), (567, 114), accent=True)
    d.cells(482, 120, weights[row][None], 17)
    d.frame(482, 120, 170, 17, accent=True)
    d.text(567, 156, ("weights: sum to 1, the future is empty", "权重：和为 1，未来为空"), size=12, at="middle", tone="muted")
    d.text(482, 192, ("kept per row: one log-sum-exp, 4 bytes", "每行只存一个 log-sum-exp，4 字节"), size=12, tone="accent")


def tiles(d: Drawing) -> None:
    random = np.random.default_rng(1)
    scores = random.normal(size=(64, 64)) * 0.7
    scores[:, 19] += 5.5  # a token that later ones look back at
    scores[np.arange(1, 64), np.arange(63)] += 3.5
    weights = causal_weights(scores)
    strong = weights**0.5
    d.text(108, 28, ("a head of T × T weights", "一个头：T × T 个权重"), at="middle", bold=True)
    d.cells(12, 40, strong, 3)
    d.frame(12, 40 + 96, 96, 96, accent=True)
    d.text(108, 252, ("never held whole", "从不整个放进内存"), size=12, at="middle", tone="muted")
    d.arrow((214, 184), (262, 184), accent=True)
    d.text(238, 172, ("looked at", "所看区域"), size=12, at="middle", tone="accent")
    d.text(342, 28, ("the region asked for", "请求的区域"), at="middle", bold=True)
    d.cells(272, 72, strong[32:, :32], 4.375)
    d.text(342, 232, ("scores of these rows and columns", "只算这些行与列的得分"), size=12, at="middle", tone="muted")
    d.arrow((420, 142), (460, 142))
    for x, how, name, note in (
        (470, "max", ("largest of a bin", "每格取最大"), ("a thin line stays", "细线仍在")),
        (620, "mean", ("mean of a bin", "每格取平均"), ("a thin line fades", "细线变淡")),
    ):
        d.text(x + 60, 28, name, at="middle", bold=True)
        d.cells(x, 82, pooled(weights[32:, :32], 4, how) ** 0.5, 15)
        d.text(x + 60, 222, note, size=12, at="middle", tone="muted")
    d.text(
        605,
        252,
        ("a tile: at most 256 × 256 bins, asked for, painted, kept", "一块至多 256 × 256 格：请求、绘制、留存"),
        size=12,
        at="middle",
        tone="muted",
    )


def one_front_end(d: Drawing) -> None:
    d.box(
        180,
        18,
        400,
        54,
        "attention_view.js, aigc.css",
        ("one module without a framework draws everything", "一个不用框架的模块绘制一切"),
        accent=True,
    )
    d.arrow((380, 72), (380, 94))
    d.box(
        180,
        94,
        400,
        54,
        "source.js",
        ("rows · region · tiles · cell · scores, answers kept", "行 · 区域 · 小图 · 单元格 · 分数，答案留存"),
    )
    hosts = (
        (
            20,
            "source_messages.js",
            ("messages", "消息"),
            ("notebook", "笔记本"),
            ("anywidget: JupyterLab,", "anywidget：JupyterLab、"),
            "VS Code, Colab",
        ),
        (
            270,
            "source_urls.js",
            ("addresses", "地址"),
            ("the page", "网页"),
            ("Gradio, many visitors,", "Gradio，多位访客，"),
            ("each with a key of its own", "各有自己的密钥"),
        ),
        (
            520,
            "source_saved.js",
            ("the file itself", "文件本身"),
            ("saved page", "保存的页面"),
            ("q and k in few bits; the same", "q 与 k 用少量比特；同样的"),
            ("arithmetic in the browser", "算术在浏览器里进行"),
        ),
    )
    for x, carrier, way, name, first, second in hosts:
        d.arrow((380, 148), (380, 162), (x + 110, 162), (x + 110, 176))
        d.box(x, 176, 220, 44, carrier, way)
        d.arrow((x + 110, 220), (x + 110, 240))
        d.box(x, 240, 220, 70, name, first, second)
    d.text(600, 112, ("state both ways:", "状态双向同步："), size=12, tone="muted")
    d.text(600, 130, ("view.state, links", "view.state、链接"), size=12, tone="muted")
