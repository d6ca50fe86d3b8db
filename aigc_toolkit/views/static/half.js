// Comes in: bytes of IEEE 754 half precision, little endian, or base64. Goes out: Float32Array, or bytes. One look in a
// table per number: at most 65,536 of them exist.

let table = null;

function allHalves() {
  const floats = new Float32Array(65536);
  for (let half = 0; half < 65536; half += 1) {
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    let size = (1 + fraction / 1024) * 2 ** (exponent - 15);
    if (exponent === 0) size = fraction * 2 ** -24;
    if (exponent === 31) size = fraction ? NaN : Infinity;
    floats[half] = half & 0x8000 ? -size : size;
  }
  return floats;
}

export function halfToFloat(bytes) {
  table ??= allHalves();
  const floats = new Float32Array(bytes.length >> 1);
  for (let i = 0; i < floats.length; i += 1) floats[i] = table[bytes[2 * i] | (bytes[2 * i + 1] << 8)];
  return floats;
}

export function base64Bytes(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
