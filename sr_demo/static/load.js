// Files of the site, unpacked: packed ones load as quickly from hosts that pack nothing themselves.

export class LoadError extends Error {}

const kept = new Map();                           // address -> promise of an ArrayBuffer

export function loaded(url) {
  const address = String(url);
  if (!kept.has(address)) {
    kept.set(address, fetched(address).finally(() => kept.delete(address)));
  }
  return kept.get(address);
}

async function fetched(address) {
  const name = address.split('/').at(-1);
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) {
    throw new LoadError(`${name} cannot be loaded: are you offline? Reload the page to try again.`);
  }
  const content = await answer.arrayBuffer();
  const [first, second] = new Uint8Array(content, 0, 2);
  if (first !== 0x1f || second !== 0x8b) return content;   // the host has said that it is packed
  const unpacked = new Blob([content]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(unpacked).arrayBuffer();
}
