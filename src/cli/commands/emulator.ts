// `emulator`: a strict stand-in for a provider’s API on this machine.
import { once } from 'node:events'
import type { Command } from 'commander'
import { startEmulator } from '../../app.ts'
import { AppError } from '../../domain/errors.ts'
import { file, text, wholeNumber } from '../arguments.ts'
import { readDefinitionFile } from '../definition-file.ts'
import { action, type Host } from '../host.ts'

interface EmulatorFlags {
  port?: number
  webhookUrl?: string
  appSecret?: string
  accessToken?: string
  script?: string
  ledger?: string
  latency?: number
  rate?: number
}

const PORT = 9100
const LATENCY_MS_MAX = 600_000
const RATE_MAX = 100_000

export function addEmulator(program: Command): void {
  program
    .command('emulator')
    .option('--port <port>', `port to listen on, on this machine only (default ${PORT})`, wholeNumber(0, 65535))
    .option('--webhook-url <url>', 'where callbacks go: the webhook URL of a sender', text)
    .option(
      '--app-secret <secret>',
      'signs the callbacks of Meta and Bird, which need it; Zixflow sends it in a header',
      text,
    )
    .option('--access-token <token>', 'the only token that is taken (default any)', text)
    .option('--script <file>', 'faults to play, YAML or JSON', text)
    .option('--ledger <file>', 'append every request and callback as a JSON line', file)
    .option('--latency <ms>', 'time before each answer', wholeNumber(0, LATENCY_MS_MAX))
    .option('--rate <n>', 'refuse more messages a second from one sender', wholeNumber(1, RATE_MAX))
    .action(action(async (host, flags: EmulatorFlags) => run(host, flags)))
}

async function run(host: Host, flags: EmulatorFlags): Promise<void> {
  await host.untilStopped(async () => {
    await using emulator = await startEmulator(optionsOf(flags))
    const baseUrls = Object.fromEntries(emulator.dialects.map((dialect) => [dialect, emulator.baseUrl(dialect)]))
    host.output.result({ url: emulator.url, baseUrls }, () => {
      host.output.line(`The emulator listens on ${emulator.url}. Set as baseUrl of a sender:`)
      host.output.facts(Object.entries(baseUrls))
      if (flags.webhookUrl !== undefined && flags.appSecret === undefined)
        host.output.warn('Meta and Bird send no callbacks, because they sign them: give --app-secret for theirs')
    })
    if (!host.signal.aborted) await once(host.signal, 'abort')
  })
}

function optionsOf({ webhookUrl, appSecret, ...flags }: EmulatorFlags): Parameters<typeof startEmulator>[0] {
  if (webhookUrl === undefined && appSecret !== undefined)
    throw new AppError('usage.missing_value', '--app-secret needs --webhook-url', {
      hint: 'Say where the callbacks go, or leave out both for no callbacks.',
    })
  return {
    port: flags.port ?? PORT,
    ...(webhookUrl !== undefined && { webhooks: { url: webhookUrl, ...(appSecret !== undefined && { appSecret }) } }),
    ...(flags.script !== undefined && { script: readDefinitionFile(flags.script) as never }),
    ...(flags.ledger !== undefined && { ledgerPath: flags.ledger }),
    ...(flags.latency !== undefined && { latencyMs: flags.latency }),
    ...(flags.rate !== undefined && { ratePerSecond: flags.rate }),
    ...(flags.accessToken !== undefined && { meta: { accessToken: flags.accessToken } }),
  }
}
