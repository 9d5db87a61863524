import { useMutation } from '@tanstack/react-query';
import { CallProblem, type EntryView } from '@tidemark/ipc';
import { DOWNLOAD_BYTES_MAX, fetchContent, saveAs } from '../../line/download.ts';
import { sentenceOf, useLine } from '../../line/line.tsx';
import { say } from '../../design/said.tsx';
import { showBytes } from '../../words/amounts.ts';
import { saveByTicket } from './save-content.ts';

/** Saves a file's content through the browser. */
export function useDownload(workspace: string) {
  const line = useLine();
  return useMutation({
    mutationFn: async ({ entry, revision, bytes = entry.bytes }: { entry: EntryView; revision?: string; bytes?: number }) => {
      const called = revision === undefined ? entry.name : nameAt(entry.name, revision);
      if (line.where.browser === undefined && (await saveByTicket(line, { workspace, entry: entry.id, revision, name: called })))
        return entry.name;
      if (bytes > DOWNLOAD_BYTES_MAX)
        throw new CallProblem(
          'REFUSED',
          `${entry.name} has ${showBytes(bytes)}, too much for a browser to gather. Use “tidemark get”, which puts it onto your disk, or keep its folder on ${line.where.browser === undefined ? 'this device' : 'a device'}.`,
        );
      saveAs(await fetchContent(line, workspace, entry.id, revision), called);
      return entry.name;
    },
    onSuccess: (name) => say(`${name} was handed to the browser to save.`),
    onError: (error) => say(sentenceOf(error), 'bad'),
  });
}

/** `report.docx` at 7 is `report (revision 7).docx`, so that it does not look like the present one. */
export function nameAt(name: string, revision: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? `${name.slice(0, dot)} (revision ${revision})${name.slice(dot)}` : `${name} (revision ${revision})`;
}
