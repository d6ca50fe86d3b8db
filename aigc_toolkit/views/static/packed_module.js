// Comes in: PACKED, another module of this folder, deflated and in base64. Goes out: its default export. A notebook sends a view's
// module to the browser as it is: this one is a third as long.

const packed = Uint8Array.from(atob("PACKED"), (character) => character.charCodeAt(0));
const source = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
const module = await import(address);
URL.revokeObjectURL(address);

export default module.default;
