"""Drawings of `how_it_works.md` about writing and training: decoding, checkpoints, the training loop.

In: an empty `Drawing`. Out: nothing, it is drawn on.
"""

from drawing import Drawing


def decoding(d: Drawing) -> None:
    names = (
        (20, 100, ("token ids", "词元编号"), ("read once", "只读一次")),
        (146, 100, ("model", "模型"), ("+ kept k, v", "＋ 留存的 k、v")),
        (272, 84, "logits", "(V,)"),
        (382, 138, ("processors", "处理器"), ("penalty … top_p", "惩罚 … top_p")),
        (546, 84, ("+ noise", "＋ 噪声"), ("seed, step", "种子，步")),
        (656, 84, "argmax", ("the token", "词元")),
    )
    for number, (x, width, *lines) in enumerate(names):
        d.box(x, 60, width, 56, *lines, accent=number == 4)
        if number:
            d.arrow((x - 26, 88), (x, 88))
    d.arrow((698, 60), (698, 28), (70, 28), (70, 60))
    d.text(384, 20, ("and again, until the text ends", "如此往复，直到文本结束"), size=12, at="middle", tone="muted")
    d.arrow((314, 116), (314, 156))
    d.box(
        216,
        156,
        196,
        62,
        ("measured before any setting", "在任何设置之前测量"),
        ("logprob, rank, entropy,", "对数概率、名次、熵、"),
        ("alternatives", "备选词元"),
    )
    d.arrow((412, 187), (470, 187))
    d.box(470, 156, 130, 62, "TokenStep", ("one per token,", "每个词元一个，"), ("as it comes", "随到随给"))
    d.arrow((698, 116), (698, 187), (600, 187))
    d.text(
        616, 238, ("argmax with Gumbel noise is a sample", "Gumbel 噪声：取 argmax 即是采样"), size=12, at="middle", tone="accent"
    )
    d.text(
        20,
        238,
        (
            "many texts: one pass gives each its next token, settings and seed its own",
            "多个文本：一次前向给每个文本下一个词元，设置与种子各自独立",
        ),
        size=12,
        tone="muted",
    )


def checkpoints(d: Drawing) -> None:
    d.arrow((20, 60), (740, 60))
    d.text(740, 44, ("steps", "步"), size=12, at="end", tone="muted")
    for x, name in ((120, "step-100"), (290, "step-200"), (460, "step-300")):
        d.box(x - 38, 46, 76, 28, name, mono=True)
    d.text(560, 66, "✕", size=20, at="middle", tone="accent", bold=True)
    d.text(560, 36, ("killed", "被杀死"), size=12, at="middle", tone="accent")
    d.arrow((560, 74), (560, 104), (460, 104), (460, 76), accent=True, dashed=True)
    d.text(572, 100, ("resume=True", "resume=True"), size=12, tone="accent", mono=True)
    d.text(572, 117, ("same bits from here", "从这里起逐位相同"), size=12, tone="muted")
    steps = (
        (".draft-00000300", ("a folder beside", "旁边的一个文件夹")),
        ("model, optimizers", ("safetensors, facts.json", "safetensors、facts.json")),
        ("manifest.json", ("size and hash of each", "每个文件的大小与哈希")),
        ("fsync", ("files, then folder", "先文件，后文件夹")),
        ("os.replace", ("one rename, or none", "一次改名：全有或全无")),
    )
    d.text(20, 144, ("how one is written", "一个检查点怎样写成"), bold=True)
    for number, (name, note) in enumerate(steps):
        x = 20 + 145 * number
        d.box(x, 158, 132, 54)
        d.text(x + 66, 181, name, size=12, at="middle", mono=True, bold=True)
        d.text(x + 66, 200, note, size=11, at="middle", tone="muted")
        if number:
            d.arrow((x - 13, 185), (x, 185))
    d.text(
        20,
        238,
        (
            "cut off anywhere on the way: the earlier ones are untouched; a torn one is skipped, by name",
            "中途任何一处断电：之前的检查点完好无损；残缺的会被点名跳过",
        ),
        size=12,
        tone="muted",
    )


def training_loop(d: Drawing) -> None:
    names = (
        (("batch", "批"), "f(seed, step)"),
        (("loss", "损失"), ("in parts", "分成几份")),
        (("gradients", "梯度"), ("summed", "求和")),
        (("finite?", "有限？"), ("else stop", "否则停下")),
        (("move", "移动"), "Muon, AdamW"),
        ("TrainStep", ("yielded", "逐个产出")),
    )
    for number, (name, note) in enumerate(names):
        x = 20 + 123 * number
        d.box(x, 60, 105, 54, name, note, accent=number in (3, 5))
        if number:
            d.arrow((x - 18, 87), (x, 87))
    d.arrow((564, 60), (564, 28), (72, 28), (72, 60))
    d.text(
        318,
        20,
        ("next step: a plain function of its number, nothing to replay", "下一步：只由步数决定，无需重放"),
        size=12,
        at="middle",
        tone="muted",
    )
    d.box(
        20,
        160,
        262,
        58,
        ("when due, with the averaged weights", "到时，用平均后的权重"),
        ("validate · sample · checkpoint", "验证 · 采样 · 检查点"),
    )
    d.arrow((564, 114), (564, 136), (140, 136), (140, 160))
    d.arrow((687, 114), (687, 160))
    d.box(
        300,
        160,
        440,
        58,
        ("whoever iterates it", "谁来迭代都行"),
        ("a print, a chart in a notebook, the tab Train, tune(…)", "打印、笔记本里的图、Train 标签页、tune(…)"),
    )
    d.text(
        380,
        240,
        ("no callbacks: the loop prints and draws nothing", "没有回调：循环本身不打印、不绘图"),
        size=12,
        at="middle",
        tone="muted",
    )
