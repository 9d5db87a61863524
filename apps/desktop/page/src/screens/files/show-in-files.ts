import { useMutation } from '@tanstack/react-query';
import { sentenceOf, useLine } from '../../line/line.tsx';
import { say } from '../../design/said.tsx';
import { go } from '../../route.ts';

/** Goes to a path of a workspace: its folder, with its details beside it. */
export function useShowInFiles(workspace: string) {
  const { client } = useLine();
  return useMutation({
    mutationFn: (path: string) => client.call('entryAt', { workspace, path }),
    onSuccess: ({ entry }) =>
      go({ screen: 'files', workspace, chosen: entry.path, ...(entry.parent !== null && { folder: entry.parent }) }),
    onError: (error) => say(sentenceOf(error), 'bad'),
  });
}
