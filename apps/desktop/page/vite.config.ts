import { defineConfig } from 'vite';

export default defineConfig({
  // Relative, so that it makes no difference under which path the agent, or a window, serves it.
  base: './',
  resolve: { conditions: ['tidemark-src', 'module', 'browser', 'development|production'] },
  build: {
    target: 'es2023',
    // Nothing inline: `script-src 'self'` forbids it, and fonts or pictures are none of ours anyway.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      onLog: (level, log, tell) => {
        // "use client" at the head of a library's file is for servers that render React; there is none here.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') tell(level, log);
      },
    },
  },
});
