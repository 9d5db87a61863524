import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS_MAX = 40;
/** Bits per channel in which colours have to differ not to be one to begin with. */
const BUCKET_BITS = 6;
/** Between two colours of the palette, squared: so that a rare accent has a place beside many greys. */
const APART_MIN = 110;

export function pngChunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

export const pngOf = (head: { width: number; height: number; colourType: 2 | 3 }, chunks: readonly Buffer[]): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(head.width, 0);
  header.writeUInt32BE(head.height, 4);
  header.set([8, head.colourType, 0, 0, 0], 8);
  return Buffer.concat([SIGNATURE, pngChunk('IHDR', header), ...chunks, pngChunk('IEND', Buffer.alloc(0))]);
};

/** The same picture in a few dozen colours: a picture of a screen is a quarter as large, and looks the same. Takes what Chromium makes: 8 bits, RGB or RGBA, not interlaced. */
export function smallPng(png: Buffer): Buffer {
  const { width, height, pixels, channels } = decode(png);
  const count = width * height;
  const sums = new Map<number, [count: number, red: number, green: number, blue: number]>();
  const bucketAt = (pixel: number): number => {
    const at = pixel * channels;
    const shift = 8 - BUCKET_BITS;
    return ((pixels[at]! >> shift) << (2 * BUCKET_BITS)) | ((pixels[at + 1]! >> shift) << BUCKET_BITS) | (pixels[at + 2]! >> shift);
  };
  for (let pixel = 0; pixel < count; pixel += 1) {
    const bucket = bucketAt(pixel);
    const sum = sums.get(bucket) ?? [0, 0, 0, 0];
    sum[0] += 1;
    for (let channel = 0; channel < 3; channel += 1) sum[channel + 1]! += pixels[pixel * channels + channel]!;
    sums.set(bucket, sum);
  }
  const means = [...sums].map(([bucket, [of, ...sum]]) => ({ bucket, of, mean: sum.map((value) => Math.round(value / of)) }));
  const palette: typeof means = [];
  for (const one of means.toSorted((a, b) => b.of - a.of)) {
    if (palette.length === COLOURS_MAX) break;
    if (palette.every(({ mean }) => apart(mean, one.mean) >= APART_MIN)) palette.push(one);
  }
  const nearest = new Map(means.map(({ bucket, mean }) => [bucket, nearestOf(mean, palette)]));
  const rows = Buffer.alloc(height * (width + 1));
  for (let pixel = 0; pixel < count; pixel += 1) {
    const row = Math.floor(pixel / width);
    rows[row * (width + 1) + 1 + (pixel % width)] = nearest.get(bucketAt(pixel))!;
  }
  const colours = Buffer.from(palette.flatMap(({ mean }) => mean));
  return pngOf({ width, height, colourType: 3 }, [
    pngChunk('PLTE', colours),
    pngChunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
  ]);
}

const apart = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, channel) => sum + (value - b[channel]!) ** 2, 0);

function nearestOf(colour: readonly number[], palette: readonly { mean: readonly number[] }[]): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, { mean }] of palette.entries()) {
    const far = apart(mean, colour);
    if (far < least) [best, least] = [index, far];
  }
  return best;
}

function decode(png: Buffer): { width: number; height: number; channels: number; pixels: Buffer } {
  let width = 0;
  let height = 0;
  let channels = 0;
  const parts: Buffer[] = [];
  for (let at = SIGNATURE.length; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const name = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    if (name === 'IDAT') parts.push(data);
    if (name !== 'IHDR') continue;
    [width, height, channels] = [data.readUInt32BE(0), data.readUInt32BE(4), data[9] === 6 ? 4 : 3];
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const pixels = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row += 1)
    unfilter(raw.subarray(row * (stride + 1), (row + 1) * (stride + 1)), pixels, row * stride, { stride, channels });
  return { width, height, channels, pixels };
}

/** PNG's five filters (W3C, Portable Network Graphics, 9.2). */
function unfilter(line: Buffer, into: Buffer, start: number, { stride, channels }: { stride: number; channels: number }): void {
  const filter = line[0];
  for (let x = 0; x < stride; x += 1) {
    const left = x >= channels ? into[start + x - channels]! : 0;
    const up = start >= stride ? into[start + x - stride]! : 0;
    const corner = x >= channels && start >= stride ? into[start + x - stride - channels]! : 0;
    const guess = filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : filter === 4 ? paeth(left, up, corner) : 0;
    into[start + x] = (line[x + 1]! + guess) & 0xff;
  }
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
