// The main job from a CSV to a report that balances, played on a stage of its own in half a minute, and told as it goes.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import { type MessageStatus, messageStatuses } from '../../domain/message-status.ts'
import { sumCounts } from '../../domain/report.ts'
import { addCampaign, launchByOperator } from '../../engine/campaigns.ts'
import { importCsv } from '../../engine/import/import-csv.ts'
import type { ImportResult } from '../../engine/import/import-result.ts'
import { showImport } from '../../engine/imports.ts'
import { exportColumns, exportMessages } from '../../engine/report/export.ts'
import { type Forecast, forecastFor } from '../../engine/report/forecast.ts'
import { type Report, reportOf } from '../../engine/report/report.ts'
import { type Verification, verify } from '../../engine/report/verify.ts'
import { readDefinitionFile } from '../definition-file.ts'
import { DEMO_RATE, type DemoStage, openDemoStage } from '../demo-stage.ts'
import { action, type Host } from '../host.ts'
import type { ProgressBar } from '../progress.ts'
import { showForecast } from './forecast.ts'
import { showImportResult } from './import.ts'
import { showReport } from './report.ts'

const CONTACTS = 'samples/contacts.csv'
const CAMPAIGN = 'samples/campaigns/template.yaml'
const LOOK_EVERY_MS = 100
/** Longer than the slowest machine needs; a demo that hangs says so instead. */
const PATIENCE_MS = 120_000
/** People who write STOP while it is sending. */
const LEAVERS = 2
/** Different reasons of rejected lines that are shown. */
const REJECTS_SHOWN = 6

export function addDemo(program: Command): void {
  program
    .command('demo')
    .option('--keep', 'leave the database and its folder, to look at it afterwards')
    .description('A thousand lines of CSV become messages and a report, against a stand-in for Meta on this machine.')
    .action(action(runDemo))
}

async function runDemo(host: Host, { keep: isKept = false }: { keep?: boolean }): Promise<void> {
  const result = await host.untilStopped(async () => {
    await using stage = await openDemoStage({ isKept })
    return await play(host, stage, isKept)
  })
  host.output.result(result, () => {})
  if (!result.balances)
    throw new AppError('check.failed', 'the books of the demo do not balance', {
      hint: 'Run it with --keep and report it with the database.',
    })
}

interface DemoResult {
  balances: boolean
  seconds: number
  /** Folder with the database; null when it is gone. */
  directory: string | null
  import: ImportResult
  forecast: Forecast
  report: Report
  provider: ProviderView
  messages: Record<string, string | number | null>[]
  verify: Verification
}

async function play(host: Host, stage: DemoStage, isKept: boolean): Promise<DemoResult> {
  const { output } = host
  const { ctx } = stage.app
  const startedAt = performance.now()
  output.line('A CSV of a thousand lines becomes a campaign, over HTTP, against a stand-in for Meta on this machine.')
  output.line('Nothing leaves the machine: the people are invented, their numbers reserved for fiction.')
  const imported = await importContacts(host, stage)
  const { name, forecast } = await prepareCampaign(host, stage)
  await launchByOperator(ctx, name)
  const leavers = await sendAll(host, stage, name)
  const report = await reportOf(ctx, name)
  const provider = viewOfProvider(stage)
  tellSending(host, provider, leavers)
  title(host, 5, 'The report, as `herald report` prints it')
  showReport(output, report)
  const messages = await exampleMessages(stage, name)
  title(host, 6, 'A few messages with their tracking ids, as `herald export` writes them')
  showMessages(host, messages)
  const verification = await verify(ctx)
  const balances = checkBooks(host, { imported, report, provider, verification })
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10
  tellNext(host, { seconds, name, dir: isKept ? stage.dir : null })
  return {
    balances,
    seconds,
    directory: isKept ? stage.dir : null,
    import: imported,
    forecast,
    report,
    provider,
    messages,
    verify: verification,
  }
}

function title({ output }: Host, number: number, text: string): void {
  output.line()
  output.line(output.colors.bold(`${number}  ${text}`))
}

function sample(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url))
}

function refuseWhenStopped(host: Host): void {
  if (host.signal.aborted)
    throw new AppError('interrupted', 'the demo was stopped', { hint: 'Nothing of it is left: start it again.' })
}

async function importContacts(host: Host, { app: { ctx } }: DemoStage): Promise<ImportResult> {
  const { output } = host
  title(host, 1, `${CONTACTS} becomes contacts`)
  const result = await importCsv(ctx, {
    path: sample(CONTACTS),
    list: 'spring',
    rejectsPath: null,
    signal: host.signal,
  })
  refuseWhenStopped(host)
  showImportResult(output, result)
  const { rejects } = await showImport(ctx, result.importId ?? '')
  const firstOfEach = rejects.filter(({ code }, at) => rejects.findIndex((other) => other.code === code) === at)
  output.line('Some of the rejected lines, each with its reason:')
  output.table(
    ['line', 'code', 'what is wrong'],
    firstOfEach.slice(0, REJECTS_SHOWN).map(({ line, code, detail }) => [line, code, detail]),
    '',
  )
  return result
}

async function prepareCampaign(host: Host, stage: DemoStage): Promise<{ name: string; forecast: Forecast }> {
  const { output } = host
  const { ctx } = stage.app
  title(host, 2, `${CAMPAIGN} becomes a campaign`)
  const campaign = await addCampaign(ctx, readDefinitionFile(sample(CAMPAIGN)))
  output.facts([
    ['campaign', `"${campaign.name}" (${campaign.id}), a template with two fields of each person`],
    ['sender', `"${stage.sender.name}", provider meta, ${DEMO_RATE} messages a second`],
    ['its base URL', `${stage.sender.baseUrl ?? ''} (the stand-in)`],
    ['quiet hours', 'ignored by this campaign, so that the demo sends at any time of day'],
  ])
  title(host, 3, 'The forecast: who will get it, before anything is sent')
  const forecast = await forecastFor(ctx, campaign.name)
  showForecast(output, forecast)
  refuseWhenStopped(host)
  return { name: campaign.name, forecast }
}

/** Watches until every message has its last word; returns the people who opted out on the way. */
async function sendAll(host: Host, stage: DemoStage, name: string): Promise<string[]> {
  title(host, 4, 'Sending; Meta reports back in signed callbacks')
  const { ctx } = stage.app
  const deadline = performance.now() + PATIENCE_MS
  const leavers: string[] = []
  using progress = new SendingProgress(host)
  for (;;) {
    refuseWhenStopped(host)
    const report = await reportOf(ctx, name)
    progress.show(report)
    if (isSettled(report)) break
    if (performance.now() > deadline)
      throw new AppError('fault', `the demo is not over after ${PATIENCE_MS / 1000} seconds`)
    if (leavers.length === 0 && isHalfway(report)) leavers.push(...(await optOut(stage, name)))
    await sleep(LOOK_EVERY_MS, undefined, { signal: host.signal }).catch(() => {})
  }
  await stage.settle()
  return leavers
}

const openStatuses: MessageStatus[] = ['pending', 'sending', 'accepted', 'sent', 'unknown']

function isSettled({ runs, totals }: Report): boolean {
  return runs[0]?.status === 'finished' && openStatuses.every((status) => totals.byStatus[status] === 0)
}

function isHalfway({ totals: { audience, byStatus } }: Report): boolean {
  return audience > 0 && byStatus.pending < audience / 2
}

/** The last ones in the line write STOP before their message is sent. */
async function optOut({ app: { ctx }, emulator }: DemoStage, name: string): Promise<string[]> {
  const waiting: string[] = []
  for await (const lines of exportMessages(ctx, name, { statuses: ['pending'], isRaw: true }))
    waiting.push(...lines.map((line) => String(line[exportColumns.indexOf('phone')])))
  const leavers = waiting.slice(-LEAVERS)
  await Promise.all(leavers.map((from) => emulator.sendInbound({ from, text: 'STOP' })))
  return leavers
}

/** A bar where somebody looks, a line at every tenth where nobody does. */
class SendingProgress implements Disposable {
  readonly #host: Host
  #bar: ProgressBar | undefined
  #tenths = 0

  constructor(host: Host) {
    this.#host = host
  }

  show({ totals: { audience, byStatus } }: Report): void {
    if (audience === 0) return
    this.#bar ??= this.#host.progress()
    const done = audience - byStatus.pending - byStatus.sending
    const { delivered, read, failed } = byStatus
    const statuses = `; ${delivered} delivered, ${read} read, ${failed} failed`
    this.#bar.show({ done, total: audience, what: 'messages' }, statuses)
    const tenths = Math.floor((done / audience) * 10)
    if (process.stderr.isTTY || tenths <= this.#tenths) return
    this.#tenths = tenths
    this.#host.output.note(`${done} of ${audience} messages${statuses}`)
  }

  [Symbol.dispose](): void {
    this.#bar?.clear()
  }
}

/** What happened by the provider's own ledger. */
interface ProviderView {
  accepted: number
  people: number
  answersLost: number
  callbacks: number
  ratePerSecond: number
}

function viewOfProvider({ emulator }: DemoStage): ProviderView {
  const sends = emulator.ledger.filter((entry) => entry.kind === 'request' && entry.verdict === 'accepted')
  const taken = sends.flatMap((entry) => (entry.kind === 'request' ? [entry] : []))
  const ms = (taken.at(-1)?.monotonicMs ?? 0) - (taken[0]?.monotonicMs ?? 0)
  return {
    accepted: taken.length,
    people: new Set(taken.map((entry) => entry.to)).size,
    answersLost: taken.filter((entry) => entry.connectionEnd !== 'complete').length,
    callbacks: emulator.ledger.filter((entry) => entry.kind === 'webhook' && entry.outcome === 'delivered').length,
    ratePerSecond: ms === 0 ? 0 : Math.round(((taken.length - 1) / ms) * 10_000) / 10,
  }
}

function tellSending({ output }: Host, provider: ProviderView, leavers: string[]): void {
  output.line(`${provider.accepted} messages left at ${provider.ratePerSecond} a second, never more than ${DEMO_RATE}.`)
  output.line(
    `The answers to ${provider.answersLost} of them were cut off on the way. They were not sent again: callbacks proved them accepted.`,
  )
  output.line(`${leavers.join(' and ')} wrote STOP while it was sending: nothing was sent to them.`)
}

/** One message of each kind of fate, and a few more. */
async function exampleMessages({ app: { ctx } }: DemoStage, name: string): Promise<DemoResult['messages']> {
  const wanted: [MessageStatus, number][] = [
    ['read', 2],
    ['delivered', 2],
    ['failed', 1],
    ['skipped', 1],
  ]
  const found: DemoResult['messages'] = []
  for (const [status, count] of wanted) {
    const slices = exportMessages(ctx, name, { statuses: [status], isRaw: true })
    const { value: lines } = await slices.next()
    for (const line of (lines ?? []).slice(0, count))
      found.push(Object.fromEntries(exportColumns.map((column, at) => [column, line[at] ?? null])))
  }
  return found
}

function showMessages({ output }: Host, messages: DemoResult['messages']): void {
  output.table(
    ['phone', 'status', 'tracking id, or why not'],
    messages.map(({ phone, status, reason, provider_code, tracking_id }) => [
      phone ?? null,
      status ?? null,
      status === 'failed' ? `code ${provider_code ?? reason} of Meta; ${tracking_id}` : (tracking_id ?? reason ?? null),
    ]),
    '',
  )
}

interface Books {
  imported: ImportResult
  report: Report
  provider: ProviderView
  verification: Verification
}

function checkBooks(host: Host, { imported, report, provider, verification }: Books): boolean {
  const { output } = host
  const { byStatus, audience } = report.totals
  const { rows, added, duplicates, rejected } = imported
  const reported = audience - byStatus.skipped
  const sum = messageStatuses
    .filter((status) => byStatus[status] > 0)
    .map((status) => `${byStatus[status]} ${status}`)
    .join(' + ')
  const entries: [boolean, string][] = [
    [
      rows === added + duplicates + rejected,
      `${rows} lines = ${added} added + ${duplicates} duplicate + ${rejected} rejected`,
    ],
    [audience === added && sumCounts(byStatus) === audience, `${audience} people = ${sum}`],
    [
      provider.accepted === reported && provider.people === provider.accepted,
      `${reported} not skipped = ${provider.accepted} messages taken by the stand-in, for ${provider.people} different phones`,
    ],
    [verification.ok, `herald verify recounted everything: ${verification.checks.length} checks`],
  ]
  const balances = entries.every(([ok]) => ok)
  title(host, 7, balances ? 'The books balance' : 'The books do not balance')
  for (const [ok, text] of entries) output.line(`${ok ? output.colors.green('✓') : output.colors.red('✗')} ${text}`)
  return balances
}

function tellNext(
  { output }: Host,
  { seconds, name, dir }: { seconds: number; name: string; dir: string | null },
): void {
  output.line()
  output.line(output.colors.bold(`That took ${seconds} seconds. What to try next:`))
  if (dir === null) output.line('  herald demo --keep                                keep its database to look around')
  else {
    output.line(`  herald --db ${dir}/herald.db report "${name}"`)
    output.line(`  herald --db ${dir}/herald.db why "${name}" +12125550123`)
  }
  output.line('  herald import samples/contacts.csv --list spring  the same, step by step, in ./data/herald.db')
  output.line('  herald senders add samples/senders/sandbox.yaml')
  output.line('  herald campaigns add samples/campaigns/spring-sale.yaml')
  output.line('  herald run "Spring sale"')
}
