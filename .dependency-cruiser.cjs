/**
 * The import table of ARCHITECTURE.md. Lower never sees higher; apps never see each other.
 * Each room names what of ours it may import, whether it may use Node's core, and which packages.
 */
const SPECS = '\\.spec\\.ts$|/testing/';
const lib = (name) => `^libs/${name}/`;
/** Stores and the driver of the server that each can stand on. */
const STORES = {
  'event-log': ['@eventstore/db-client'],
  'block-storage': ['minio'],
  'read-model': ['mongodb'],
  'change-feed': ['kafkajs'],
};

/** room → path, our libraries it may import, Node core (true, false, or names), packages. */
const ROOMS = [
  { room: 'domain', path: '^libs/domain/src/', ours: [], core: false, packages: ['uuid'] },
  { room: 'protocol', path: lib('protocol'), ours: [lib('domain')], core: false, packages: ['zod'] },
  { room: 'sqlite', path: lib('sqlite'), ours: [lib('domain')], core: true, packages: [] },
  { room: 'operating', path: lib('operating'), ours: [lib('domain')], core: true, packages: ['pino', 'prom-client', '@opentelemetry'] },
  { room: 'chunking', path: lib('chunking'), ours: [lib('domain')], core: ['crypto', 'zlib'], packages: [] },
  ...Object.entries(STORES).map(([name, packages]) => ({
    room: name,
    path: lib(name),
    ours: ['domain', 'protocol', 'sqlite'].map(lib),
    core: true,
    packages,
  })),
  {
    room: 'projections',
    path: lib('projections'),
    ours: [
      ...['domain', 'protocol', 'event-log'].map(lib),
      '^libs/read-model/(src|dist)/(writer|read-model\\.port)',
      '^libs/change-feed/(src|dist)/(publish|change-feed\\.port)',
    ],
    core: false,
    packages: [],
  },
  {
    room: 'sync-engine',
    path: lib('sync-engine'),
    ours: ['domain', 'protocol', 'chunking'].map(lib),
    core: false,
    packages: ['ignore', 'uuid'],
  },
  {
    // The table lies among the desktop's folders and is a library like any other.
    room: 'faces',
    path: lib('faces'),
    ours: [...['domain', 'protocol', 'chunking', 'sync-engine'].map(lib), '^apps/desktop/ipc/'],
    core: true,
    packages: ['zod'],
  },
  {
    room: 'api',
    path: '^apps/api/',
    except: '^apps/api/src/(embedded|stores)\\.ts$',
    ours: [
      ...['domain', 'protocol', 'chunking', 'sqlite', 'operating', 'event-log', 'block-storage', 'sync-engine', 'faces'].map(lib),
      '^apps/desktop/ipc/',
      '^libs/read-model/(src|dist)/reader',
      '^libs/change-feed/(src|dist)/subscribe',
    ],
    core: true,
    packages: true,
  },
  {
    room: 'projector',
    path: '^apps/projector/',
    except: '^apps/projector/src/stores\\.ts$',
    ours: [
      ...['domain', 'protocol', 'operating', 'event-log', 'projections'].map(lib),
      '^libs/read-model/(src|dist)/writer',
      '^libs/change-feed/(src|dist)/publish',
    ],
    core: true,
    packages: true,
  },
  {
    room: 'agent',
    path: '^apps/desktop/agent/',
    ours: [...['domain', 'protocol', 'chunking', 'sqlite', 'sync-engine', 'faces'].map(lib), '^apps/desktop/ipc/'],
    core: true,
    packages: true,
  },
  { room: 'ipc', path: '^apps/desktop/ipc/', ours: [], core: true, packages: ['zod'] },
  { room: 'shell', path: '^apps/desktop/shell/', ours: ['^apps/desktop/ipc/'], core: true, packages: true },
  { room: 'cli', path: '^apps/desktop/cli/', ours: ['^apps/desktop/ipc/'], core: true, packages: true },
  {
    room: 'page',
    path: '^apps/desktop/page/',
    except: '^apps/desktop/page/vite\\.config\\.ts$',
    ours: ['^apps/desktop/ipc/'],
    core: false,
    packages: [
      '@codemirror',
      '@tanstack',
      '@types/react',
      '@types/react-dom',
      'react',
      'react-aria-components',
      'react-dom',
      'uplot',
      'uqr',
      'zod',
    ],
  },
];

const rules = ROOMS.flatMap(({ room, path, except, ours, core, packages }) => {
  const from = { path, pathNot: except ? `${SPECS}|${except}` : SPECS };
  const out = [
    {
      name: `${room}-imports-only-what-the-table-says`,
      severity: 'error',
      from,
      to: { path: '^(libs|apps)/', pathNot: [path, ...ours].join('|') },
    },
  ];
  if (core !== true)
    out.push({
      name: `${room}-and-node-core`,
      severity: 'error',
      from,
      to: { dependencyTypes: ['core'], ...(core ? { pathNot: `^(node:)?(${core.join('|')})$` } : {}) },
    });
  if (packages !== true)
    out.push({
      name: `${room}-and-packages`,
      severity: 'error',
      from,
      to: { path: 'node_modules', ...(packages.length ? { pathNot: packages.map((name) => `node_modules/${name}/`).join('|') } : {}) },
    });
  return out;
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    {
      name: 'a-library-has-one-front-door',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/', pathNot: SPECS },
      to: { path: '^libs/[^/]+/src/testing/' },
    },
    { name: 'no-tests-in-products', severity: 'error', from: { pathNot: `${SPECS}|^test/` }, to: { path: '\\.spec\\.ts$|^test/' } },
    ...rules,
  ],
  options: {
    doNotFollow: { path: 'node_modules|dist|built' },
    exclude: { path: '(^|/)(dist|built|node_modules/.cache)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      conditionNames: ['tidemark-src', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.tsx', '.js'],
    },
  },
};
