import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import type { TidemarkProgram } from './agent-line.ts';

/** The command line, which knows how the agent is run: itself where everything is one executable, else the built program of this repository. */
export const tidemarkProgram = (): TidemarkProgram =>
  isSea()
    ? { program: process.execPath, parameters: [] }
    : {
        program: process.execPath,
        parameters: [...process.execArgv, fileURLToPath(new URL('../../cli/bin/tidemark.js', import.meta.url))],
      };
