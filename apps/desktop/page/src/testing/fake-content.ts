import { deflateSync } from 'node:zlib';
import { pngChunk, pngOf } from './small-png.ts';

/** Contents of the invented world: plausible, told apart by revision. */
const CAPTIONS_BASE = [
  'The harbour at six',
  'Lighthouse, from the pier',
  'Ferry to the island',
  'Market day',
  'Low tide',
  'Nets drying',
  'The old slipway',
  'Evening, looking west',
];

export function textAt(path: string, revision: string | undefined): string {
  if (path.includes('captions')) return captions(revision);
  const lines = [`# ${path}`, ''];
  for (let number = 1; number <= 40; number += 1)
    lines.push(number === 7 && revision !== undefined ? `Line 7, as it was at revision ${revision}.` : `Line ${number} of the text.`);
  return `${lines.join('\n')}\n`;
}

function captions(revision: string | undefined): string {
  const lines = [...CAPTIONS_BASE];
  if (revision === '904') {
    lines[1] = 'Lighthouse, seen from the pier at dawn';
    lines.push('Boats coming home');
  }
  if (revision === '905') {
    lines[2] = 'The ferry to the island, last crossing';
    lines[4] = 'Low tide, sandbars showing';
  }
  return `${lines.join('\n')}\n`;
}

/** A picture in the place of a photograph: a PNG of a shore, its colours told apart by revision. */
export function pictureAt(revision: string | undefined): Buffer {
  const [width, height] = [320, 200];
  const shade = (Number(revision ?? 1) * 47) % 90;
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const shore = 130 + 18 * Math.sin(x / 46) + 6 * Math.sin(x / 13);
      const isSun = Math.hypot(x - 80 - shade, y - 60) < 24;
      const colour = isSun
        ? [255, 240, 205]
        : y < shore
          ? [190 - shade + y / 3, 205 + y / 6, 225 - y / 4]
          : [40 + shade / 2, 92 + (y - shore) / 2, 104];
      const at = y * (1 + width * 3) + 1 + x * 3;
      for (const [number, value] of colour.entries()) rows[at + number] = Math.max(0, Math.min(255, Math.round(value)));
    }
  return pngOf({ width, height, colourType: 2 }, [pngChunk('IDAT', deflateSync(rows))]);
}
