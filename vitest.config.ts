import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Each file has its own process: tests kill children, hold locks and change the umask.
    pool: 'forks',
    // Every core: much of the time is waiting for children, sockets and disks.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    restoreMocks: true,
  },
})
