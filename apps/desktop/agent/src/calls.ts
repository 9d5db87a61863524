import { createInterface } from 'node:readline';
import { answerOf, CallProblem, dispatch, isCallName, refusalOf } from '@tidemark/ipc';
import { Agent } from './agent.ts';
import { logTo } from './log-file.ts';

/** Answers calls without a daemon: a line `{name, question}` in, an answer per line out, in order. The home is held from the first question to the end of the input. */
export async function calls(home: string): Promise<void> {
  let agent: Agent | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const { name, question } = JSON.parse(line) as { name: string; question: unknown };
      if (!isCallName(name)) throw new CallProblem('INVALID', `There is no call ${name}.`);
      agent ??= Agent.open(home, logTo(home));
      console.log(JSON.stringify(answerOf(await dispatch(agent.face, name, question))));
    } catch (error) {
      console.log(JSON.stringify(refusalOf(error)));
    }
  }
  await agent?.close();
}
