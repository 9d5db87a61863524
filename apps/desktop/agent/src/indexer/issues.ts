/** Something that is skipped or waits, and what would help. */
export interface IndexIssue {
  /** From the root; '' for the folder itself. */
  readonly path: string;
  readonly code: 'UNREADABLE' | 'OTHER_VOLUME' | 'NAME_NOT_UTF8' | 'NAME_INVALID' | 'NAME_TWICE' | 'TOO_LARGE' | 'BUSY';
  readonly message: string;
  readonly nextStep: string;
}

const name = (path: string): string => path.split('/').at(-1) ?? path;

export const unreadable = (path: string, code: string): IndexIssue =>
  code === 'TOO_LARGE'
    ? {
        path,
        code,
        message: `${name(path)} is larger than Tidemark keeps (1 TiB); it stays on this device only.`,
        nextStep: 'Split it, or add it to .tidemarkignore.',
      }
    : {
        path,
        code: 'UNREADABLE',
        message: `${name(path) || 'The folder'} cannot be read (${code}); it is not synced, and nothing of it is taken as deleted.`,
        nextStep:
          code === 'EACCES' || code === 'EPERM' ? 'Allow Tidemark to read it.' : 'Check the disk; it is tried again with every scan.',
      };

export const otherVolume = (path: string): IndexIssue => ({
  path,
  code: 'OTHER_VOLUME',
  message: `${name(path)} lies on another volume than the folder; it is not synced, and nothing of it is taken as deleted.`,
  nextStep: 'Add it as a folder of its own, or add it to .tidemarkignore.',
});

export const notUtf8 = (path: string): IndexIssue => ({
  path,
  code: 'NAME_NOT_UTF8',
  message: `The name of ${name(path)} is not UTF-8; it is not synced.`,
  nextStep: 'Rename it. Until then it stays on this device only.',
});

export const invalidName = (path: string): IndexIssue => ({
  path,
  code: 'NAME_INVALID',
  message: `${name(path)} has a name that cannot be synced.`,
  nextStep: 'Rename it.',
});

export const nameTwice = (path: string): IndexIssue => ({
  path,
  code: 'NAME_TWICE',
  message: `${name(path)} has the same name as its neighbour, written in other code points; only one of the two is synced.`,
  nextStep: 'Rename one of them.',
});

export const busy = (path: string): IndexIssue => ({
  path,
  code: 'BUSY',
  message: `${name(path)} is written again and again; it is sent when it settles.`,
  nextStep: 'Nothing has to be done.',
});
