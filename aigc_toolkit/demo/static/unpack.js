// A view's value may come packed as JSON text: unpacked once for each text. The script after this line reads `props`.
props = ((sent) => {
  let [text, value] = [null, null];
  return {
    get value() {
      if (typeof sent.value !== "string" || sent.value === "") return sent.value;
      if (sent.value !== text) [text, value] = [sent.value, JSON.parse(sent.value)];
      return value;
    },
  };
})(props);
