import { useEffect, useRef } from 'react';
import { MergeView } from '@codemirror/merge';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';

/** Unchanged lines around a change that stay in view. */
const MARGIN_LINES = 3;

const looks = EditorView.theme({
  '&': { fontSize: '0.8125rem', background: 'transparent' },
  '.cm-content': { fontFamily: 'var(--mono)', caretColor: 'var(--ink)' },
  '.cm-gutters': { background: 'transparent', border: 0, color: 'var(--ink-3)' },
  '.cm-changedLine': { background: 'var(--warn-soft)' },
  '.cm-changedText': { background: 'none', textDecoration: 'underline 2px var(--warn)', textUnderlineOffset: '3px' },
  '.cm-collapsedLines': { background: 'var(--sunken)', color: 'var(--ink-2)' },
});

/** Two texts, their differences marked. The right one can be written into where `onText` is given. */
export function TextPair({
  left,
  right,
  names,
  onText,
}: {
  left: string;
  right: string;
  names: readonly [string, string];
  onText?: (text: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const tell = useRef(onText);
  useEffect(() => {
    tell.current = onText;
  }, [onText]);
  const canWrite = onText !== undefined;
  const [leftName, rightName] = names;

  useEffect(() => {
    if (!box.current) return undefined;
    const side = (name: string, doc: string, extra: Extension): { doc: string; extensions: Extension } => ({
      doc,
      extensions: [lineNumbers(), EditorView.lineWrapping, looks, EditorView.contentAttributes.of({ 'aria-label': name }), extra],
    });
    const still = [EditorState.readOnly.of(true)];
    const written = [
      keymap.of([]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) tell.current?.(update.state.doc.toString());
      }),
    ];
    const view = new MergeView({
      a: side(leftName, left, still),
      b: side(rightName, right, canWrite ? written : still),
      parent: box.current,
      ...(canWrite && { revertControls: 'a-to-b' as const }),
      collapseUnchanged: { margin: MARGIN_LINES, minSize: 6 },
    });
    return () => view.destroy();
  }, [left, right, leftName, rightName, canWrite]);
  return <div ref={box} className="text-pair" />;
}
