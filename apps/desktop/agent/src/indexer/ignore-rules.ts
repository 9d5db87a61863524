import ignore, { type Ignore } from 'ignore';
import { TIDEMARK_FOLDER } from '../disk/root-marker.ts';

/** In the root; gitignore rules, synced like any file. */
export const IGNORE_FILE = '.tidemarkignore';

/**
 * Never synced anywhere: our own folder, temporary and lock files of editors, Office and desktops. Narrow on purpose, so that nothing a person made is hidden;
 * a rule with `!` in the ignore file brings any of them back, but for our own folder.
 */
export const NEVER_SYNCED: readonly string[] = [
  '.*.sw[a-p]',
  '*~',
  '.#*',
  '~$*',
  '.~lock.*#',
  '.goutputstream-*',
  '.nfs????????*',
  '.fuse_hidden*',
  '.DS_Store',
  '._*',
  'Thumbs.db',
  'desktop.ini',
];

/** What is never synced. Says nothing about what is tracked already: that stays. */
export class IgnoreRules {
  readonly #ignore: Ignore;

  /** @param lines gitignore rules, later ones win. */
  constructor(lines: readonly string[]) {
    this.#ignore = ignore({ ignorecase: false })
      .add(NEVER_SYNCED as string[])
      .add(lines as string[]);
  }

  /** @param path from the root, with `/`. */
  isIgnored(path: string, isFolder: boolean): boolean {
    if (path === TIDEMARK_FOLDER || path.startsWith(`${TIDEMARK_FOLDER}/`)) return true;
    return this.#ignore.ignores(isFolder ? `${path}/` : path);
  }

  /** The rule that hides it, as it was written; nothing where it is not hidden. */
  ruleFor(path: string, isFolder: boolean): string | undefined {
    if (path === TIDEMARK_FOLDER || path.startsWith(`${TIDEMARK_FOLDER}/`)) return `${TIDEMARK_FOLDER}/`;
    const { ignored, rule } = this.#ignore.checkIgnore(isFolder ? `${path}/` : path);
    return ignored ? (rule?.pattern ?? '') : undefined;
  }
}
