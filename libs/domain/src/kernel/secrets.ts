/** In place of what is not shown. */
const HIDDEN = '***';
/** A shorter password would also be found in words that have nothing to do with it. */
const SECRET_CHARS_MIN = 4;
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s"'`<>]*@/gi;

/** The URL as it may be shown and logged: no user, no password, no query (drivers take keys there too). */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^?]*@/i, '$1').replace(/\?.*$/s, '');
}

/** What of these URLs must never be seen: passwords and values of the query, as written, decoded, and as JSON writes them. */
export function secretsIn(urls: readonly string[]): readonly string[] {
  const secrets = new Set<string>();
  for (const url of urls) {
    const [before = '', query = ''] = url.split('?', 2);
    const userInfo = /^[a-z][a-z0-9+.-]*:\/\/(.*)@/i.exec(before)?.[1] ?? '';
    const password = userInfo.includes(':') ? userInfo.slice(userInfo.indexOf(':') + 1) : '';
    const values = query
      .split('&')
      .flatMap((pair) => (/key|secret|pass|token/i.test(pair.split('=')[0] ?? '') ? [pair.slice(pair.indexOf('=') + 1)] : []));
    for (const text of [password, ...values])
      for (const form of [text, decoded(text), JSON.stringify(decoded(text)).slice(1, -1)])
        if (form.length >= SECRET_CHARS_MIN) secrets.add(form);
  }
  // The longest first: one may stand in another.
  return [...secrets].toSorted((a, b) => b.length - a.length);
}

/** The text with every secret, and the credentials of any URL in it, hidden. For whatever is logged or sent. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const shown = text.replaceAll(USER_INFO, `$1${HIDDEN}@`);
  return secrets.reduce((left, secret) => left.replaceAll(secret, HIDDEN), shown);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
