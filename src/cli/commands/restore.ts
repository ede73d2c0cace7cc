// `restore`: a backup takes the place of the database, with what happened since.
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { counted } from '../../domain/plural.ts'
import type { Restored } from '../../engine/restore/restore.ts'
import { text } from '../arguments.ts'
import { action, type Host } from '../host.ts'
import type { Output } from '../output.ts'

interface Flags {
  from?: string
  nothingSent?: boolean
  yes?: boolean
}

export function addRestore(program: Command): void {
  program
    .command('restore')
    .argument('<file>', 'the backup')
    .option('--from <old>', 'the old database, if it is not in its place any more', text)
    .option('--nothing-sent', 'you know that nothing was sent after the backup was made')
    .option('--yes', 'do it without asking')
    .description(
      'Put a backup in place of the database. What happened since is carried over from the old one, nothing is sent twice, and campaigns wait until you resume them. Stop every herald process first.',
    )
    .action(
      action(async (host, file: string, flags: Flags) => {
        await host.confirm(`Replace the database with ${file}? The old one is kept beside it`, flags.yes ?? false)
        const restored = await host.restore({
          file: resolve(file),
          from: flags.from === undefined ? undefined : resolve(flags.from),
          isNothingSent: flags.nothingSent ?? false,
        })
        host.output.result(restored, () => showRestored(host, restored))
      }),
    )
}

const oldWords: Record<Restored['old'], string> = {
  whole: 'read completely',
  damaged: 'damaged: read as far as possible',
  unreadable: 'cannot be read',
  missing: 'not there',
}

function showRestored({ output }: Host, restored: Restored): void {
  const { database, file, movedTo, old, people, calls, copiedAt } = restored
  output.facts([
    ['database', database],
    ['restored from', file],
    ['backup made', copiedAt === null ? null : String(copiedAt)],
    ['old database', `${oldWords[old]}${movedTo === null ? '' : `; kept as ${movedTo}`}`],
    ['opt-outs', people === null ? 'not carried over' : people.suppressions],
    ['erasures', people === null ? 'not carried over' : people.erasures],
    ['consents withdrawn', people === null ? 'not carried over' : people.consentWithdrawals],
    ['users', people === null ? 'not carried over' : people.users],
    ['keys revoked', people === null ? 'not carried over' : people.keyRevocations],
    ['calls', calls === null ? 'not carried over' : calls.attempts],
    ['messages sent since', calls === null ? 'not carried over' : calls.messages],
    ['runs since', calls === null ? 'not carried over' : calls.runs],
    ['callbacks', calls === null ? 'not carried over' : calls.callbacks],
    ['in doubt', restored.inDoubt],
    ['campaigns paused', restored.pausedCampaigns.length],
  ])
  for (const warning of warningsOf(restored)) output.warn(warning)
  sayWhatIsNext(output, restored)
}

function warningsOf({ people, calls, inDoubt, salvaged, endedSince, old }: Restored): string[] {
  const gaps = (salvaged ?? []).filter(({ hasGaps }) => hasGaps).map(({ table }) => table)
  return [
    ...(people === null
      ? [
          `the old database is ${oldWords[old]}: opt-outs, erasures, revoked keys and frequency caps since the backup are lost. Enter opt-outs again with \`herald suppress add\``,
        ]
      : []),
    ...(people !== null && calls === null
      ? ['the old database does not continue this backup: what it sent since could not be carried over']
      : []),
    ...(gaps.length > 0 ? [`some rows of the old database cannot be read: ${gaps.join(', ')}`] : []),
    ...(inDoubt > 0
      ? [
          `${counted(inDoubt, 'message', 'messages')} may have been sent since the backup: see \`herald unknown list\`. None is sent again by itself`,
        ]
      : []),
    ...endedSince.map((name) => `campaign "${name}" was cancelled or archived since the backup, and is paused now`),
  ]
}

function sayWhatIsNext(output: Output, { pausedCampaigns }: Restored): void {
  output.line('Every login has ended.')
  for (const name of pausedCampaigns)
    output.line(`Paused: ${name}. To go on: herald campaigns resume "${name}" --acknowledge`)
  output.line('Check with herald verify, then start the service.')
}
