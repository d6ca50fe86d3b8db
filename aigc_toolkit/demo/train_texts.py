"""The words of the tab Train, in English and Chinese.

Comes in: nothing. Goes out: `TRAIN_TEXTS`, for Gradio's own blocks, `TRAIN_BLOCK`, for the block that draws how a training stands,
and `TRAIN_MESSAGES`, for the status line.
"""

from __future__ import annotations

TRAIN_TEXTS = {
    "en": {
        "train": "Train",
        "train_source": "What it learns from",
        "train_source_en": "Stories in English",
        "train_source_zh": "Stories in Chinese",
        "train_source_own": "A text of your own",
        "train_text": "Your text",
        "train_text_placeholder": "Paste a text here, or choose a file. It stays on this server and is forgotten when you leave.",
        "train_file": "Choose a file …",
        "train_size": "Size",
        "train_size_tiny": "Tiny · 2 layers × 64",
        "train_size_small": "Small · 4 layers × 128",
        "train_size_middle": "Middle · 5 layers × 192",
        "train_minutes": "Minutes",
        "train_minutes_info": "The training ends by itself after so long. Longer is better.",
        "train_go": "Start training",
        "train_context": "Context",
        "train_context_info": "Tokens the model sees at once. More is slower.",
        "train_tokens": "Tokens",
        "train_tokens_info": "What a text of your own is cut into. Pieces of words learn faster; characters are simpler.",
        "train_tokens_bpe": "Pieces of words",
        "train_tokens_characters": "Characters",
        "train_rate": "Learning rate",
        "train_rate_info": "How far each step moves the weights. Too low learns slowly, too high forgets or fails.",
        "train_steps": "Steps",
        "train_steps_info": "How often the weights are moved. 0: as often as the minutes allow.",
        "train_prompt": "Samples begin with",
        "train_prompt_info": "During training the model goes on from here. Empty: a beginning of the text.",
        "train_seed": "Seed",
        "train_seed_info": "The same seed begins with the same weights.",
        "train_write": "Write with it",
        "train_look": "Look inside it",
        "train_learned": "See how it learned",
        "train_story": "See how the built-in model learned",
        "train_back": "Back to the first model",
    },
    "zh": {
        "train": "训练",
        "train_source": "学习材料",
        "train_source_en": "英文故事",
        "train_source_zh": "中文故事",
        "train_source_own": "自己的文本",
        "train_text": "你的文本",
        "train_text_placeholder": "在此粘贴文本，或选择文件。文本只留在本服务器上，你离开后即被删除。",
        "train_file": "选择文件 …",
        "train_size": "大小",
        "train_size_tiny": "微型 · 2 层 × 64",
        "train_size_small": "小型 · 4 层 × 128",
        "train_size_middle": "中型 · 5 层 × 192",
        "train_minutes": "分钟",
        "train_minutes_info": "训练到时自动结束。时间越长效果越好。",
        "train_go": "开始训练",
        "train_context": "上下文",
        "train_context_info": "模型一次看到的词元数。越多越慢。",
        "train_tokens": "词元",
        "train_tokens_info": "自己的文本切成什么。用词的片段学得更快，用单个字符更简单。",
        "train_tokens_bpe": "词的片段",
        "train_tokens_characters": "单个字符",
        "train_rate": "学习率",
        "train_rate_info": "每一步移动权重多远。太小学得慢，太大会学坏。",
        "train_steps": "步数",
        "train_steps_info": "移动权重的次数。0：时间允许多少就多少。",
        "train_prompt": "样本的开头",
        "train_prompt_info": "训练时模型从这里续写。留空则用文本的开头。",
        "train_seed": "随机种子",
        "train_seed_info": "同样的种子从同样的权重开始。",
        "train_write": "用它写作",
        "train_look": "观察它",
        "train_learned": "看它是怎样学习的",
        "train_story": "看内置模型是怎样学习的",
        "train_back": "回到原来的模型",
    },
}

TRAIN_BLOCK = {
    "en": {
        "empty": "Choose what to learn from and press Start. You will see the loss fall and the samples turn from noise "
        "into words; then write with your own model, look inside it and take it along.",
        "line": "Trainings that go first: {place}. Yours follows; leaving the page gives up the place.",
        "doing": {
            "starting": "Starting the trainer …",
            "reading": "Reading the text and cutting it into tokens …",
            "measuring": "Measuring how fast this computer is, and what simple predictors reach …",
            "training": "Training",
            "saving": "Saving the model …",
        },
        "progress": "step {step} of {steps}",
        "left": "{time} left",
        "facts": "{parameters} parameters · {documents} documents · {tokens} training tokens · {vocabulary} different tokens",
        "facts_of_one": "{parameters} parameters · one document · {tokens} training tokens · {vocabulary} different tokens",
        "ended": {
            "done": "Done",
            "stopped": "Stopped by you; what was learned is kept",
            "time": "Time is up; what was learned is kept",
            "nothing": "Stopped before there was a model to keep.",
        },
        "result": ". {name}: {steps} steps, {loss} nats per token on text it has not seen",
        "download": "Download (zip)",
        "bar": "Progress of the training",
    },
    "zh": {
        "empty": "选择学习材料，然后开始训练。你会看到损失下降，样本从乱码变成词句；之后可以用自己的模型写作、观察它，并把它带走。",
        "line": "前面还有 {place} 个训练，随后就是你的；离开本页即放弃排队。",
        "doing": {
            "starting": "正在启动训练程序 …",
            "reading": "正在读取文本并切成词元 …",
            "measuring": "正在测量本机速度，以及简单的预测方法能达到的损失 …",
            "training": "正在训练",
            "saving": "正在保存模型 …",
        },
        "progress": "第 {step} 步，共 {steps} 步",
        "left": "还剩 {time}",
        "facts": "{parameters} 个参数 · {documents} 篇文档 · {tokens} 个训练词元 · {vocabulary} 种词元",
        "facts_of_one": "{parameters} 个参数 · 一篇文档 · {tokens} 个训练词元 · {vocabulary} 种词元",
        "ended": {
            "done": "完成",
            "stopped": "已被你停止；学到的已保留",
            "time": "时间到；学到的已保留",
            "nothing": "停止时还没有可保留的模型。",
        },
        "result": "。{name}：{steps} 步，在未见过的文本上为 {loss} 奈特/词元",
        "download": "下载 (zip)",
        "bar": "训练进度",
    },
}

TRAIN_MESSAGES = {
    "train_uploaded": (
        "{name}: {characters:,} characters, documents: {documents:,}. Paste a text to take that instead.",
        "{name}：{documents:,} 篇文档，共 {characters:,} 个字符。粘贴文本则改用粘贴的。",
    ),
    "train_off": (
        "Training is switched off on this page by whoever runs it. On your own computer it is on: make demo.",
        "本页的管理者关闭了训练。在你自己的电脑上可以训练：make demo。",
    ),
    "train_empty": (
        "There is no text. A text of {least:,} to about {most:,} characters is needed: paste one, or choose a file.",
        "没有文本。需要 {least:,} 到约 {most:,} 个字符的文本：请粘贴，或选择文件。",
    ),
    "train_too_short": (
        "The text has {given:,} characters; at least {least:,} are needed to learn from. Add more text, or take the stories.",
        "文本有 {given:,} 个字符；至少需要 {least:,} 个才能学习。请增加文本，或选用故事。",
    ),
    "train_too_long": (
        "The text has {given:.1f} MB; this page takes at most {most:g} MB. Give a part of it.",
        "文本有 {given:.1f} MB；本页最多接受 {most:g} MB。请只给出一部分。",
    ),
    "train_not_utf8": (
        "The file is not UTF-8 text: byte {position:,} cannot be read. Plain text in UTF-8 is allowed; save it as UTF-8 first.",
        "文件不是 UTF-8 文本：第 {position:,} 个字节无法读取。只接受 UTF-8 纯文本；请先另存为 UTF-8。",
    ),
    "train_bad_kind": (
        "The file is called {name}; .txt, .md and .jsonl are allowed. Save it as plain text in UTF-8.",
        "文件名为 {name}；只接受 .txt、.md 和 .jsonl。请另存为 UTF-8 纯文本。",
    ),
    "train_bad_line": (
        'Line {line:,} of the file is no JSON with a text; {{"text": "…"}} or "…" is allowed. Mend it, or name the file .txt.',
        '文件第 {line:,} 行不是带文本的 JSON；每行可以是 {{"text": "…"}} 或 "…"。请修改该行，或把文件改名为 .txt。',
    ),
    "train_long_word": (
        "The text has {given:,} letters, signs or blanks in a row without a gap; pieces of words can be made of at most {most:,}. "
        "Choose characters as tokens (more settings), or break the run.",
        "文本中有连续 {given:,} 个没有间隔的字母、符号或空白；切成词的片段时最多 {most:,} 个。"
        "请在更多设置里选单个字符，或把它断开。",
    ),
    "train_refused": (
        "This text cannot be trained on: {reason}",
        "无法用这段文本训练：{reason}",
    ),
    "train_too_few_tokens": (
        "The text has {tokens:,} tokens to train on; the context of {context} needs more. Add text, or lower the context.",
        "可用于训练的词元只有 {tokens:,} 个；必须多于上下文的 {context} 个。请增加文本，或减小上下文。",
    ),
    "train_bad_setting": (
        "{name} is {given}; allowed: {allowed}. Change it and start again.",
        "{name}为 {given}；允许：{allowed}。请修改后重新开始。",
    ),
    "train_diverged": (
        "The training broke down, usually because the learning rate is too high. Lower it and start again. ({reason})",
        "训练失控了，通常是因为学习率太大。请调小后重新开始。（{reason}）",
    ),
    "train_died": (
        "The training ended without a word, perhaps for lack of memory or time. Choose a smaller size or a shorter text.",
        "训练意外结束，可能是内存或时间不够。请选择更小的模型或更短的文本，重新开始。",
    ),
    "train_full": (
        "{waiting} trainings wait already; no more than {most} may. Try again in a few minutes.",
        "已有 {waiting} 个训练在排队；最多 {most} 个。请几分钟后再试。",
    ),
    "train_no_room": (
        "The server cannot begin a training now ({reason}). Try again in a few minutes, or tell whoever runs this page.",
        "服务器现在无法开始训练（{reason}）。请几分钟后再试，或告知本页的管理者。",
    ),
    "train_not_packed": (
        "The model could not be packed ({reason}); it is kept. Try again in a few minutes, or tell whoever runs this page.",
        "模型无法打包（{reason}）；模型仍保留。请几分钟后再试，或告知本页的管理者。",
    ),
    "train_gone": (
        "This model is no longer kept: newer ones took its place. Train it again; the same settings give the same model.",
        "这个模型已不再保留：它让位给了更新的模型。请重新训练；同样的设置得到同样的模型。",
    ),
}
