import { config } from 'zod';

// zod tries out whether it may make functions from text; the page's policy forbids it, and every try counts as a breach of it. Set before any schema is made.
config({ jitless: true });
