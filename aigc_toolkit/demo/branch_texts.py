"""The words of the tree of branches and of the strategies side by side, in English and Chinese.

Comes in: nothing. Goes out: `BRANCH_BLOCK` and `STRATEGY_BLOCK`, for the blocks that draw them, and `STRATEGY_TEXTS` for Gradio's.
"""

from __future__ import annotations

BRANCH_BLOCK = {
    "en": {
        "title": "Branches",
        "hint": "Choose another token in the list of what the model considered, and the text goes on from there as a branch.",
        "root": "first text",
        "at": "from token {position}",
        "nothing": "(no words of its own)",
        "numbers": "{tokens} tokens · {mean} nats",
        "look": "Look inside",
        "prune": "Prune",
    },
    "zh": {
        "title": "分支",
        "hint": "在“模型考虑过的词元”里选另一个词元，文本就从那里分出一支。",
        "root": "最初的文本",
        "at": "从第 {position} 个词元起",
        "nothing": "（没有自己的文字）",
        "numbers": "{tokens} 个词元 · {mean} 奈特",
        "look": "观察注意力",
        "prune": "剪去",
    },
}

STRATEGY_TEXTS = {
    "en": {
        "strategies": "Strategies side by side",
        "which_strategies": "Strategies",
        "which_strategies_info": "The same prompt is written on by each of them, with the length and the seed set above.",
        "compare_strategies": "Compare",
        "greedy": "Greedy",
        "cool": "Temperature 0.5",
        "plain": "Temperature 1",
        "bold": "Temperature 1.5",
        "top_p_strategy": "Top-p 0.9",
        "min_p_strategy": "Min-p 0.1",
        "typical_strategy": "Typical 0.9",
        "beams": "4 beams",
        "no_repeat": "Greedy, no repeated 3-gram",
    },
    "zh": {
        "strategies": "多种策略并排",
        "which_strategies": "策略",
        "which_strategies_info": "每种策略都续写同一个开头，长度与随机种子用上面的设置。",
        "compare_strategies": "比较",
        "greedy": "贪心",
        "cool": "温度 0.5",
        "plain": "温度 1",
        "bold": "温度 1.5",
        "top_p_strategy": "Top-p 0.9",
        "min_p_strategy": "Min-p 0.1",
        "typical_strategy": "典型采样 0.9",
        "beams": "束宽 4",
        "no_repeat": "贪心，三元组不重复",
    },
}
STRATEGIES = ("greedy", "cool", "plain", "bold", "top_p_strategy", "min_p_strategy", "typical_strategy", "beams", "no_repeat")


def _names(language: str) -> dict[str, str]:
    return {key: STRATEGY_TEXTS[language][key] for key in STRATEGIES}


STRATEGY_BLOCK = {
    "en": {
        "title": "Numbers of each strategy",
        "empty": "Choose strategies and press Compare: each writes its own text, with its numbers under it.",
        "strategy": "Strategy",
        "tokens": "Tokens",
        "writing": "writing …",
        "stops": {
            "end_of_text": "the model ended the text",
            "max_new_tokens": "length reached",
            "cancelled": "stopped by you",
            "context_full": "context full",
            "max_time": "time limit reached",
            "stop_text": "ended where asked",
        },
        "columns": {
            "mean_logprob": "Log-probability",
            "mean_entropy": "Entropy",
            "distinct_1": "Distinct-1",
            "distinct_2": "Distinct-2",
            "distinct_3": "Distinct-3",
            "repetition": "Repetition",
        },
        "meanings": {
            "mean_logprob": "Mean of the tokens, nats: nearer to 0, the likelier the model finds its own text.",
            "mean_entropy": "Mean of the choices, nats: how open they were.",
            "distinct_1": "Share of the tokens that are different ones.",
            "distinct_2": "Share of the pairs of tokens that are different ones.",
            "distinct_3": "Share of the runs of three tokens that are different ones.",
            "repetition": "Share of the tokens that were among the 32 before them.",
        },
        "names": _names("en"),
    },
    "zh": {
        "title": "各策略的数值",
        "empty": "选择几种策略，再按“比较”：每种各写一段，下面是它的数值。",
        "strategy": "策略",
        "tokens": "词元数",
        "writing": "正在写 …",
        "stops": {
            "end_of_text": "模型已写完",
            "max_new_tokens": "达到长度上限",
            "cancelled": "已被停止",
            "context_full": "上下文已满",
            "max_time": "达到时间上限",
            "stop_text": "遇到指定文本而止",
        },
        "columns": {
            "mean_logprob": "对数概率",
            "mean_entropy": "熵",
            "distinct_1": "一元多样性",
            "distinct_2": "二元多样性",
            "distinct_3": "三元多样性",
            "repetition": "重复率",
        },
        "meanings": {
            "mean_logprob": "词元的平均值，单位奈特：越接近 0，模型越觉得这段文本合理。",
            "mean_entropy": "每次选择的平均值，单位奈特：选择有多开放。",
            "distinct_1": "互不相同的词元所占的比例。",
            "distinct_2": "互不相同的相邻两词元所占的比例。",
            "distinct_3": "互不相同的连续三词元所占的比例。",
            "repetition": "在前 32 个词元中出现过的词元所占的比例。",
        },
        "names": _names("zh"),
    },
}
