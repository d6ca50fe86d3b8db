// What may go wrong on the way of the weights, in English and Chinese.

export const ENGLISH_SOURCE = {
  noAnswer: (seconds) => `no answer for ${seconds} seconds: the kernel is busy or gone. If it is gone, run the cell again`,
  kernelGone: "the kernel was stopped or restarted. Run the cell again",
  viewClosed: "the view was closed",
  serverAnswered: (status) => `the server answered ${status}`,
  serverSilent: (seconds) => `the server did not answer for ${seconds} seconds`,
  noConnection: "the connection is broken",
  wrongSize: (given, expected) => `${given} numbers came, ${expected} were expected`,
  notCarried: "this page does not carry this head",
  weightsOnly: "This page carries weights, not the queries and keys they came from.",
  noDifferenceCell: "A difference has no arithmetic of its own. Look at either of the two.",
  onlyWeights: "This family shows its weights only: its queries and keys stay inside the model.",
  crossScores: "Heads of cross attention have no scores: they need one text that looks at itself.",
  shortScores: "A text needs 2 tokens or more for its heads to be measured.",
  sinkCell: "A learned sink is a score alone: no token stands behind it, so it has no key.",
  carriesQueriesAndKeys: (precision, difference) =>
    `saved as ${precision} queries and keys: weights within ${difference}`,
  carriesWeights: (difference) => `saved as 8-bit weights, within ${difference}`,
};

export const CHINESE_SOURCE = {
  noAnswer: (seconds) => `${seconds} 秒没有回应：内核正忙，或已断开。若已断开，请重新运行此单元格`,
  kernelGone: "内核已停止或重启。请重新运行此单元格",
  viewClosed: "视图已关闭",
  serverAnswered: (status) => `服务器返回 ${status}`,
  serverSilent: (seconds) => `服务器 ${seconds} 秒没有回应`,
  noConnection: "连接已断开",
  wrongSize: (given, expected) => `收到 ${given} 个数，应为 ${expected} 个`,
  notCarried: "此页面没有保存这个头",
  weightsOnly: "此页面保存的是权重，没有保存得出权重的查询和键。",
  noDifferenceCell: "差值没有自己的算式。请查看两者之一。",
  onlyWeights: "这类模型只给出权重：查询和键留在模型内部。",
  crossScores: "交叉注意力的头没有分数：分数要求文本观察它自己。",
  shortScores: "文本至少要有 2 个词元，才能测量各个头。",
  sinkCell: "学到的汇只是一个分数：它背后没有词元，也就没有键。",
  carriesQueriesAndKeys: (precision, difference) => `以 ${precision} 查询和键保存：权重误差不超过 ${difference}`,
  carriesWeights: (difference) => `以 8 位权重保存：误差不超过 ${difference}`,
};
