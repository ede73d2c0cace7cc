// One campaign sent in the foreground: launched when it is a draft, planned, sent, until nothing of it is due soon.
import { setTimeout as sleep } from 'node:timers/promises'
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { tally } from '../../domain/report.ts'
import { getCampaign } from '../../store/campaigns.ts'
import { listCountsOfRun } from '../../store/counts.ts'
import type { ReadTx } from '../../store/database.ts'
import { readTestState, type TestState } from '../../store/messages.ts'
import { listOpenRunsOf } from '../../store/runs.ts'
import { finishCancel } from '../campaigns/cancel.ts'
import { launchByOperator } from '../campaigns/launch.ts'
import type { Confirmed } from '../campaigns/reach.ts'
import { prepareTest } from '../campaigns/test-send.ts'
import type { Context, OnProgress } from '../context.ts'
import { type Report, reportOf } from '../report/report.ts'
import { type Wait, waitsOf } from '../report/waits.ts'
import type { SenderConnections } from '../senders/sender-connections.ts'
import { applyEvents } from '../track/apply-events.ts'
import { findWork } from './campaign-work.ts'
import { refuseWhileHeld } from './held.ts'
import { Service } from './service.ts'

const LOOK_EVERY_MS = 100
/** What could go and has not gone for so long waits for another process. */
const PATIENCE_MS = 60_000

export interface ForegroundOptions extends Confirmed {
  /** Stay until the campaign is finished. */
  isToTheEnd?: boolean
  isSendNow?: boolean
  signal?: AbortSignal
  onProgress?: OnProgress
  onReport?: (report: Report) => void
}

export interface ForegroundResult {
  report: Report
  isInterrupted: boolean
  warnings: string[]
}

export async function runInForeground(
  ctx: Context,
  connections: SenderConnections,
  idOrName: string,
  options: ForegroundOptions = {},
): Promise<ForegroundResult> {
  const found = await ctx.db.read((tx) => getCampaign(tx, idOrName))
  if (found.status !== 'finished') await ctx.db.read(refuseWhileHeld)
  if (found.status === 'finished') return { report: await reportOf(ctx, idOrName), isInterrupted: false, warnings: [] }
  if (found.status === 'cancelled' || found.status === 'archived') await finishCancel(ctx, found.id, options.signal)
  // A sender that cannot be made ready is refused before anything is launched.
  await connections.get(found.senderId)
  const launched =
    found.status === 'paused'
      ? undefined
      : await launchByOperator(ctx, idOrName, {
          ...(options.onProgress && { onProgress: options.onProgress }),
          isSendNow: options.isSendNow ?? false,
          confirmedCount: options.confirmedCount,
          isEvenIfNobody: options.isEvenIfNobody,
        })
  const service = new Service(ctx, connections, { campaignId: found.id })
  await service.start()
  try {
    await stayWhileAtWork(ctx, found.id, {
      ...options,
      isCalling: () => service.onTheWire > 0,
      onLook: async () => options.onReport?.(await reportOf(ctx, idOrName)),
    })
  } finally {
    await service.stop()
  }
  await settle(ctx, connections, found.senderId)
  const report = await reportOf(ctx, idOrName)
  options.onReport?.(report)
  return { report, isInterrupted: options.signal?.aborted ?? false, warnings: launched?.warnings ?? [] }
}

/** Callbacks of a driver's own making are taken along: nobody else will. */
async function settle(ctx: Context, connections: SenderConnections, senderId: number): Promise<void> {
  const { driver } = await connections.get(senderId)
  if (driver.settled === undefined) return
  await driver.settled()
  while ((await applyEvents(ctx, connections)) === true);
}

/** Nothing is sent or stored any more: there is nothing to wait for. */
function throwFailure({ db }: Context): void {
  if (db.failure !== undefined) throw db.failure
}

interface Stay extends Pick<ForegroundOptions, 'isToTheEnd' | 'signal'> {
  isCalling: () => boolean
  onLook: () => unknown
}

/** Waits until nothing of a campaign can happen soon, or nothing has happened for as long although it could. */
async function stayWhileAtWork(
  ctx: Context,
  campaignId: number,
  { isToTheEnd = false, signal, isCalling, onLook }: Stay,
): Promise<void> {
  let state = ''
  let patientUntil = Number.POSITIVE_INFINITY
  while (!signal?.aborted) {
    throwFailure(ctx)
    const work = await ctx.db.read((tx) => findWork(ctx, tx, campaignId, { isToTheEnd }))
    if (work === undefined) return
    const now = ctx.clock.now()
    if (work.state !== state) patientUntil = Math.max(now, work.nextAt) + PATIENCE_MS
    if (!isToTheEnd && now > patientUntil && !isCalling()) return
    state = work.state
    await onLook()
    await ctx.clock.wait(now + LOOK_EVERY_MS, signal)
  }
}

export interface TestResult extends TestState {
  message: string
  phone: string
  /** The gate that it waits for, when none opens before the answer; it goes on by itself when it does. */
  waitingFor: { reason: string; until: string | null } | null
}

/** How long a test waits for the provider's answer. */
const TEST_PATIENCE_MS = 60_000

/** Sends one test message and waits for what becomes of it. */
export async function sendTest(
  ctx: Context,
  connections: SenderConnections,
  idOrName: string,
  phone: string,
): Promise<TestResult> {
  const test = await prepareTest(ctx, idOrName, phone)
  const service = new Service(ctx, connections, { campaignId: test.campaignId, isTestOnly: true })
  await service.start()
  try {
    return await awaitTest(ctx, test, TEST_PATIENCE_MS)
  } finally {
    await service.stop()
  }
}

/** How long a request waits for the provider's answer; the message goes on without it. */
const TEST_REQUEST_PATIENCE_MS = 20_000

/** The same within a service, which sends it by itself. Still `pending` when its sender keeps it waiting. */
export async function sendTestByService(ctx: Context, idOrName: string, phone: string): Promise<TestResult> {
  return awaitTest(ctx, await prepareTest(ctx, idOrName, phone), TEST_REQUEST_PATIENCE_MS)
}

interface PreparedTest {
  campaignId: number
  runId: number
  messageId: number
  phone: string
}

/** Nobody waits for what cannot come in time: a gate that opens later, or only by a person. */
async function awaitTest(ctx: Context, test: PreparedTest, patienceMs: number): Promise<TestResult> {
  const deadline = ctx.clock.monotonic() + patienceMs
  for (;;) {
    throwFailure(ctx)
    const state = await ctx.db.read((tx) => readTestState(tx, test.messageId))
    const leftMs = deadline - ctx.clock.monotonic()
    const wait = state.status === 'pending' ? await ctx.db.read((tx) => waitOfTest(ctx, tx, test)) : undefined
    const isShut = wait !== undefined && (wait.opensAt === null || wait.opensAt > ctx.clock.now() + leftMs)
    if (!['pending', 'sending'].includes(state.status) || isShut || leftMs <= 0)
      return { message: formatId('message', test.messageId), phone: test.phone, ...state, waitingFor: viewWait(wait) }
    await sleep(LOOK_EVERY_MS)
  }
}

async function waitOfTest(
  { clock, config }: Context,
  tx: ReadTx,
  { campaignId, runId }: PreparedTest,
): Promise<Wait | undefined> {
  const run = (await listOpenRunsOf(tx, campaignId)).find(({ id }) => id === runId)
  if (run === undefined) return undefined
  const own = tally(await listCountsOfRun(tx, runId))
  const campaign = await getCampaign(tx, campaignId)
  const [wait] = await waitsOf(tx, { campaign, run, own, now: clock.now(), defaultZone: config.timeZone })
  return wait
}

function viewWait(wait: Wait | undefined): TestResult['waitingFor'] {
  if (wait === undefined) return null
  return { reason: wait.reason, until: wait.until === null ? null : formatInstant(wait.until) }
}
