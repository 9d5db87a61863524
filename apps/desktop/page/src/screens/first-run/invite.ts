/** What the picture of an invitation holds: `<server>/#code=XXXX-…`. */
export const inviteText = (url: string, code: string): string => `${url}/#code=${code}`;

export function parseInvite(text: string): { readonly url: string; readonly code: string } | undefined {
  const found = /^(https?:\/\/[^#]+?)\/?#code=([0-9A-Z-]{8,40})$/i.exec(text);
  return found?.[1] && found[2] ? { url: found[1], code: found[2].toUpperCase() } : undefined;
}
