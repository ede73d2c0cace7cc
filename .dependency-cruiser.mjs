// The layers as rules. Each says to the offender where the line belongs instead.
//                  domain
//       store      providers     runtime
//                  engine
//        cli         http          web
//                  app.ts
// Read by `npm run check`, `npm run graph` and test/architecture.test.ts.

const calculators = 'zod|croner|liquidjs|libphonenumber-js|temporal-polyfill|countries-and-timezones'
const stages = 'import|plan|send|track|report'

/** Files of the store that know the file of the database, or that it is SQLite. */
const ofSqlite =
  'sqlite|sqlite-connection|migrate|create|database-file|node-locks|notes-beside|schema-state|before-copy'

/** A layer that may import itself and the named paths under src, nothing else of src. */
const layer = (name, allowed, comment) => ({
  name: `${name}-knows-its-own`,
  comment,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { path: '^src/', pathNot: [name, ...allowed].map((path) => `^src/${path}(/|$)`) },
})

/** A package that only the named places import, so that it can be replaced there. */
const packageOf = (name, places, comment) => ({
  name: `${name}-stays`,
  comment,
  severity: 'error',
  from: { path: '^src/', pathNot: places.map((place) => `^src/${place}`) },
  to: { path: `(^|/)node_modules/${name}/` },
})

export default {
  forbidden: [
    layer(
      'domain',
      [],
      'Rules are pure: pass in what they need to know. Reading and writing belong to store/ or engine/.',
    ),
    {
      name: 'domain-is-pure',
      comment: `The domain uses calculators only (${calculators.replaceAll('|', ', ')}): no I/O, no clock, no chance.`,
      severity: 'error',
      from: { path: '^src/domain/' },
      to: {
        dependencyTypesNot: ['local'],
        pathNot: [`(^|/)node_modules/(${calculators})/`, '^src/'],
      },
    },
    layer(
      'runtime',
      ['domain'],
      'The process knows nothing of data and providers: pass values in, from app.ts or engine/.',
    ),
    layer('store', ['domain'], 'The store keeps and finds; what decides belongs to domain/, what acts to engine/.'),
    layer(
      'providers',
      ['domain'],
      'A driver knows its API and the port (provider.ts). What it needs of a campaign comes in the message.',
    ),
    layer(
      'engine',
      ['domain', 'store', 'providers', 'runtime'],
      'The engine knows no face and no emulator; app.ts hands it what it needs.',
    ),
    layer(
      'cli',
      ['domain', 'runtime', 'engine', 'app\\.ts'],
      'A command asks the engine, where http and web ask too; data and providers are behind it.',
    ),
    layer(
      'http',
      ['domain', 'runtime', 'engine'],
      'A route asks the engine, where cli and web ask too; data and providers are behind it.',
    ),
    layer(
      'web',
      ['domain', 'runtime', 'engine'],
      'A page asks the engine, where cli and http ask too; app.ts mounts it on the server.',
    ),
    {
      name: 'emulator-shares-nothing',
      comment:
        'The emulator is a second opinion on each API. Write it from the provider’s pages, not from our driver or our rules.',
      severity: 'error',
      from: { path: '^src/emulator/' },
      to: { path: '^src/', pathNot: ['^src/emulator/', '^src/domain/errors\\.ts$'] },
    },
    {
      name: 'stages-meet-in-the-database',
      comment:
        'import, plan, send, track and report never import each other: write a row in one, read it in the other. What both need is a file of engine/ or a rule of domain/.',
      severity: 'error',
      from: { path: `^src/engine/(${stages})/` },
      to: { path: `^src/engine/(${stages})/`, pathNot: '^src/engine/$1/' },
    },
    {
      name: 'stages-reach-no-stage',
      comment: 'A stage reaches another one through a file of engine/ that knows both: take that file apart.',
      severity: 'error',
      from: { path: `^src/engine/(${stages})/` },
      to: { path: `^src/engine/(${stages})/`, pathNot: '^src/engine/$1/', reachable: true },
    },
    {
      name: 'drivers-stay-apart',
      comment: 'A driver never knows another one; what several need is a file of providers/.',
      severity: 'error',
      from: { path: '^src/providers/([^/]+)/' },
      to: { path: '^src/providers/[^/]+/', pathNot: '^src/providers/$1/' },
    },
    {
      name: 'drivers-behind-the-port',
      comment: 'Only providers/registry.ts names drivers: ask it by the provider’s name, and speak to the port.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/providers/' },
      to: { path: '^src/providers/[^/]+/' },
    },
    {
      name: 'nobody-knows-the-root',
      comment: 'app.ts puts everything together; only main.ts and the command line start it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main\\.ts$|cli/)' },
      to: { path: '^src/(app|main)\\.ts$' },
    },
    {
      name: 'dialect-behind-the-seam',
      comment:
        'What kind of database it is only store/ knows, and app.ts that opens it: ask Database (store/database.ts) for its files, room, locks and threads.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(store/|app\\.ts$)' },
      to: { path: `^src/store/(${ofSqlite})\\.ts$` },
    },
    packageOf('better-sqlite3', ['store/'], 'SQL never leaves src/store/.'),
    packageOf('drizzle-orm', ['store/'], 'SQL never leaves src/store/.'),
    packageOf('pg', ['store/'], 'SQL never leaves src/store/.'),
    packageOf('croner', ['domain/'], 'Occurrences come from domain/cron.ts, where its DST rule is set.'),
    packageOf('liquidjs', ['domain/'], 'Texts are rendered by domain/personalisation.ts, where tags are removed.'),
    packageOf('libphonenumber-js', ['domain/'], 'Numbers are read by domain/phone.ts.'),
    packageOf(
      'bottleneck',
      ['engine/senders/'],
      'What is asked beside messages is paced in engine/senders/paced-driver.ts.',
    ),
    packageOf(
      'undici',
      ['providers/', 'emulator/'],
      'Calls to providers go through providers/http-client.ts, with its deadline and without retry.',
    ),
    packageOf('(commander|cli-table3|picocolors)', ['cli/'], 'The terminal is known to cli/ only.'),
    packageOf('(hono|@hono/[^/]+)', ['http/', 'web/', 'emulator/'], 'HTTP servers are known to the faces only.'),
    packageOf('csv-parse', ['engine/import/'], 'CSV is read in the import only.'),
    packageOf('hucre', ['engine/import/', 'runtime/'], 'Workbooks are read by the import and written by runtime/.'),
    packageOf('iconv-lite', ['engine/import/'], 'Encodings are known to engine/import/text-decoder.ts only.'),
    packageOf('pino', ['runtime/'], 'Logging goes through runtime/log.ts, which masks phones.'),
    {
      name: 'no-cycle',
      comment: 'Two files that import each other are one concept or three: move what both need to a file of its own.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      comment: 'Nobody imports this file: use it or delete it.',
      severity: 'error',
      // Scripts of the browser are named by pages, not imported.
      from: { orphan: true, path: '^src/', pathNot: '^src/web/assets/' },
      to: {},
    },
    {
      name: 'resolves',
      comment: 'The import names a file or package that is not there.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-package',
      comment: 'Declare the package under dependencies of package.json, with a line in docs/dependencies.md.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'undetermined'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Imports of types are dependencies too.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
