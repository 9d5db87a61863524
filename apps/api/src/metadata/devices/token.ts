import { randomBytes, timingSafeEqual } from 'node:crypto';
import { sha256Hex } from '@tidemark/chunking';
import { parseDeviceId, type DeviceId } from '@tidemark/domain';

const TOKEN = /^tmk_([0-9a-f-]{36})_([\w-]{43})$/;

/** `tmk_<device>_<256 random bits>`. Only its hash is kept. */
export const newToken = (device: DeviceId): string => `tmk_${device}_${randomBytes(32).toString('base64url')}`;

export const tokenHash = (token: string): string => sha256Hex(Buffer.from(token));

/** Whose token it claims to be. */
export function deviceOfToken(token: string): DeviceId | undefined {
  const device = TOKEN.exec(token)?.[1];
  return device === undefined ? undefined : parseDeviceId(device);
}

/** Takes the same time for every wrong token. */
export const isToken = (token: string, hash: string): boolean => {
  const [given, kept] = [Buffer.from(tokenHash(token)), Buffer.from(hash)];
  return given.length === kept.length && timingSafeEqual(given, kept);
};
