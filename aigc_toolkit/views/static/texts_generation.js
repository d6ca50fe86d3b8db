// The words of the generation view, in English and Chinese.

export const ENGLISH_GENERATION = {
  generation: "Generated text",
  numTokens: (n) => (n === 1 ? "1 token" : `${n} tokens`),
  meanLogprob: "mean log-probability",
  nats: "nats",
  stop: {
    end_of_text: "the model ended the text",
    max_new_tokens: "token limit reached",
    cancelled: "stopped by you",
    context_full: "context full",
  },
  writing: "writing …",
  probability: "Probability",
  rank: "Rank",
  entropy: "Entropy",
  entropyStrip: (top) => `Entropy of each choice, 0 to ${top} nats`,
  probabilityLegend: "probability, also the underline’s length",
  alternatives: "What the model considered",
  others: "all other tokens",
  pieces: (n, values) => `${n} tokens make this character: ${values}. Shown: the least certain of them.`,
  noText: "no text",
  emptyGeneration: "The generated text appears here, each token with its probability.",
};

export const CHINESE_GENERATION = {
  generation: "生成的文本",
  numTokens: (n) => `${n} 个词元`,
  meanLogprob: "平均对数概率",
  nats: "奈特",
  stop: {
    end_of_text: "模型已写完",
    max_new_tokens: "达到词元上限",
    cancelled: "已被停止",
    context_full: "上下文已满",
  },
  writing: "正在写 …",
  probability: "概率",
  rank: "名次",
  entropy: "熵",
  entropyStrip: (top) => `每次选择的熵，0 至 ${top} 奈特`,
  probabilityLegend: "概率，也由下划线长度表示",
  alternatives: "模型考虑过的词元",
  others: "其余全部词元",
  pieces: (n, values) => `这个字符由 ${n} 个词元组成：${values}。下面是其中最不确定的一个。`,
  noText: "无文本",
  emptyGeneration: "这里将显示生成的文本和每个词元的概率。",
};
