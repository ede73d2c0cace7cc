// A check that cannot be made says no: whatever breaks in it, nothing is done, little is told, and the log knows more.
import { describe, expect, it, vi } from 'vitest'
import { logIn } from '../../src/engine/accounts/sessions.ts'
import { type ApiClient, atRest, serveApi } from '../support/api-client.ts'
import { claim, launchAndPlan, storedMessages } from '../support/claims.ts'
import { clientAt } from '../support/clients.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp } from '../support/open-test-app.ts'
import { PASSWORD, visit } from '../support/visitor.ts'

const canary = 'canary-of-the-inside /srv/herald/data/herald.db'
const fault = () => new Error(canary)

/** What the log was told since. */
function watchLog({ ctx }: ApiClient) {
  const spy = vi.spyOn(ctx.log, 'error').mockImplementation(() => {})
  return () => spy.mock.calls.map((call) => call[0] as { err?: Error; fault?: string })
}

/** One read fails, the one that the guard makes: the duties of the service rest meanwhile. */
async function breakRead(client: ApiClient, nth = 1) {
  await atRest(client)
  const { read } = client.ctx.db
  let reads = 0
  return vi
    .spyOn(client.ctx.db, 'read')
    .mockImplementation((fn) => (++reads === nth ? Promise.reject(fault()) : (read.call(client.ctx.db, fn) as never)))
}

function expectClosed(answer: { status: number; text: string }, told: { err?: Error; fault?: string }[]) {
  expect(answer.status).toBe(500)
  expect(answer.text).not.toContain('canary')
  expect(answer.text).not.toContain('/srv')
  const id = /under ([0-9a-f]{8})/.exec(answer.text)?.[1]
  expect(told).toContainEqual(expect.objectContaining({ fault: id, err: expect.objectContaining({ message: canary }) }))
}

describe('SR-55 a fault in a check', () => {
  it('of a key lets nobody in', async () => {
    const client = await serveApi()
    const told = watchLog(client)
    const spy = await breakRead(client)
    const answer = await client.api('/users')
    spy.mockRestore()
    expectClosed(answer, told())
  })

  it('of a session lets nobody in, neither to a page nor to an operation', async () => {
    const client = await serveApi()
    const visitor = await visit(client)
    for (const path of ['/users', '/api/v1/users']) {
      const told = watchLog(client)
      const spy = await breakRead(client)
      const answer = await visitor.get(path)
      spy.mockRestore()
      expectClosed(answer, told())
    }
  })

  it('of the pace of requests serves nobody', async () => {
    const client = await serveApi()
    const told = watchLog(client)
    vi.spyOn(client.clock, 'now').mockImplementation(() => {
      throw fault()
    })
    const answer = await client.api('/users')
    vi.mocked(client.clock.now).mockRestore()
    expectClosed(answer, told())
  })

  it('of a role that nobody knows, in the database, gives no right', async () => {
    const client = await serveApi()
    const visitor = await visit(client, 'viewer')
    await client.ctx.db.write(async (tx) => {
      await tx.run(`UPDATE users SET role = 'emperor'`)
      await tx.run(`UPDATE api_keys SET rights = 'everything,administer' WHERE name = 'viewer'`)
    })
    for (const answer of [await visitor.get('/users'), await client.api('/users', { as: 'viewer' })]) {
      expect([403, 500]).toContain(answer.status)
      expect(answer.text).not.toContain('emperor')
    }
  })

  it('of the brake on guesses evaluates no password, not even the right one', async () => {
    const client = await serveApi()
    const request = {
      name: 'ada',
      password: 'orange kettle lantern',
      client: clientAt('192.0.2.1'),
      deviceToken: undefined,
    }
    for (const nth of [1, 2]) {
      const spy = await breakRead(client, nth)
      await expect(logIn(client.ctx, request)).rejects.toThrow(canary)
      spy.mockRestore()
      const told = watchLog(client)
      const broken = await breakRead(client, nth)
      const response = await fetch(`${client.base}/login`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'sec-fetch-site': 'same-origin' },
        body: new URLSearchParams({ name: 'ada', password: 'orange kettle lantern' }),
      })
      broken.mockRestore()
      expect(response.headers.getSetCookie()).toEqual([])
      expectClosed({ status: response.status, text: await response.text() }, told())
    }
    expect(await client.ctx.db.read((tx) => tx.all('SELECT 1 FROM sessions'))).toEqual([])
  })

  it('of a password that is stored wrongly lets nobody in', async () => {
    const client = await serveApi()
    const visitor = await visit(client)
    for (const stored of [
      '',
      'scrypt',
      'scrypt$1$1$1$$',
      'scrypt$32768$8$1$$',
      'md5$x',
      `scrypt$${2 ** 40}$8$1$aa$aa`,
    ]) {
      await client.ctx.db.write((tx) => tx.run('UPDATE users SET password_hash = ?', [stored]))
      for (const password of ['', PASSWORD, 'x']) {
        const login = logIn(client.ctx, {
          name: 'ada',
          password,
          client: clientAt(`192.0.2.${stored.length}`),
          deviceToken: undefined,
        })
        await expect(login, stored).rejects.toThrow()
      }
    }
    expect((await visitor.get('/account')).status).toBe(200)
  })

  it('of a callback stores nothing of it', async () => {
    const client = await serveApi()
    const { body: sender } = await client.api('/senders/sandbox')
    const { connections } = client.app
    const address = `${client.base}${new URL(sender.webhookUrl).pathname}`
    const connected = await connections.getByName('sandbox')
    const verifyWebhook = () => {
      throw fault()
    }
    const broken = {
      find: () => breakRead(client),
      verify: async () =>
        vi.spyOn(connections, 'connect').mockReturnValue({
          ...connected,
          driver: { ...connected.driver, verifyWebhook },
        }),
    }
    for (const breakIt of Object.values(broken)) {
      const told = watchLog(client)
      const spy = await breakIt()
      const response = await fetch(address, { method: 'POST', body: '{"statuses":[]}' })
      spy.mockRestore()
      expectClosed({ status: response.status, text: await response.text() }, told())
    }
    expect(await client.ctx.db.read((tx) => tx.all('SELECT 1 FROM webhook_events'))).toEqual([])
  })

  it('of a launch launches nothing', async () => {
    const client = await serveApi()
    await importPeople(client, 2)
    await addTestCampaign(client, { sender: 'sandbox' })
    const reads = vi.spyOn(client.ctx.db, 'read')
    await client.api('/campaigns/cmp_1/review')
    const most = reads.mock.calls.length
    reads.mockRestore()
    let refused = 0
    for (let nth = 1; nth <= most; nth += 2) {
      const told = watchLog(client)
      const spy = await breakRead(client, nth)
      const answer = await client.api('/campaigns/cmp_1/launch', { method: 'POST', body: { confirmedCount: 2 } })
      spy.mockRestore()
      if (answer.status === 200) break
      refused++
      expectClosed(answer, told())
      expect((await client.api('/campaigns/cmp_1')).body.status).toBe('draft')
    }
    expect(refused).toBeGreaterThan(2)
  })

  it('of caps and quiet hours sends nothing, instead of sending without them', async () => {
    const test = await openTestApp()
    await addSandbox(test)
    await importPeople(test, 3)
    await addTestCampaign(test, {})
    await launchAndPlan(test, 'Spring sale')
    for (const stored of ['{"caps":[]}', '{"quietHours":null,"caps":[{"id":"x","max":-1}]}', '"off"', '{']) {
      await test.ctx.db.write((tx) =>
        tx.run(`INSERT INTO settings (key, value) VALUES ('limits', ?) ON CONFLICT (key) DO UPDATE SET value = ?`, [
          stored,
          stored,
        ]),
      )
      await expect(claim(test), stored).rejects.toThrow()
      expect((await storedMessages(test)).map(({ status }) => status)).toEqual(['pending', 'pending', 'pending'])
    }
  })

  it('of the disk is told without the place where the database lies', async () => {
    const client = await serveApi()
    const visitor = await visit(client)
    const { AppError } = await import('../../src/domain/errors.ts')
    const broken = () =>
      Promise.reject(new AppError('db.io', `cannot use ${canary}: disk I/O error`, { hint: 'Check the disk.' }))
    for (const ask of [() => client.api('/lists'), () => visitor.get('/lists')]) {
      watchLog(client)
      const spy = vi.spyOn(client.ctx.db, 'read').mockImplementation(broken)
      const answer = await ask()
      spy.mockRestore()
      expect([answer.status, answer.text]).toEqual([503, expect.stringContaining('cannot be read or written')])
      expect(answer.text).not.toMatch(/canary|\/srv/)
    }
  })
})
