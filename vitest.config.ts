import { statfsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const MEMORY = '/dev/shm'
const ENOUGH_BYTES = 2 ** 30

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize >= ENOUGH_BYTES
  } catch {
    return false
  }
}

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
    // Databases of tests lie in memory where it has room: thousands of them would wait for the disk.
    env: hasRoom(MEMORY) ? { TMPDIR: MEMORY } : {},
    // Far beyond what any test takes on a machine at rest: no test fails for being slow.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 30_000 } },
    restoreMocks: true,
  },
})
