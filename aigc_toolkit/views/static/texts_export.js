// The words of saving what is on the screen, in English and Chinese.

export const ENGLISH_EXPORT = {
  exportAs: "Save as",
  exportNames: { svg: "SVG: a drawing with text as text", png: "PNG: a picture at twice its size", csv: "CSV: the numbers shown" },
  exported: (name) => `${name} was saved.`,
  exportFailed: (reason) => `Nothing was saved: ${reason}`,
  exportTooLarge: (rows, columns) => `the map has ${rows} × ${columns} cells, more than a table can hold. Look closer first.`,
  exportTitle: ({ model, kind, layer, head }) => `${model} · ${kind} attention · layer ${layer}, head ${head}`,
  exportDifference: "difference of two attentions",
  exportMap: (skipFirst) => `queries down, keys across${skipFirst ? ", first token left out" : ""}`,
  exportLines: (share) => `queries left, keys right; the fewest links that hold ${share} % of the weight`,
  exportWeight: { linear: "weight, linear scale", root: "weight, square-root scale", log: "weight, logarithmic scale", signed: "difference of weights" },
  exportStory: "shade and underline: probability of each token",
};

export const CHINESE_EXPORT = {
  exportAs: "保存为",
  exportNames: { svg: "SVG：文字仍为文字的图形", png: "PNG：两倍尺寸的图片", csv: "CSV：所显示的数字" },
  exported: (name) => `已保存 ${name}。`,
  exportFailed: (reason) => `未能保存：${reason}`,
  exportTooLarge: (rows, columns) => `图中有 ${rows} × ${columns} 个格子，超出一张表的容量。请先放大。`,
  exportTitle: ({ model, kind, layer, head }) => `${model} · ${kind} 注意力 · 第 ${layer} 层，第 ${head} 头`,
  exportDifference: "两份注意力之差",
  exportMap: (skipFirst) => `行为查询，列为键${skipFirst ? "，已略去第一个词元" : ""}`,
  exportLines: (share) => `左为查询，右为键；以最少的连线占到 ${share} % 的权重`,
  exportWeight: { linear: "权重，线性", root: "权重，平方根", log: "权重，对数", signed: "权重之差" },
  exportStory: "底色与下划线：每个词元的概率",
};
