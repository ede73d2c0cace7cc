// What an operator meets before anything works: the first link behind a proxy, the probe of a container, a trial on a laptop.
import { rmSync } from 'node:fs'
import { request } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openApp, type RunningApp } from '../../src/app.ts'
import { createLog } from '../../src/runtime/log.ts'
import { serveApi } from '../support/api-client.ts'
import { isOnPostgres } from '../support/on-postgres.ts'
import { tempDir } from '../support/open-test-app.ts'

async function serve(flags: Record<string, unknown>): Promise<RunningApp> {
  const app = await openApp({
    env: {},
    flags: { databaseUrl: `${tempDir()}/herald.db`, port: 0, ...flags },
    mayCreate: true,
    log: createLog({ level: 'silent' }),
  })
  onTestFinished(() => app[Symbol.asyncDispose]())
  const running = await app.serve()
  onTestFinished(() => running[Symbol.asyncDispose]())
  return running
}

describe('the first link', () => {
  it('P5: has the public address behind a proxy', async () => {
    const { setupUrl } = await serve({ host: '0.0.0.0', publicUrl: 'https://herald.example.com', trustsProxy: true })
    expect(setupUrl).toMatch(/^https:\/\/herald\.example\.com\/setup\/\w+/)
  })

  it('P5: has the address that is listened on where there is no other', async () => {
    const { url, setupUrl } = await serve({})
    expect(setupUrl?.startsWith(`${url}/setup/`)).toBe(true)
  })
})

describe('a service beyond this machine', () => {
  it.each(['http://localhost:18112', 'http://127.0.0.1:18112', 'http://[::1]:18112'])(
    'P7: may listen without TLS where people come by %s',
    async (publicUrl) => {
      const { url, setupUrl } = await serve({ host: '0.0.0.0', publicUrl })
      expect(setupUrl?.startsWith(`${publicUrl}/setup/`)).toBe(true)
      const port = new URL(url).port
      const stranger = await request(`http://127.0.0.1:${port}/login`, { headers: { host: `192.0.2.7:${port}` } })
      await stranger.body.dump()
      expect(stranger.statusCode).toBe(400)
    },
  )

  it.each([
    ['http://herald.example.com', true],
    ['https://herald.example.com', false],
    ['http://127.0.0.1.example.com', true],
    ['http://localhost.example.com', true],
    [undefined, true],
  ])('P7: is refused for %s (behind a proxy: %s)', async (publicUrl, trustsProxy) => {
    await expect(serve({ host: '0.0.0.0', publicUrl, trustsProxy })).rejects.toMatchObject({ code: 'config.exposed' })
  })
})

describe('the probe', () => {
  it('P6: is answered to whatever name or address asks, and nothing else is', async () => {
    const { base } = await serveApi()
    for (const host of ['172.17.0.2:8080', 'evil.test', '[fd00::1]:8080', '10.0.0.3']) {
      const probe = await request(`${base}/healthz`, { headers: { host } })
      expect([probe.statusCode, await probe.body.text()]).toEqual([200, 'ok'])
      const other = await request(`${base}/login`, { headers: { host } })
      await other.body.dump()
      expect(other.statusCode).toBe(400)
    }
  })

  // A file that is taken away.
  it.skipIf(isOnPostgres)('P6: says that the database is gone', async () => {
    const { base, clock, dbPath } = await serveApi()
    expect((await request(`${base}/healthz`)).statusCode).toBe(200)
    for (const end of ['', '-wal', '-shm']) rmSync(dbPath + end, { force: true })
    clock.advance(2_000)
    const answer = await request(`${base}/healthz`)
    expect([answer.statusCode, await answer.body.text()]).toEqual([503, 'db.missing'])
  })
})
