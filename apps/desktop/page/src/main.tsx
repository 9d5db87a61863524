import './zod-without-eval.ts';
import './design/tokens.css';
import './design/base.css';
import './design/parts.css';
import './frame/frame.css';
import './screens/screens.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { LineProvider, openLine } from './line/line.tsx';
import { findAgent, isAtServer, onNewSecret, pageBase, whyStartedOver } from './line/where.ts';
import { Frame } from './frame/frame.tsx';
import { NoKey } from './frame/no-line.tsx';
import { LinkThisBrowser } from './screens/first-run/link-this-browser.tsx';

const where = await findAgent();
const page = document.getElementById('page');
if (!page) throw new Error('index.html has no #page');
const root = createRoot(page);
onNewSecret(() => location.reload());

if (where === undefined)
  root.render(
    isAtServer() ? (
      <QueryClientProvider client={new QueryClient()}>
        <LinkThisBrowser base={pageBase()} why={whyStartedOver()} />
      </QueryClientProvider>
    ) : (
      <NoKey />
    ),
  );
else {
  const line = openLine(where);
  void line.live.follow(new AbortController().signal);
  root.render(
    <StrictMode>
      <LineProvider line={line}>
        <Frame />
      </LineProvider>
    </StrictMode>,
  );
}
