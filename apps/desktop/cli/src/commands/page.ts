import type { Command } from 'commander';
import { CommandProblem } from '../command-problem.ts';
import type { Common, Shell } from '../shell.ts';
import { verb } from '../verb.ts';

/** The page of the running agent. */
export function addPageCommands(program: Command, shell: Shell): void {
  verb(program, 'open', "open the running agent's page in the browser", {
    more: 'The address holds a secret that is good until the agent stops: whoever has it can do all that you can. It is handed to the browser in a file that only you can read.',
    examples: [
      ['tidemark open', ''],
      ['tidemark open --start', 'starts the agent first, if none runs'],
      ['tidemark open --print', 'only prints the address'],
    ],
    json: true,
  })
    .option('--start', 'start the agent, if none runs')
    .option('--print', 'only print the address')
    .action(async ({ start: isStarting = false, print: isPrinted = false, ...options }: Common & { start?: boolean; print?: boolean }) => {
      const page = await import('../page.ts');
      const home = await shell.home(options);
      const url = (await page.pageOf(home)) ?? (isStarting ? await page.startAgent(home) : undefined);
      if (url === undefined) throw new CommandProblem('failed', 'No agent runs; start one with "tidemark agent", or say --start.');
      shell.tell(options, { url }, () => url);
      if (!isPrinted && !(await page.showPage(home, url)))
        shell.complain('tidemark: no browser could be started; open the address in one.\n');
    });
}
