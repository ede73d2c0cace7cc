import { configDefaults, defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** What is about files of SQLite, and has nothing that it could be on a server. */
const ofFiles = {
  // Opening, locking, syncing, checkpoints and upgrades of a file.
  'test/store/sqlite.test.ts': 'the other implementation of the seam',
  'test/store/sync-failure.test.ts': 'a log that cannot be synced',
  'test/store/migrations.test.ts': 'migrations of a file; postgres.test.ts has those of a server',
  'test/store/upgrade-copy.test.ts': 'the copy of a file before it is migrated',
  'test/store/salvage.test.ts': 'rows of a damaged file',
  'test/store/restore/**': 'a backup that takes the place of a file',
  'test/scenarios/restore.test.ts': 'a backup that takes the place of a file',
  'test/scenarios/two-copies.test.ts': 'a file that was copied while it was in use',
  'test/scenarios/disk-failure.test.ts': 'a disk of this machine that fails',
  'test/engine/service/backup.test.ts': 'a copy of a file; on a server pg_dump makes it',
  'test/engine/service/held.test.ts': 'files that were exchanged',
  // Plans and counts of statements, as SQLite runs them.
  'test/store/page-plans.test.ts': 'plans of SQLite',
  'test/store/one-person.test.ts': 'plans of SQLite',
  'test/engine/import/chunks.test.ts': 'plans of SQLite',
  'test/engine/contacts/large-books.test.ts': 'plans and statements of SQLite',
  'test/engine/report/many-runs.test.ts': 'plans and statements of SQLite',
  'test/engine/service/doctor-in-parts.test.ts': 'statements of SQLite',
  // They start processes of their own, on a file.
  'test/scenarios/readme.test.ts': 'commands of the README, which has a file',
  'test/scenarios/package.test.ts': 'what the package has in it',
} as const

/** The tests of store, engine, API and scenarios on a PostgreSQL server: npm run test:postgres. */
export default mergeConfig(
  base,
  defineConfig({
    test: {
      env: { HERALD_TEST_STORE: 'postgres' },
      exclude: [...configDefaults.exclude, ...Object.keys(ofFiles)],
    },
  }),
)
