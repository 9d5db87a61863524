import { CallProblem, callAnswer, CONTENT_PATH, CONTENT_TICKET_PATH, contentTicketAnswer, NoAgent, TICKET_PARAMETER } from '@tidemark/ipc';
import type { Line } from '../../line/line.tsx';

interface Saving {
  readonly workspace: string;
  readonly entry: string;
  readonly revision?: string | undefined;
  /** What the file is to be called. */
  readonly name: string;
}

/**
 * Has the browser save a content by itself, to whatever size: it is led to an address that is good for this once. The secret stands in none.
 * @returns false where what answers gives no tickets. @throws {CallProblem} @throws {NoAgent}
 */
export async function saveByTicket({ where }: Line, saving: Saving): Promise<boolean> {
  const response = await fetch(`${where.base}${CONTENT_TICKET_PATH}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${where.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(saving),
  }).catch((cause: unknown) => {
    throw new NoAgent(`No agent listens at ${where.base}.`, { cause });
  });
  const answer = callAnswer.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) return false;
  if (!answer.data.ok) throw new CallProblem(answer.data.error.code, answer.data.error.message);
  const { ticket } = contentTicketAnswer.parse(answer.data.result);
  const link = document.createElement('a');
  link.href = `${where.base}${CONTENT_PATH}?${new URLSearchParams({ [TICKET_PARAMETER]: ticket })}`;
  // Without it the window would go there where the content cannot be had after all.
  link.download = saving.name;
  link.click();
  return true;
}
