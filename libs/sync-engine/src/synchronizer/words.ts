/** For people, after the path: what happened. */
export const SAID_SENT = {
  createFolder: 'created',
  createFile: 'sent',
  createLink: 'sent',
  putContent: 'sent',
  putTarget: 'sent',
  move: 'moved',
  delete: 'deleted',
  restore: 'restored',
  rescue: 'kept',
  setAttributes: 'changed',
  group: 'moved',
  recordConflict: 'conflict recorded for',
  settleConflict: 'conflict settled for',
  reopenConflict: 'conflict opened again for',
} as const;

export const SAID_DONE = {
  createFolder: 'created',
  createFile: 'received',
  createLink: 'received',
  replaceFile: 'received',
  replaceLink: 'received',
  setAttributes: 'changed',
  rename: 'moved',
  removeFile: 'deleted',
  removeFolder: 'deleted',
} as const;

export const SAID_REASON = {
  changed: 'It was changed here meanwhile.',
  missing: 'It is no longer where it was.',
  occupied: 'Something else has that name here.',
  'parent-missing': 'Its folder is not here.',
  'not-empty': 'The folder still holds something.',
  'link-on-the-way': 'A symbolic link stands on the way to it; nothing is written through links.',
} as const;
