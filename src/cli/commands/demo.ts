// The main job from a CSV to a report that balances, played on a stage of its own in half a minute, and told as it goes.
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import type { MessageStatus } from '../../domain/message-status.ts'
import { addCampaign } from '../../engine/campaigns/drafts.ts'
import { launchByOperator } from '../../engine/campaigns/launch.ts'
import { importCsv } from '../../engine/import/import-csv.ts'
import type { ImportResult } from '../../engine/import/import-result.ts'
import { showImport } from '../../engine/import/imports.ts'
import { exportMessages } from '../../engine/report/export.ts'
import { type Forecast, forecastFor } from '../../engine/report/forecast.ts'
import { type Report, reportOf } from '../../engine/report/report.ts'
import { type Verification, verify } from '../../engine/report/verify.ts'
import { readDefinitionFile } from '../definition-file.ts'
import {
  type BookEntry,
  balanceBooks,
  type ExampleMessage,
  exampleMessages,
  type ProviderView,
  showMessages,
  viewOfProvider,
} from '../demo-books.ts'
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
/** One of the sample's people who said no to marketing. */
const DEMO_PERSON = '+12045550193'
/** People who write STOP while it is sending. */
const LEAVERS = 2
/** Different reasons of rejected lines that are shown. */
const REJECTS_SHOWN = 6

export function addDemo(program: Command): void {
  program
    .command('demo')
    .option('--keep', 'leave the database and its folder, to look at it afterwards')
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
  messages: ExampleMessage[]
  books: BookEntry[]
  verify: Verification
}

async function play(host: Host, stage: DemoStage, isKept: boolean): Promise<DemoResult> {
  const { output } = host
  const { ctx } = stage.app
  const startedAt = performance.now()
  output.line('A CSV of a thousand lines becomes a campaign, sent over HTTP to a stand-in')
  output.line('for Meta on this machine. Nothing leaves it: the people are invented, their')
  output.line('numbers kept for fiction (some of those are in no numbering plan).')
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
  showMessages(output, messages)
  const verification = await verify(ctx)
  const books = balanceBooks({ imported, report, provider, verification })
  const balances = books.every(({ ok }) => ok)
  title(host, 7, balances ? 'The books balance' : 'The books do not balance')
  for (const { ok, says } of books) output.line(`${ok ? output.colors.green('✓') : output.colors.red('✗')} ${says}`)
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
    books,
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
    ['campaign', `"${campaign.name}" (${campaign.id}), a template with two fields`],
    ['sender', `"${stage.sender.name}", provider meta, ${DEMO_RATE} messages a second`],
    ['its base URL', `${stage.sender.baseUrl ?? ''} (the stand-in)`],
    ['quiet hours', 'ignored by this file, so that the demo sends at any hour'],
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
  const { header, lines } = await exportMessages(ctx, name, { statuses: ['pending'], isRaw: true })
  for await (const slice of lines) waiting.push(...slice.map((line) => String(line[header.indexOf('phone')])))
  const leavers = waiting.slice(-LEAVERS)
  await Promise.all(leavers.map((from) => emulator.sendInbound({ from, text: 'STOP' })))
  return leavers
}

/** A bar on a terminal, else a line at every tenth. */
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
    this.#bar.show({ done, total: audience, what: 'messages' }, `, ${delivered + read} arrived`)
    const tenths = Math.floor((done / audience) * 10)
    if (process.stderr.isTTY || tenths <= this.#tenths) return
    this.#tenths = tenths
    this.#host.output.note(`${done} of ${audience} messages; ${delivered} delivered, ${read} read, ${failed} failed`)
  }

  [Symbol.dispose](): void {
    this.#bar?.clear()
  }
}

function tellSending({ output }: Host, provider: ProviderView, leavers: string[]): void {
  output.line(
    `${provider.accepted} messages left at ${provider.ratePerSecond} a second; the limit of the sender is ${DEMO_RATE}.`,
  )
  output.line(`${provider.callbacks} signed callbacks came back.`)
  output.line(`${provider.answersLost} answers were cut off on the way. Those messages were not sent again:`)
  output.line('callbacks proved that they had been accepted.')
  output.line(`${leavers.join(' and ')} wrote STOP meanwhile and got nothing.`)
}

function tellNext(
  { output }: Host,
  { seconds, name, dir }: { seconds: number; name: string; dir: string | null },
): void {
  output.line()
  output.line(output.colors.bold(`That took ${seconds} seconds. What to try next:`))
  if (dir === null) output.line('  herald demo --keep          (keeps its database, to look around)')
  else {
    output.line(`  herald --db ${dir}/herald.db report "${name}"`)
    output.line(`  herald --db ${dir}/herald.db why "${name}" ${DEMO_PERSON}`)
  }
  if (!existsSync(CONTACTS)) output.line('  herald samples')
  output.line('  herald import samples/contacts.csv --list spring')
  output.line('  herald senders add samples/senders/sandbox.yaml')
  output.line('  herald campaigns add samples/campaigns/spring-sale.yaml')
  output.line('  herald run "Spring sale"')
  output.line(output.colors.dim('In a checkout, herald is: npm run -s herald --'))
}
