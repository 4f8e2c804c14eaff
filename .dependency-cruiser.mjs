/**
 * The import rule of docs/ARCHITECTURE.md. A folder may always import itself; what else it may import stands in LAYERS.
 * Type-only imports count. There is no baseline: a violation is fixed, or this table is changed by an ADR.
 */

const SOURCES = '^(contract|runtime|supervisor|worker|probe-runner|plugin|cli|ui|test|scripts|bench)/';
const PRODUCT = '^(contract|runtime|supervisor|worker|probe-runner|plugin|cli|ui)/';

/** name, the folder (a path pattern), what it may import beside itself, and what to do instead. */
const LAYERS = [
  [
    'contract',
    '^contract/',
    [],
    'The contract is read first and knows nobody. Move what you need into contract/, or do it on the side that calls.',
  ],
  [
    'runtime',
    '^runtime/',
    ['^contract/'],
    'The runtime is what every process does, whatever its job. Pass the oma-specific part in as a parameter.',
  ],
  [
    'supervisor-core',
    '^supervisor/core/',
    ['^contract/'],
    'The core only decides: data in, data out. Do the reading and writing in supervisor/operations and hand the values in.',
  ],
  [
    'supervisor-store',
    '^supervisor/store/',
    ['^contract/', '^supervisor/core/'],
    'The store keeps bytes. Let an operation call it; publish an event if something must follow a write.',
  ],
  [
    'supervisor-children',
    '^supervisor/children/',
    ['^contract/', '^supervisor/core/', '^runtime/'],
    'A child client only talks to its process. Let an operation bring its answer to the store.',
  ],
  [
    'supervisor-operations',
    '^supervisor/operations/',
    ['^contract/', '^supervisor/core/', '^supervisor/store/', '^supervisor/children/'],
    'Operations know no transport and no timer. Doors and loops call them, never the other way; take IO as a parameter from start.ts.',
  ],
  [
    'supervisor-doors',
    '^supervisor/doors/',
    ['^contract/', '^runtime/'],
    'A door turns bytes into a call. It gets its handlers from start.ts and imports neither operations nor store nor core.',
  ],
  [
    'supervisor-loops',
    '^supervisor/loops/',
    ['^contract/', '^supervisor/core/', '^supervisor/operations/'],
    'A loop decides when, not what. Call an operation.',
  ],
  [
    'supervisor-root',
    '^supervisor/[^/]+$',
    ['^supervisor/', '^contract/', '^runtime/'],
    'The composition root joins the parts of the supervisor. Other processes are reached over their operations table.',
  ],
  [
    'worker',
    '^worker/',
    ['^contract/', '^runtime/'],
    'The worker is its own process. Put what both sides must agree on into contract/; call the supervisor, do not import it.',
  ],
  [
    'probe-runner',
    '^probe-runner/',
    ['^contract/', '^runtime/'],
    'The probe runner is its own process and returns evidence. Put what both sides must agree on into contract/.',
  ],
  [
    'plugin',
    '^plugin/',
    ['^contract/', '^runtime/'],
    'The plugin lives inside OpenCode. It talks to the supervisor over the socket; share words through contract/.',
  ],
  [
    'cli-simulator',
    '^cli/simulator/',
    ['^contract/', '^runtime/'],
    'The simulator plays the outside world and is a process of its own. It must not know the program it tests.',
  ],
  [
    'cli',
    '^cli/',
    ['^contract/', '^runtime/'],
    'The command line is a client. Call an operation over the socket; share words through contract/.',
  ],
  ['ui', '^ui/', ['^contract/'], 'The dashboard is a client. Call the HTTP door; share words through contract/.'],
];

/** package (a name pattern), who may import it, and what to do instead. Tests may import anything. */
const OWNERS = [
  ['vscode-jsonrpc', ['^runtime/rpc/'], 'Use serve() and client() of runtime/rpc: they validate, cap and time out.'],
  ['execa', ['^runtime/spawn[.]ts$'], 'Use runtime/spawn.ts: it owns process groups, environment and the kill ladder.'],
  ['pino', ['^runtime/log[.]ts$'], 'Take a logger of runtime/log.ts as a parameter: it redacts.'],
  ['chokidar', ['^supervisor/loops/'], 'Watching files is a loop; give the loop a callback.'],
  ['(preact|@preact/[^/]+|uplot)', ['^ui/'], 'Rendering belongs to ui/.'],
  [
    '(hono|@hono/node-server)',
    ['^supervisor/doors/'],
    'HTTP is one door; publish a route through the operations table.',
  ],
  ['jsonc-parser', ['^cli/'], "Editing OpenCode's configuration belongs to the command line."],
  ['(@opentui/[^/]+|solid-js)', ['^plugin/tui[.]ts$'], 'Only the TUI entry meets the host screen library.'],
  [
    'zod',
    // Operations parse the files of other programs (codex, OpenCode, antigravity): house rule 4 asks for a schema, and nobody else needs it.
    ['^contract/', '^supervisor/store/', '^supervisor/operations/', '^worker/', '^probe-runner/', '^plugin/', '^cli/'],
    'Declare the schema in contract/ and import it. Only what strangers send is parsed where it arrives.',
  ],
];

const OWNED = OWNERS.map(([name]) => `^node_modules/${name}(/|$)`);

export default {
  forbidden: [
    ...LAYERS.map(([name, path, allowed, comment]) => ({
      name: `layer-${name}`,
      severity: 'error',
      comment,
      from: { path, ...(name === 'cli' ? { pathNot: '^cli/simulator/' } : {}) },
      to: { path: SOURCES, pathNot: [path, ...allowed] },
    })),
    ...OWNERS.map(([name, owners, comment]) => ({
      name: `owner-${name.replace(/[^a-z-]+/g, '-').replace(/^-|-$/g, '')}`,
      severity: 'error',
      comment,
      from: { path: PRODUCT, pathNot: owners },
      to: { path: `(^|/)${name}(/|$)`, dependencyTypesNot: ['local', 'core'] },
    })),
    {
      name: 'package-has-an-owner',
      severity: 'error',
      comment:
        'A new dependency needs an ADR line (why not 50 lines of ours, who owns it, how it fails) and a row in OWNERS.',
      from: { path: PRODUCT, pathNot: '[.]spec[.]tsx?$' },
      to: { path: '^node_modules/', pathNot: [...OWNED, '^node_modules/@types/'] },
    },
    {
      name: 'no-node-in-pure-code',
      severity: 'error',
      comment: 'contract/, supervisor/core/ and ui/ run anywhere. Take the value as a parameter.',
      from: { path: '^(contract|supervisor/core|ui)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'owner-child-process',
      severity: 'error',
      comment: 'Use runtime/spawn.ts: it owns process groups, environment and the kill ladder.',
      from: { path: PRODUCT, pathNot: '^runtime/' },
      to: { path: '^(node:)?child_process$' },
    },
    {
      name: 'nothing-imports-tests-scripts-or-bench',
      severity: 'error',
      comment: 'Move the shared part into the folder it belongs to.',
      from: { path: PRODUCT },
      to: { path: '^(test|scripts|bench)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two files that need each other are one idea: merge them, or move the shared part into a third.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'Nobody imports this file and it imports nothing: delete it or use it.',
      from: { orphan: true, path: SOURCES, pathNot: ['[.]d[.]ts$', '/main[.]tsx?$', '^test/'] },
      to: {},
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      comment: 'The file or package does not exist. Relative imports carry the .ts extension.',
      from: { path: SOURCES },
      to: { couldNotResolve: true, pathNot: '^(@opentui/|solid-js)' },
    },
    {
      name: 'names-say-what',
      severity: 'error',
      comment:
        'Name the noun the file is about, in kebab-case: not utils, helpers, common, misc, manager, service, types or index.',
      from: {},
      to: {
        path: ['(^|/)(utils?|helpers?|common|misc|manager|service|types|index)[.]tsx?$', '[A-Z_][^/]*[.]tsx?$'],
        pathNot: ['^plugin/index[.]ts$', '^node_modules/'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|reports|coverage)/|^[^/]+[.]config[.](ts|js)$|^[.]' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json', '.css'],
    },
  },
};
