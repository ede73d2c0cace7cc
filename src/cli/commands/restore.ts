// `restore`: a backup takes the place of the database, with what happened since.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Restored } from '../../app.ts'
import { AppError } from '../../domain/errors.ts'
import { counted } from '../../domain/plural.ts'
import type { RestoreLoss } from '../../domain/restore-losses.ts'
import { file, fileName } from '../arguments.ts'
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
    .argument('<file>', 'the backup', fileName)
    .option('--from <old>', 'the old database, if it is not in its place any more', file)
    .option('--nothing-sent', 'you know that nothing was sent after the backup was made')
    .option('--yes', 'do it without asking')
    .action(
      action(async (host, file: string, flags: Flags) => {
        if (!existsSync(file))
          throw new AppError('file.not_found', `there is no file ${file}`, { hint: 'Name the backup to restore.' })
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
  behind: 'not the state that was used last: its log is missing, or it is an older copy',
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

/** What was lost, and what a person has to do about it. */
const lossWords: Record<RestoreLoss, string> = {
  optOuts:
    'opt-outs since the backup may be missing: enter them again from your mails and the replies at the provider (`herald suppress add`, `herald suppress import`)',
  erasures:
    'erasures since the backup may be missing: erase everybody again who asked for it since (`herald contacts erase`)',
  consents: 'consents withdrawn since the backup may be missing: enter these people with `herald suppress add`',
  access:
    'changes of users and keys since the backup may be missing: look at `herald users list` and `herald keys list`, disable and revoke again',
  calls:
    'what was sent since the backup is not known completely: messages that may have been sent are in doubt, and are not sent again. A campaign that was launched since may be a draft again: compare with the statistics of the provider before you launch it',
  caps: 'places in frequency caps since the backup may be missing: people may get one marketing message more than the caps allow. To keep to them, wait as long as your longest cap before you resume campaigns',
  callbacks:
    'callbacks since the backup may be missing: statuses stay as they are, and replies such as STOP have to be looked up at the provider',
}

function warningsOf({ people, calls, losses, inDoubt, salvaged, endedSince }: Restored): string[] {
  const gaps = (salvaged ?? []).filter(({ hasGaps }) => hasGaps).map(({ table }) => table)
  return [
    ...(people !== null && calls === null
      ? ['the old database does not continue this backup: what it sent since could not be carried over']
      : []),
    ...(gaps.length > 0 ? [`some rows of the old database cannot be read: ${gaps.join(', ')}`] : []),
    ...losses.map((loss) => lossWords[loss]),
    ...(inDoubt > 0
      ? [
          `${counted(inDoubt, 'message', 'messages')} may have been sent since the backup: see \`herald unknown list\`. None is sent again by itself; settle them with \`herald unknown resolve --reason restored\``,
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
