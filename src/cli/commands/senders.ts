// `senders`: business numbers to send from, their accounts and their rates.
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import { checkSender, clearSenderWebhook, setSenderWebhook, uploadMedia } from '../../engine/senders/sender-account.ts'
import { pageSenders } from '../../engine/senders/sender-list.ts'
import {
  addSender,
  pauseSenderByOperator,
  readAccount,
  resumeSenderByOperator,
  rotateWebhook,
  type SenderView,
  setSender,
  showSender,
} from '../../engine/senders/senders.ts'
import { FORMER_TOKEN_HOURS, FORMER_TOKEN_HOURS_MAX } from '../../engine/senders/webhook-token.ts'
import { decimal, fileName, text, wholeNumber } from '../arguments.ts'
import { readDefinitionFile } from '../definition-file.ts'
import { action, type Host } from '../host.ts'
import { cutPage, limitOf, type PageFlags, paged } from '../paged.ts'
import { showTroubles } from '../troubles.ts'

export function addSenders(program: Command): void {
  const senders = program.command('senders')
  senders
    .command('add')
    .argument('<file>', 'YAML or JSON (see samples/senders)')
    .description('Add a sender.')
    .action(
      action(async (host, file: string) => {
        // Before a database is made for it.
        const definition = readDefinitionFile(file, 'sender')
        answer(host, await host.withApp((app) => addSender(app.ctx, definition), { mayCreate: true }))
      }),
    )
  paged(senders.command('list'), 'name')
    .description('Senders by name.')
    .action(
      action(async (host, flags: PageFlags) => {
        const query = { after: flags.after, limit: limitOf(flags) }
        const found = await host.withApp((app) => pageSenders(app.ctx, query))
        const shown = cutPage(host, found, flags, ({ name }) => name)
        host.output.result(shown, () =>
          host.output.table(
            ['name', 'provider', 'status', 'rate', 'daily limit', ''],
            shown.map((sender) => [
              sender.name,
              sender.provider,
              sender.status,
              `${sender.ratePerSecond}/s`,
              sender.dailyLimit,
              pauseText(sender),
            ]),
            'No senders yet: herald senders add samples/senders/sandbox.yaml.',
          ),
        )
      }),
    )
  senders
    .command('show')
    .argument('<sender>', 'name or id')
    .description('One sender, with the address for callbacks.')
    .action(action(async (host, name: string) => answer(host, await host.withApp((app) => showSender(app.ctx, name)))))
  senders
    .command('pause')
    .argument('<sender>', 'name or id')
    .description('Nothing more leaves from this sender; its messages wait.')
    .action(
      action(async (host, name: string) =>
        answer(host, await host.withApp((app) => pauseSenderByOperator(app.ctx, name))),
      ),
    )
  senders
    .command('resume')
    .argument('<sender>', 'name or id')
    .description('Go on sending.')
    .action(
      action(async (host, name: string) =>
        answer(host, await host.withApp((app) => resumeSenderByOperator(app.ctx, name))),
      ),
    )
  senders
    .command('set')
    .argument('<sender>', 'name or id')
    .option('--rate <n>', 'messages a second', decimal(0, 10_000))
    .option('--daily-limit <n>', 'people in 24 hours; 0 for no limit', wholeNumber(0, 10_000_000))
    .option('--pair-interval <seconds>', 'between two messages to one phone', decimal(-1, 3600))
    .option('--concurrency <n>', 'calls at the same time; 0 for by rate and latency', wholeNumber(0, 1000))
    .option(
      '--credentials <file>',
      'YAML or JSON of a sender: its credentials and baseUrl take the place of the old',
      text,
    )
    .description(
      'Change limits, which hold within a second, also while sending; or secrets and settings of the account.',
    )
    .action(
      action(
        async (
          host,
          name: string,
          flags: {
            rate?: number
            dailyLimit?: number
            pairInterval?: number
            concurrency?: number
            credentials?: string
          },
        ) => {
          const change = {
            ...(flags.rate !== undefined && { ratePerSecond: flags.rate }),
            ...(flags.dailyLimit !== undefined && { dailyLimit: flags.dailyLimit || null }),
            ...(flags.pairInterval !== undefined && { pairIntervalSeconds: flags.pairInterval }),
            ...(flags.concurrency !== undefined && { concurrency: flags.concurrency || null }),
            ...(flags.credentials !== undefined && readAccount(readDefinitionFile(flags.credentials, 'sender'))),
          }
          if (Object.keys(change).length === 0)
            throw new AppError('usage.missing_value', 'nothing to change', {
              hint: 'Give --rate, --daily-limit, --pair-interval, --concurrency or --credentials.',
            })
          answer(host, await host.withApp((app) => setSender(app.ctx, name, change)))
        },
      ),
    )
  addAccountCommands(senders)
}

/** What asks the provider about the account. */
function addAccountCommands(senders: Command): void {
  senders
    .command('check')
    .argument('<sender>', 'name or id')
    .description("Ask the provider for the account's state; exit code 8 when nothing can be sent like this.")
    .action(
      action(async (host, name: string) => {
        const { output } = host
        const check = await host.withApp(async (app) => checkSender(await app.connections(), name))
        output.result(check, () => {
          for (const { name: fact, value, isProblem } of check.facts)
            output.line(`${isProblem ? output.colors.red('✗') : output.colors.green('✓')} ${fact.padEnd(24)} ${value}`)
        })
        if (check.ok) return
        // The answer is on stdout already: only the exit code and the line on stderr are added.
        process.exitCode = 8
        const problems = check.facts.filter((fact) => fact.isProblem).map((fact) => `${fact.name} is ${fact.value}`)
        if (!output.isJson) output.error(new AppError('check.failed', `${check.sender}: ${problems.join(', ')}`))
      }),
    )
  const webhook = senders.command('webhook').description('The address for callbacks.')
  webhook
    .command('rotate')
    .argument('<sender>', 'name or id')
    .option(
      '--old-for-hours <n>',
      `how long callbacks to the old address are taken; 0 to refuse them at once (default: ${FORMER_TOKEN_HOURS})`,
      wholeNumber(0, FORMER_TOKEN_HOURS_MAX),
    )
    .description('Make a new address for callbacks, when the old one may have become known.')
    .action(
      action(async (host, name: string, flags: { oldForHours?: number }) => {
        const sender = await host.withApp((app) => rotateWebhook(app.ctx, name, { hours: flags.oldForHours }))
        answer(host, sender)
        if (!host.output.isJson)
          host.output.line(`Register it at the provider: herald senders webhook set "${sender.name}", or by hand.`)
      }),
    )
  webhook
    .command('set')
    .argument('<sender>', 'name or id')
    .option('--url <address>', 'another address than that of the sender', text)
    .description('Register the address for callbacks, where the provider has a call for it.')
    .action(
      action(async (host, name: string, flags: { url?: string }) => {
        const set = await host.withApp(async (app) => {
          const url = flags.url ?? (await showSender(app.ctx, name)).webhookUrl
          return setSenderWebhook(await app.connections(), { name, url })
        })
        host.output.result(set, () => host.output.line(`Callbacks of "${set.sender}" go to ${set.url}.`))
      }),
    )
  webhook
    .command('clear')
    .argument('<sender>', 'name or id')
    .option('--url <address>', 'another address than that of the sender', text)
    .description('Take the address for callbacks back, where the provider has a call for it.')
    .action(
      action(async (host, name: string, flags: { url?: string }) => {
        const cleared = await host.withApp(async (app) => {
          const url = flags.url ?? (await showSender(app.ctx, name)).webhookUrl
          return clearSenderWebhook(await app.connections(), { name, url })
        })
        host.output.result(cleared, () =>
          host.output.line(
            `${cleared.url} gets no callbacks of "${cleared.sender}"${cleared.others.length === 0 ? '.' : `; still called: ${cleared.others.join(', ')}`}`,
          ),
        )
      }),
    )
  senders
    .command('upload')
    .argument('<sender>', 'name or id')
    .argument('<file>', 'image, video, audio, document or sticker', fileName)
    .description('Keep a file at the provider; messages then name it by mediaId.')
    .action(
      action(async (host, name: string, path: string) => {
        const media = await host.withApp(async (app) => uploadMedia(await app.connections(), { name, path }))
        host.output.result(media, () =>
          host.output.line(`mediaId ${media.mediaId} (${media.mimeType}, ${media.bytes} bytes)`),
        )
      }),
    )
}

function pauseText(sender: SenderView): string {
  return sender.status === 'paused' ? `${sender.pauseReason ?? ''} ${sender.pauseDetail ?? ''}`.trim() : ''
}

function answer({ output }: Host, sender: SenderView): void {
  output.result(sender, () => {
    output.facts([
      ['name', sender.name],
      ['id', sender.id],
      ['provider', sender.provider],
      ['account', sender.account],
      ['status', sender.status === 'paused' ? `paused: ${pauseText(sender)}` : sender.status],
      ['rate', `${sender.ratePerSecond} a second`],
      ['daily limit', sender.dailyLimit === null ? 'none' : `${sender.dailyLimit} people in 24 hours`],
      ['pair interval', `${sender.pairIntervalSeconds} s`],
      ['base URL', sender.baseUrl],
      ['callbacks to', sender.webhookUrl],
      ...(sender.formerWebhookUntil === null
        ? []
        : [['old address', `taken until ${sender.formerWebhookUntil}`] as [string, string]]),
    ])
    for (const sentence of sender.untold) output.line(`${sentence}.`)
    showTroubles(output, sender.troubles)
  })
}
