import { defineConfig, mergeConfig } from 'vitest/config'
import { hasServer } from './test/support/postgres-programs.ts'
import base from './vitest.config.ts'

/** Of `npm run test:postgres`, what every `npm test` runs on a server: one walk of each stage, and what nodes share. */
const walk = [
  'test/store/locks.test.ts',
  'test/store/transitions.test.ts',
  'test/engine/import/again.test.ts',
  'test/engine/plan/once-per-contact.test.ts',
  'test/engine/send/provider-limits.test.ts',
  'test/engine/track/statuses.test.ts',
  'test/engine/report/unknown-many.test.ts',
  'test/engine/duties/owners.test.ts',
  'test/http/two-nodes.test.ts',
  'test/scenarios/in-doubt.test.ts',
]

if (!hasServer)
  console.warn('no tests on PostgreSQL: its programs are not installed, and HERALD_TEST_POSTGRES_URL names no server')

const config = mergeConfig(
  base,
  defineConfig({ test: { env: { HERALD_TEST_STORE: 'postgres' }, passWithNoTests: !hasServer } }),
)
// Lists are joined when configurations are merged.
config.test.include = hasServer ? walk : []

export default config
