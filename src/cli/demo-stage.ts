// What the demo plays on: a folder and a database of its own, the service on a free port, and behind it the emulator as
// Meta, which loses answers, fails deliveries and sends signed callbacks. All of it is gone when the stage is disposed.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, openApp, type RunningApp, startEmulator } from '../app.ts'
import { addSender, type SenderView } from '../engine/senders/senders.ts'
import { applyEvents } from '../engine/track/apply-events.ts'

type Emulator = Awaited<ReturnType<typeof startEmulator>>

/** Slow enough to be watched, fast enough for a thousand messages in a quarter of a minute. */
export const DEMO_RATE = 80
/** Messages whose answer is cut off on the way: the first so many hundredth ones. */
const LOST_ANSWERS = [200, 400, 600]
/** Before each status callback of a message. */
const STATUS_DELAY_MS = 400
const READ_SHARE = 0.6
const PHONE_NUMBER_ID = '1060000000000001'

export interface DemoStage extends AsyncDisposable {
  readonly app: App
  readonly dir: string
  readonly sender: SenderView
  readonly emulator: Emulator
  /** Waits for every callback that is on its way, stops the service, and applies the last ones. */
  settle(): Promise<void>
}

export async function openDemoStage({ isKept }: { isKept: boolean }): Promise<DemoStage> {
  const dir = mkdtempSync(join(tmpdir(), 'herald-demo-'))
  const remove = () => {
    if (!isKept) rmSync(dir, { recursive: true, force: true })
  }
  // Also when a second Ctrl-C ends the process at once.
  process.once('exit', remove)
  const open: AsyncDisposable[] = []
  const close = async () => {
    for (const part of open.splice(0).reverse()) await part[Symbol.asyncDispose]()
    remove()
    process.off('exit', remove)
  }
  try {
    const app = await openApp({ env: settingsIn(dir), mayCreate: true })
    open.push(app)
    const appSecret = randomBytes(16).toString('hex')
    const accessToken = randomBytes(16).toString('hex')
    const emulator = await startEmulator(emulatorOptions(accessToken))
    open.push(emulator)
    const sender = await addSender(app.ctx, senderDefinition(emulator, { accessToken, appSecret }))
    const service = await app.serve()
    open.push(service)
    // The port is known only now; the path with its token stands since the sender was added.
    const url = new URL(new URL(sender.webhookUrl).pathname, service.url).href
    emulator.setWebhooks({ url, appSecret, readShare: READ_SHARE })
    const settle = async () => {
      await emulator.settled()
      await stop(open, service)
      while ((await applyEvents(app.ctx, await app.connections())) === true);
    }
    return { app, dir, sender, emulator, settle, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The demo listens where nobody else does, whatever this machine's own settings are. */
function settingsIn(dir: string): Record<string, string> {
  const file = join(dir, 'herald.yaml')
  writeFileSync(file, 'host: 127.0.0.1\nport: 0\nlogLevel: error\n')
  return { HERALD_CONFIG: file, HERALD_DATABASE_URL: join(dir, 'herald.db') }
}

function emulatorOptions(accessToken: string): Parameters<typeof startEmulator>[0] {
  return {
    dialects: ['meta'],
    latencyMs: 30,
    statusDelayMs: STATUS_DELAY_MS,
    meta: { accessToken, templates: [{ name: 'spring_sale', language: 'en', bodyParameters: 2 }] },
    script: [
      { match: { nth: LOST_ANSWERS }, phase: 'duringAnswer', action: { type: 'closeAfterHalfAnswer' } },
      { match: { probability: 0.01 }, phase: 'afterAccept', action: { type: 'webhooks', errorCode: 131026 } },
    ],
  }
}

function senderDefinition(emulator: Emulator, secrets: { accessToken: string; appSecret: string }) {
  return {
    name: 'main',
    provider: 'meta',
    baseUrl: emulator.baseUrl('meta'),
    credentials: { phoneNumberId: PHONE_NUMBER_ID, ...secrets },
    ratePerSecond: DEMO_RATE,
  }
}

async function stop(open: AsyncDisposable[], part: RunningApp): Promise<void> {
  const at = open.indexOf(part)
  if (at >= 0) open.splice(at, 1)
  await part[Symbol.asyncDispose]()
}
