import { config } from 'zod';

// zod tries out whether it may make functions from text; the page's policy forbids it, and each try would be a violation in the console. Before any schema is made.
config({ jitless: true });
