() => {
  // Comes in: the address. Goes out: [what stands after #look= as text], [""] without it, ["?"] where it cannot be read.
  // Another link pasted into an open page is opened as well.
  window.addEventListener("hashchange", () => {
    if (location.hash.startsWith("#look=")) location.reload();
  });
  const [name, packed] = location.hash.split("=", 2);
  if (name !== "#look") return [""];
  try {
    const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    return [new TextDecoder("utf-8", { fatal: true }).decode(bytes)];
  } catch {
    return ["?"];
  }
}
