import { secretsIn, withoutSecrets } from '@tidemark/domain';
import { urlsIn } from './copy/places.ts';

/** The text without any secret that this process was given, by its environment or its command line. */
export function hidden(text: string): string {
  const variables = Object.entries(process.env).flatMap(([name, value]) => (name.startsWith('TIDEMARK_') ? (value ?? []) : []));
  const options = process.argv.slice(2).map((option) => option.replace(/^--[a-z-]+=/, ''));
  const urls = [...variables, ...options].flatMap((one) => [one, ...urlsIn(one)]);
  return withoutSecrets(text, secretsIn(urls));
}
