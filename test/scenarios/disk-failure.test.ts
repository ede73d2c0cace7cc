// The disk fails under a running service: no call begins, and every face says why.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { diagnose } from '../../src/engine/service/doctor.ts'
import { runInForeground } from '../../src/engine/service/foreground.ts'
import { serveApi } from '../support/api-client.ts'
import { until } from '../support/fake-clock.ts'
import { addMeta, addTestCampaign, importPeople, openTestApp, templateContent } from '../support/open-test-app.ts'

/** A provider that counts the calls. */
async function provider(): Promise<{ url: string; calls: () => number }> {
  let calls = 0
  const server = createServer((_request, response) => {
    calls++
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ messages: [{ id: `wamid.${calls}` }] }))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls: () => calls }
}

it('H17: a failing disk stops the sending, and doctor, healthz and the API say so', async () => {
  let hasFailed = false
  const eio = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
  const client = await serveApi({ sync: (_file, done) => done(hasFailed ? eio : null) })
  const { ctx, clock, base, api } = client
  const { url, calls } = await provider()
  await addMeta(client, { baseUrl: url })
  await importPeople(client, 20)
  await addTestCampaign(client, { content: templateContent })
  expect((await fetch(`${base}/healthz`)).status).toBe(200)
  await launchByOperator(ctx, 'Spring sale')
  hasFailed = true
  await until(clock, () => ctx.db.failure !== undefined)
  const failedAt = clock.now()
  await until(clock, () => clock.now() > failedAt + 5_000)
  expect(calls()).toBe(0)
  const health = await fetch(`${base}/healthz`)
  expect([health.status, await health.text()]).toEqual([503, 'db.sync_failed'])
  const answer = await api('/suppressions', { method: 'POST', body: { phone: '+12025550100', scope: 'all' } })
  expect([answer.status, answer.body.code]).toEqual([503, 'db.sync_failed'])
  const { ok, findings } = await diagnose(ctx)
  expect(ok).toBe(false)
  expect(findings).toContainEqual({ check: 'durability', ok: false, detail: expect.stringMatching(/EIO.*restart/) })
  // So does the command, which is another process; the note ends with the one that it speaks of.
  const command = await openTestApp({ dir: client.dir, clock })
  expect(command.ctx.db.listFailures()).toEqual([expect.stringMatching(/EIO.*restart/)])
  await client.app[Symbol.asyncDispose]()
  expect(command.ctx.db.listFailures()).toEqual([])
})

it('H17: a command that waits for its campaign ends when the disk has failed', async () => {
  let hasFailed = false
  const eio = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
  const test = await openTestApp({ sync: (_file, done) => done(hasFailed ? eio : null) })
  const { ctx, clock, app } = test
  await addMeta(test, { baseUrl: (await provider()).url })
  await importPeople(test, 20)
  await addTestCampaign(test, { content: templateContent })
  const beganAt = clock.now()
  let outcome: unknown
  const onReport = () => {
    hasFailed = true
  }
  void runInForeground(ctx, app.connections, 'Spring sale', { onReport }).then(
    (result) => {
      outcome = result
    },
    (error) => {
      outcome = error
    },
  )
  await until(clock, () => outcome !== undefined)
  expect(outcome).toMatchObject({ code: 'db.sync_failed' })
  // Before the patience with a campaign that others send is over.
  expect(clock.now() - beganAt).toBeLessThan(60_000)
})
