import { defineConfig } from 'vitest/config'
import { memoryFolder } from './test/support/memory-folder.ts'

const memory = memoryFolder()

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/property-seed.ts', 'test/support/quick-scrypt.ts'],
    // Processes, because tests kill children and hold locks; a process loads the program once for all its files, which
    // takes a quarter off the time. What a test changes around it, it puts back.
    pool: 'forks',
    isolate: false,
    // Every core: much of the time is waiting for children, sockets and disks.
    maxWorkers: '100%',
    env: memory === undefined ? {} : { TMPDIR: memory },
    // Far beyond what any test takes on a machine at rest: no test fails for being slow.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 30_000 } },
    restoreMocks: true,
  },
})
