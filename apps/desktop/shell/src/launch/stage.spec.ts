import { expect, test } from 'vitest';
import { bundle } from './stage.ts';

/** As the core reads it. */
function read(bytes: Buffer, path: string): string | undefined {
  const headerBytes = bytes.readUInt32LE(4) - 8;
  const start = 16 + headerBytes;
  let at: unknown = JSON.parse(bytes.toString('utf8', 16, start));
  for (const name of path.split('/')) at = (at as { files?: Record<string, unknown> }).files?.[name];
  const file = at as { size: number; offset: string } | undefined;
  return file && bytes.toString('utf8', start + Number(file.offset), start + Number(file.offset) + file.size);
}

test('every file of the bundle is found again where the core looks, whatever the length of what stands before it', () => {
  for (let extra = 0; extra < 4; extra += 1) {
    const name = `resources/${'a'.repeat(1 + extra)}.js`;
    const bytes = bundle(
      new Map([
        ['config.json', Buffer.from('{"ü":1}')],
        ['resources/index.html', Buffer.from('<p>')],
        [name, Buffer.from('go()')],
      ]),
    );
    expect(bytes.readUInt32LE(0)).toBe(4);
    expect(bytes.readUInt32LE(4) % 4).toBe(0);
    expect(read(bytes, 'config.json')).toBe('{"ü":1}');
    expect(read(bytes, 'resources/index.html')).toBe('<p>');
    expect(read(bytes, name)).toBe('go()');
    expect(read(bytes, 'resources/none')).toBeUndefined();
  }
});
