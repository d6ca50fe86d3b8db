// Comes in: the address of a kept result. Goes out: ask(name, arguments) -> Promise of bytes or JSON from the page's server.
// What the server refuses comes with its own words.

const SECONDS = 60;

function query(given) {
  return new URLSearchParams(Object.entries(given).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value]));
}

async function refusal(response, text) {
  try {
    return (await response.json()).error;
  } catch {
    return text.serverAnswered(response.status);
  }
}

export function urlCarrier(address, text) {
  const closing = new AbortController();
  const ask = async (name, given = {}) => {
    const tooLong = AbortSignal.timeout(1000 * SECONDS);
    let response;
    try {
      const place = name === "payload" ? address : `${address}/${name}?${query(given)}`;
      response = await fetch(place, { signal: AbortSignal.any([closing.signal, tooLong]) });
    } catch {
      if (closing.signal.aborted) throw new Error(text.viewClosed);
      throw new Error(tooLong.aborted ? text.serverSilent(SECONDS) : text.noConnection);
    }
    if (!response.ok) throw new Error(await refusal(response, text));
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    return isJson ? response.json() : new Uint8Array(await response.arrayBuffer());
  };
  return { ask, close: () => closing.abort() };
}
