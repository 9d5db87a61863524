import type { Style } from './format/text.ts';

/** Where a command shows what it has to say. */
export interface Screen extends Style {
  write(text: string): void;
  /** Asks the person; there only where somebody sits at a terminal. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
}

/** This process's own: colours and bars only on a terminal, and colours only where `NO_COLOR` does not forbid them. */
export function processScreen({ stdout, stdin, env: environment }: Pick<NodeJS.Process, 'stdout' | 'stdin' | 'env'> = process): Screen {
  const terminal = stdout.isTTY && environment['TERM'] !== 'dumb';
  return {
    terminal,
    colours: terminal && (environment['NO_COLOR'] ?? '') === '',
    get columns() {
      return stdout.isTTY ? stdout.columns : Infinity;
    },
    write: (text) => void stdout.write(text),
    confirm: stdin.isTTY && stdout.isTTY ? confirmAtTerminal : undefined,
  };
}

async function confirmAtTerminal(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/iu.test((await reader.question(`${question} [y/N] `)).trim());
  } finally {
    reader.close();
  }
}
