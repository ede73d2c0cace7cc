// Every command under its name, in the order of the help, with what the help says of it. Only the one that a command line names is
// loaded: with all of them a start takes nine times as long.
import type { Command } from 'commander'

export type AddCommand = (program: Command) => void

export interface CommandEntry {
  /** As the help writes them; none in a group. */
  args?: string
  summary: string
  /** Adds one command of this name. */
  load: () => Promise<AddCommand>
}

export const commands = {
  import: {
    args: '<file>',
    summary: 'Bring the contacts of a CSV file or an Excel workbook into a list.',
    load: async () => (await import('./commands/import.ts')).addImport,
  },
  lists: {
    summary: 'Named sets of contacts.',
    load: async () => (await import('./commands/lists.ts')).addLists,
  },
  contacts: {
    summary: 'People by their phone.',
    load: async () => (await import('./commands/contacts.ts')).addContacts,
  },
  suppress: {
    summary: 'Numbers that must not be messaged.',
    load: async () => (await import('./commands/suppress.ts')).addSuppress,
  },
  replies: {
    summary: 'What people wrote and tapped.',
    load: async () => (await import('./commands/replies.ts')).addReplies,
  },
  imports: {
    summary: 'Imports that were made.',
    load: async () => (await import('./commands/imports.ts')).addImports,
  },
  senders: {
    summary: 'Numbers to send from, with their limits.',
    load: async () => (await import('./commands/senders.ts')).addSenders,
  },
  templates: {
    summary: 'Templates of the accounts, and whether they are approved.',
    load: async () => (await import('./commands/templates.ts')).addTemplates,
  },
  campaigns: {
    summary: 'What to say, to whom, when.',
    load: async () => (await import('./commands/campaigns.ts')).addCampaigns,
  },
  forecast: {
    args: '<campaign>',
    summary: 'How many would be sent, deferred, skipped, when, until when, and why; nothing is done.',
    load: async () => (await import('./commands/forecast.ts')).addForecast,
  },
  run: {
    args: '<campaign>',
    summary: 'Launch if needed, send in the foreground, and print the report. Ctrl-C stops in good order.',
    load: async () => (await import('./commands/run.ts')).addRun,
  },
  start: {
    summary:
      'The service: pages, API, schedules, sending, callbacks. Stop it with Ctrl-C; what is on the wire is finished first.',
    load: async () => (await import('./commands/start.ts')).addStart,
  },
  report: {
    args: '<campaign>',
    summary: 'What became of every message of a campaign; the numbers add up to the audience.',
    load: async () => (await import('./commands/report.ts')).addReport,
  },
  export: {
    args: '<campaign>',
    summary: 'One line of CSV or of a workbook per message, with tracking ids and instants.',
    load: async () => (await import('./commands/export.ts')).addExport,
  },
  why: {
    args: '<campaign> <phone>',
    summary: 'Why this person got the message, did not, or waits: every check in its order.',
    load: async () => (await import('./commands/why.ts')).addWhy,
  },
  verify: {
    args: '[campaign]',
    summary: 'Recount, and check everything that must hold; exit code 8 when something does not.',
    load: async () => (await import('./commands/verify.ts')).addVerify,
  },
  needs: {
    summary:
      'What waits for you: paused senders and campaigns, messages without an answer, replies, templates, rejects.',
    load: async () => (await import('./commands/needs.ts')).addNeeds,
  },
  unknown: {
    summary: 'Messages that were handed over without an answer.',
    load: async () => (await import('./commands/unknown.ts')).addUnknown,
  },
  unlock: {
    summary:
      'Let a database send that is not the one used last, and clear times that a wrong clock left in the future. Set the clock of this machine first.',
    load: async () => (await import('./commands/unlock.ts')).addUnlock,
  },
  schedule: {
    summary: 'When a schedule fires.',
    load: async () => (await import('./commands/schedule.ts')).addSchedule,
  },
  limits: {
    summary: 'Quiet hours and frequency caps, for all marketing.',
    load: async () => (await import('./commands/limits.ts')).addLimits,
  },
  users: {
    summary: 'People who may log in to the pages.',
    load: async () => (await import('./commands/users.ts')).addUsers,
  },
  keys: {
    summary: 'Keys with which programs call the API.',
    load: async () => (await import('./commands/keys.ts')).addKeys,
  },
  doctor: {
    summary: 'Is this installation in order? Shows its settings too; exit code 8 when something is wrong.',
    load: async () => (await import('./commands/doctor.ts')).addDoctor,
  },
  backup: {
    args: '<file-or-folder>',
    summary: 'A copy of the whole database, also while sending. The key file is not part of it: keep it elsewhere.',
    load: async () => (await import('./commands/backup.ts')).addBackup,
  },
  restore: {
    args: '<file>',
    summary:
      'Put a backup in place of the database. What happened since is carried over from the old one, nothing is sent twice, and campaigns wait until you resume them. Stop every herald process first.',
    load: async () => (await import('./commands/restore.ts')).addRestore,
  },
  migrate: {
    summary:
      'Move everything into another database, and compare both. Stop every herald process first; if it is interrupted, run it again. The old database is kept, and sends nothing from then on.',
    load: async () => (await import('./commands/migrate.ts')).addMigrate,
  },
  schema: {
    args: '<what>',
    summary: 'JSON Schema of a file, for editors.',
    load: async () => (await import('./commands/schema.ts')).addSchema,
  },
  emulator: {
    summary:
      "A strict stand-in for the providers' APIs on this machine: point a sender's baseUrl at it. Stop it with Ctrl-C.",
    load: async () => (await import('./commands/emulator.ts')).addEmulator,
  },
  demo: {
    summary: 'A thousand lines of CSV become messages and a report, against a stand-in for Meta on this machine.',
    load: async () => (await import('./commands/demo.ts')).addDemo,
  },
  samples: {
    args: '[folder]',
    summary: 'Write sample contacts, senders, campaigns and callbacks into a folder.',
    load: async () => (await import('./commands/samples.ts')).addSamples,
  },
} satisfies Record<string, CommandEntry>

export type CommandName = keyof typeof commands
export const commandNames = Object.keys(commands) as CommandName[]

/** Global flags that take the next word. */
const flagsWithValue = ['--db']

/** What of a command line is no global flag, in its order: the command and what follows. */
export function wordsIn(argv: readonly string[]): string[] {
  return argv.filter((one, index) => !one.startsWith('-') && !flagsWithValue.includes(argv[index - 1] ?? ''))
}

/** The command that a command line names: none where it asks for the help or the version, and where it is misspelt. */
export function namedCommands(argv: readonly string[]): readonly CommandName[] {
  const [word] = wordsIn(argv)
  return commandNames.filter((name) => name === word)
}
