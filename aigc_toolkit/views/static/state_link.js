// Comes in: JSON. Goes out: the part of an address after #, as base64url of UTF-8, and back. Says null of what is not one.

export function encodedHash(name, value) {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `#${name}=${text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

export function decodedHash(name, hash) {
  const found = hash.match(/^#(\w+)=([\w-]+)$/);
  if (!found || found[1] !== name) return null;
  try {
    const text = atob(found[2].replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0))));
  } catch {
    return null;
  }
}
