// Files as one ZIP, stored as they are: PNGs are packed already.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// `entries` is [[name, blob]].
export async function zipped(entries) {
  const parts = [], directory = [];
  let offset = 0;
  for (const [name, blob] of entries) {
    const content = new Uint8Array(await blob.arrayBuffer());
    const title = new TextEncoder().encode(name);
    // Needs 2.0, names in UTF-8, stored, 1 January 1980; check sum, size twice, the name's length
    const common = fields([2, 20], [2, 0x800], [2, 0], [2, 0], [2, 33], [4, crc32(content)],
      [4, content.length], [4, content.length], [2, title.length], [2, 0]);
    const local = [fields([4, 0x04034b50]), common, title, content];
    directory.push(fields([4, 0x02014b50], [2, 20]), common,
      fields([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), title);
    parts.push(...local);
    offset += sizeOf(local);
  }
  const size = sizeOf(directory);
  const count = entries.length;
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset],
    [2, 0]);
  return new Blob([...parts, ...directory, end], { type: 'application/zip' });
}

const sizeOf = (parts) => parts.reduce((sum, { length }) => sum + length, 0);

// Little-endian numbers of [bytes, value] each.
function fields(...values) {
  return Uint8Array.from(values.flatMap(([bytes, value]) =>
    Array.from({ length: bytes }, (_, i) => (value / 256 ** i) & 255)));
}
