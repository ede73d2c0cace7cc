// One sender, campaign, run or event in trouble is its own trouble: the service goes on with all others, and says so.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { showTroubles } from '../../../src/engine/duties/show-troubles.ts'
import { planRuns } from '../../../src/engine/plan/planner.ts'
import { tickAll } from '../../../src/engine/plan/tick.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { whyFor } from '../../../src/engine/report/why.ts'
import { addSender, setSender, showSender } from '../../../src/engine/senders/senders.ts'
import { diagnose } from '../../../src/engine/service/doctor.ts'
import { runInForeground } from '../../../src/engine/service/foreground.ts'
import { Service } from '../../../src/engine/service/service.ts'
import { applyEvents } from '../../../src/engine/track/apply-events.ts'
import { insertWebhookEvents } from '../../../src/store/webhook-events.ts'
import { until } from '../../support/fake-clock.ts'
import {
  addMeta,
  addSandbox,
  addTestCampaign,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'
import { cure, poison } from '../../support/poison.ts'

const missing = { env: 'HERALD_TEST_SECRET_THAT_IS_NOT_SET' }
const credentials = { phoneNumberId: '1060000000000009', accessToken: missing, appSecret: 'test-secret' }

/** Its secret was there when it was added. */
async function addBroken({ ctx }: TestApp): Promise<void> {
  vi.stubEnv(missing.env, 'token')
  await addSender(ctx, { name: 'broken', provider: 'meta', credentials, pairIntervalSeconds: 0 })
  vi.unstubAllEnvs()
}

/** A sender whose secret is missing, and one that sends; a campaign of each, launched. */
async function setup(): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, 2)
  await addSandbox(test)
  await addBroken(test)
  await addTestCampaign(test, { name: 'Stuck', sender: 'broken', content: templateContent })
  await addTestCampaign(test, { name: 'Good', session: 'assume' })
  await launchByOperator(test.ctx, 'Stuck')
  await launchByOperator(test.ctx, 'Good')
  return test
}

async function serve({ ctx, app }: TestApp): Promise<Service> {
  const service = new Service(ctx, app.connections)
  onTestFinished(() => service.stop())
  await service.start()
  return service
}

const isFinished = async ({ ctx }: TestApp, name: string) => (await showCampaign(ctx, name)).status === 'finished'
const sendingTrouble = async ({ ctx }: TestApp) => (await showTroubles(ctx)).find(({ work }) => work === 'sending')

describe('a sender whose secret is missing', () => {
  it('H5: keeps no other sender from sending, and every face says why its messages wait', async () => {
    const test = await setup()
    await serve(test)
    await until(test.clock, () => isFinished(test, 'Good'))
    await until(test.clock, async () => (await sendingTrouble(test)) !== undefined)
    const trouble = {
      work: 'sending',
      id: 'snd_2',
      code: 'config.secret_missing',
      message: expect.stringContaining(missing.env),
    }
    expect((await showSender(test.ctx, 'broken')).troubles).toMatchObject([trouble])
    expect((await showSender(test.ctx, 'main')).troubles).toEqual([])
    expect((await showCampaign(test.ctx, 'Stuck')).troubles).toMatchObject([trouble])
    const { runs } = await reportOf(test.ctx, 'Stuck')
    expect(runs[0]?.waitingFor).toMatchObject([{ reason: 'sender_failing', count: 2 }])
    const why = await whyFor(test.ctx, 'Stuck', phoneNumber(0))
    expect(why.decision).toBe('sender_failing')
    expect(why.checks.find(({ check }) => check === 'sender')).toMatchObject({ result: 'wait' })
    const other = await openTestApp({ dir: test.dir, clock: test.clock })
    const { ok, findings } = await diagnose(other.ctx)
    expect(ok).toBe(false)
    expect(findings.filter((finding) => !finding.ok)).toMatchObject([
      { check: 'sending snd_2', detail: expect.stringContaining(missing.env) },
    ])
  })

  it('H5: sends when it is there, without a restart', async () => {
    const test = await setup()
    const service = await serve(test)
    await until(test.clock, async () => (await sendingTrouble(test)) !== undefined)
    await setSender(test.ctx, 'broken', { credentials: { accessToken: 'token' }, baseUrl: 'http://127.0.0.1:9' })
    await until(test.clock, async () => (await sendingTrouble(test)) === undefined)
    await service.stop()
    expect((await diagnose(test.ctx)).findings.filter(({ ok }) => !ok)).toEqual([])
  })

  it('H5: keeps its own callbacks waiting and no others', async () => {
    const test = await setup()
    const now = test.clock.now()
    const event = (senderId: number, n: number) => ({
      senderId,
      receivedAt: now,
      bodySha256: `${senderId}-${n}`,
      body: '{}',
    })
    // More than one pass takes, and all of them before the others.
    await test.ctx.db.write((tx) =>
      insertWebhookEvents(
        tx,
        Array.from({ length: 450 }, (_, n) => event(2, n)),
      ),
    )
    test.clock.advance(1)
    await test.ctx.db.write((tx) => insertWebhookEvents(tx, [{ ...event(1, 0), receivedAt: test.clock.now() }]))
    while ((await applyEvents(test.ctx, test.app.connections)) === true);
    const open = await test.ctx.db.read((tx) =>
      tx.all(`SELECT sender_id AS id, count(*) AS count FROM webhook_events WHERE next_try_at IS NOT NULL GROUP BY 1`),
    )
    expect(open).toEqual([{ id: 2, count: 450 }])
    await setSender(test.ctx, 'broken', { credentials: { accessToken: 'token' } })
    test.clock.advance(2_000)
    while ((await applyEvents(test.ctx, test.app.connections)) === true);
    expect(
      await test.ctx.db.read((tx) => tx.all(`SELECT 1 FROM webhook_events WHERE next_try_at IS NOT NULL`)),
    ).toEqual([])
    expect(await showTroubles(test.ctx)).toEqual([])
  })

  it('H5: ends a command in the foreground with its error, before anything is launched', async () => {
    const test = await openTestApp()
    await importPeople(test, 1)
    await addBroken(test)
    await addTestCampaign(test, { sender: 'broken', content: templateContent })
    await expect(runInForeground(test.ctx, test.app.connections, 'Spring sale')).rejects.toMatchObject({
      code: 'config.secret_missing',
    })
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('draft')
  })
})

describe('a changed sender', () => {
  it('H18: keeps to a new pair interval from the next claim on', async () => {
    const test = await openTestApp()
    await importPeople(test, 2)
    await addSandbox(test)
    await addTestCampaign(test, { name: 'First', session: 'assume' })
    await addTestCampaign(test, { name: 'Second', session: 'assume' })
    await launchByOperator(test.ctx, 'First')
    await serve(test)
    await until(test.clock, () => isFinished(test, 'First'))
    await setSender(test.ctx, 'main', { pairIntervalSeconds: 3_600 })
    await launchByOperator(test.ctx, 'Second')
    const waits = async () => (await reportOf(test.ctx, 'Second')).runs.flatMap(({ waitingFor }) => waitingFor)
    await until(test.clock, async () => (await waits()).some(({ reason }) => reason === 'pair_limit'))
  })
})

describe('a sender whose stop takes long', () => {
  it('house 10: keeps no other one from starting', async () => {
    const open: ServerResponse[] = []
    const provider = createServer((_, response) => void open.push(response))
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void provider.close())
    const test = await openTestApp()
    await importPeople(test, 1)
    const { port } = provider.address() as AddressInfo
    await addMeta(test, { name: 'slow', baseUrl: `http://127.0.0.1:${port}` })
    await addSandbox(test)
    await addTestCampaign(test, { name: 'Slow', sender: 'slow', content: templateContent })
    await addTestCampaign(test, { name: 'Good', session: 'assume' })
    await launchByOperator(test.ctx, 'Slow')
    const service = await serve(test)
    await until(test.clock, () => open.length === 1)
    // Its loop is to be made anew, and waits for its call.
    await setSender(test.ctx, 'slow', { concurrency: 3 })
    test.clock.advance(1_000)
    await launchByOperator(test.ctx, 'Good')
    await until(test.clock, () => isFinished(test, 'Good'))
    expect(service.onTheWire).toBe(1)
    for (const response of open) response.destroy()
    let isStopped = false
    void service.stop().then(() => {
      isStopped = true
    })
    await until(test.clock, () => isStopped)
  })
})

describe('a run or a schedule that fails', () => {
  it('H5: does not end the pass for those after it', async () => {
    const test = await openTestApp()
    await importPeople(test, 2)
    await addMeta(test)
    for (const name of ['One', 'Two', 'Three']) {
      await addTestCampaign(test, { name, content: templateContent })
      await launchByOperator(test.ctx, name)
    }
    await tickAll(test.ctx)
    // What no rule of a definition covers.
    await test.ctx.db.write((tx) => tx.run(`UPDATE runs SET revision_id = 999 WHERE campaign_id = 2`))
    await planRuns(test.ctx)
    const runs = await test.ctx.db.read((tx) => tx.all('SELECT status FROM runs ORDER BY campaign_id'))
    expect(runs).toEqual([{ status: 'sending' }, { status: 'planning' }, { status: 'sending' }])
    expect(await showTroubles(test.ctx)).toMatchObject([{ work: 'planning', id: 'run_2' }])
    expect((await showCampaign(test.ctx, 'Two')).troubles).toMatchObject([{ work: 'planning' }])
    expect((await showCampaign(test.ctx, 'One')).troubles).toEqual([])
  })

  it('H5: keeps the schedules of other campaigns going', async () => {
    const test = await openTestApp()
    await importPeople(test, 1)
    await addMeta(test)
    for (const name of ['One', 'Two']) {
      await addTestCampaign(test, {
        name,
        content: templateContent,
        schedule: { at: '2027-06-01T12:00', timeZone: 'UTC' },
      })
      await launchByOperator(test.ctx, name)
    }
    await test.ctx.db.write((tx) => tx.run(`UPDATE campaigns SET revision_id = 999 WHERE id = 1`))
    test.clock.set('2027-06-01T12:00:00Z')
    expect(await tickAll(test.ctx)).toMatchObject({ started: 1 })
    expect(await showTroubles(test.ctx)).toMatchObject([{ work: 'schedule', id: 'cmp_1' }])
  })
})

describe('an event that fails', () => {
  it('H5: is put off alone, and is applied when it can be', async () => {
    const test = await openTestApp()
    await addMeta(test)
    const body = (n: number) => JSON.stringify({ object: 'whatsapp_business_account', entry: [], n })
    const events = [0, 1, 2].map((n) => ({
      senderId: 1,
      receivedAt: test.clock.now(),
      bodySha256: `e${n}`,
      body: body(n),
    }))
    await test.ctx.db.write((tx) => insertWebhookEvents(tx, events))
    await poison(test, {
      table: 'webhook_events',
      event: 'UPDATE',
      when: 'NEW.id = 2 AND NEW.applied_at IS NOT NULL',
    })
    const open = () =>
      test.ctx.db.read((tx) =>
        tx.all<{ id: number; tries: number }>('SELECT id, tries FROM webhook_events WHERE next_try_at IS NOT NULL'),
      )
    while ((await applyEvents(test.ctx, test.app.connections)) === true);
    expect(await open()).toEqual([{ id: 2, tries: 1 }])
    expect(await showTroubles(test.ctx)).toMatchObject([{ work: 'callback', id: 'whe_2' }])
    await cure(test)
    test.clock.advance(1_000)
    while ((await applyEvents(test.ctx, test.app.connections)) === true);
    expect(await open()).toEqual([])
    expect(await showTroubles(test.ctx)).toEqual([])
  })
})
