import { createContext, use, type ReactNode } from 'react';
import {
  keepPreviousData,
  QueryClient,
  QueryClientProvider,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { CallProblem, IpcClient, NoAgent, type Answer, type CallName, type Question, type Status } from '@tidemark/ipc';
import { say } from '../design/said.tsx';
import { LiveStore, useLive, type Live } from './live.ts';
import { thinnedOut } from './thinned-out.ts';
import { isAtServer, type Where } from './where.ts';

/** A list with more pages than this is not fetched anew by itself when something changes; the person is told and asks. */
export const PAGES_REFRESHED_MAX = 3;
/** While something moves, what is shown is asked for anew so often at most. */
const REFRESHED_EVERY_MS = 2_000;

/** The page's line to the agent: calls are asked with {@link useAsk} and {@link useAct}, what comes by itself is read with {@link useAgent}. */
export interface Line {
  readonly where: Where;
  readonly client: IpcClient;
  readonly live: LiveStore;
  readonly queries: QueryClient;
}

const LineContext = createContext<Line | undefined>(undefined);

export function openLine(where: Where): Line {
  const client = new IpcClient(where);
  const queries = new QueryClient({
    defaultOptions: {
      // The agent is on this machine, whatever the browser thinks of the network; a "no" is an answer and is not asked again.
      queries: {
        networkMode: 'always',
        staleTime: Number.POSITIVE_INFINITY,
        retry: (count, error) => error instanceof NoAgent && count < 2,
        refetchOnWindowFocus: false,
      },
      mutations: { networkMode: 'always' },
    },
  });
  const live: LiveStore = new LiveStore(
    client,
    thinnedOut(
      (before, now) => refresh(queries, before, now),
      REFRESHED_EVERY_MS,
      () => live.get().line === 'open',
    ),
  );
  return { where, client, live, queries };
}

export function LineProvider({ line, children }: { line: Line; children: ReactNode }) {
  return (
    <LineContext value={line}>
      <QueryClientProvider client={line.queries}>{children}</QueryClientProvider>
    </LineContext>
  );
}

export function useLine(): Line {
  const line = use(LineContext);
  if (!line) throw new Error('used outside of LineProvider');
  return line;
}

export const useAgent = (): Live => useLive(useLine().live);

/** Whether a server answers, for this browser as a device of its own: then no disk is here, and nothing that needs one is offered. Never changes while the page lives. */
export const useIsBrowser = (): boolean => useLine().live.get().status?.face === 'server';

export function useAsk<Name extends CallName>(
  name: Name,
  question: Question<Name>,
  options: { enabled?: boolean; refetchInterval?: number } = {},
) {
  const { client } = useLine();
  return useQuery({
    queryKey: [name, question],
    queryFn: ({ signal }) => client.call(name, question, signal),
    placeholderData: keepPreviousData,
    ...options,
  });
}

/** Page after page of a list. @param next the question's part that leads on from an answer; undefined at the end. */
export function usePages<Name extends CallName>(
  name: Name,
  question: Question<Name>,
  next: (answer: Answer<Name>) => Partial<Question<Name>> | undefined,
) {
  const { client } = useLine();
  return useInfiniteQuery({
    queryKey: [name, question, 'pages'],
    queryFn: ({ pageParam, signal }) => client.call(name, { ...(question as object), ...(pageParam as object) } as Question<Name>, signal),
    initialPageParam: {} as Partial<Question<Name>>,
    getNextPageParam: (answer: Answer<Name>) => next(answer),
  });
}

/** Does something. What was asked before is asked again afterwards, and what to say is said; `showsNo`: where it is asked shows by itself why it was not done. */
export function useAct<Name extends CallName>(
  name: Name,
  done?: (answer: Answer<Name>, question: Question<Name>) => string | undefined,
  { showsNo = false }: { showsNo?: boolean } = {},
) {
  const { client, live } = useLine();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (question: Question<Name>) => client.call(name, question),
    onSuccess: async (answer, question) => {
      const told = done?.(answer, question);
      if (told !== undefined) say(told);
      void live.refresh();
      await queries.invalidateQueries({ predicate: isSmall });
    },
    onError: (error) => {
      if (!showsNo) say(sentenceOf(error), 'bad');
    },
  });
}

/** What a person is told of something that did not work: always with what to do next. */
export function sentenceOf(error: unknown): string {
  if (error instanceof CallProblem) return error.message;
  if (error instanceof NoAgent)
    return isAtServer()
      ? 'The server does not answer. Nothing was changed here; this page goes on by itself when it is back.'
      : 'The agent does not answer. Start it with “tidemark agent”; this page goes on by itself.';
  return 'That did not work, and nothing was changed. Try it again; “tidemark report” helps whoever looks into it.';
}

/** An older agent that does not know this yet: nothing is wrong. */
export const isNotYet = (error: unknown): boolean => error instanceof CallProblem && /cannot do\b.*\byet\b/.test(error.message);

interface Cached {
  readonly queryKey: readonly unknown[];
  readonly state: { readonly data: unknown };
}
const isSmall = ({ state }: Cached): boolean => {
  const { data } = state;
  return !(
    typeof data === 'object' &&
    data !== null &&
    'pages' in data &&
    Array.isArray(data.pages) &&
    data.pages.length > PAGES_REFRESHED_MAX
  );
};

/** Asks again what a new status has made old, if it has. */
function refresh(queries: QueryClient, before: Status | undefined, now: Status): Promise<void> | undefined {
  const moved = new Set(
    now.workspaces
      .filter((one) => {
        const old = before?.workspaces.find(({ id }) => id === one.id);
        return (
          !old ||
          old.head !== one.head ||
          old.applied !== one.applied ||
          old.conflicts !== one.conflicts ||
          old.issues.length !== one.issues.length
        );
      })
      .map(({ id }) => id),
  );
  const isOther = !before || before.workspaces.length !== now.workspaces.length || before.server.url !== now.server.url;
  if (moved.size === 0 && !isOther) return undefined;
  return queries.invalidateQueries({
    predicate: (query) => {
      const question = query.queryKey[1] as { workspace?: string } | undefined;
      return isSmall(query) && (question?.workspace === undefined ? isOther : moved.has(question.workspace));
    },
  });
}
