import { Fault } from '@tidemark/domain';
import { codeOf } from './beneath.ts';

const SAYS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; nothing was changed, and it goes on when there is room',
  EDQUOT: 'the quota of the disk is used up; nothing was changed, and it goes on when there is room',
  EACCES: 'permission is denied; nothing was changed, and it is tried again when the permissions allow it',
  EPERM: 'the system does not permit it; nothing was changed, and it is tried again now and then',
  EROFS: 'the disk is read-only; nothing was changed, and it goes on when it can be written',
  EIO: 'the disk reports an error; nothing was changed. Check the disk; it is tried again now and then',
  EMFILE: 'too many files are open; it is tried again in a moment',
  ENFILE: 'too many files are open; it is tried again in a moment',
  EXDEV: 'it lies on another volume than the folder itself; it stays as it is until it is on the same one',
  ENAMETOOLONG: 'this disk cannot hold so long a name; rename it on another device',
  EILSEQ: 'this disk cannot hold this name; rename it on another device',
  EINVAL: 'this disk cannot hold this name; rename it on another device',
  EBUSY: 'another program holds it; it is tried again in a moment',
  ETXTBSY: 'it is being run right now; it is tried again in a moment',
};

/** The fault that an error of the system is, in one sentence that says what happens next; nothing where it is no error of the system. */
export function diskFault(error: unknown, name: string): Fault | undefined {
  if (error instanceof Fault) return error;
  const code = codeOf(error);
  if (code === undefined || !(error instanceof Error) || !('syscall' in error)) return undefined;
  return new Fault(`${name}: ${SAYS[code] ?? `the disk answered ${code}; nothing was changed, and it is tried again now and then`}.`, {
    retry: 'later',
    cause: error,
  });
}
