import type { Faults, Mix, Profile } from './profiles.ts';
import { Random } from './random.ts';

/** One thing a person does at a moment; the four draws say to what. */
export interface Action {
  readonly at: number;
  readonly device: number;
  readonly kind: keyof Mix;
  readonly draws: readonly [number, number, number, number];
  /** A content nobody else writes. */
  readonly unique: string;
}

/** A case: its seeds drive workload, schedule and faults apart from each other, so that leaving out an action does not reshuffle the rest. */
export interface Story {
  readonly profile: string;
  readonly seed: number;
  readonly devices: number;
  /** Actions before the story begins, on the first device. */
  readonly populated: number;
  readonly names: readonly string[];
  readonly actions: readonly Action[];
  readonly faults: Faults;
}

const DEVICES_MIN = 2;
const ACTIONS_MIN = 3;

export function storyOf(name: string, profile: Profile, seed: number): Story {
  const draw = new Random(seed * 7919 + 1);
  const kinds = Object.keys(profile.mix) as (keyof Mix)[];
  const used = kinds.filter((kind) => (profile.mix[kind] ?? 0) > 0 && (profile.all === true || draw.chance(0.8)));
  const bag = used.flatMap((kind) => Array.from({ length: Math.ceil((profile.mix[kind] ?? 0) * 4) }, () => kind));
  if (bag.length === 0) bag.push('write');
  const devices = profile.devices ?? DEVICES_MIN + draw.int(3);
  const count = ACTIONS_MIN + draw.int(profile.actions ?? 14);
  const names = draw.chance(0.5) ? profile.names : profile.names.slice(0, Math.max(2, Math.ceil(profile.names.length / 2)));
  const gap = draw.pick([2, 8, 25]);
  const actions: Action[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    at += draw.int(gap) + (draw.chance(0.3) ? 40 : 0);
    const device = profile.solo === true ? 0 : draw.int(devices);
    actions.push({ at, device, kind: draw.pick(bag), draws: [draw.next(), draw.next(), draw.next(), draw.next()], unique: `u${i}` });
  }
  return { profile: name, seed, devices, populated: draw.chance(0.6) ? 3 + draw.int(6) : 0, names, actions, faults: profile.faults };
}
