import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, because tests kill children and hold locks; a process loads the program once for all its files, which
    // takes a quarter off the time. What a test changes around it, it puts back.
    pool: 'forks',
    isolate: false,
    // Every core: much of the time is waiting for children, sockets and disks.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    restoreMocks: true,
  },
})
