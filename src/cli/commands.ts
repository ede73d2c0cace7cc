// Every command under its name, in the order of the help. Only the one that a command line names is loaded: with all of them a start
// takes three times as long.
import type { Command } from 'commander'

export type AddCommand = (program: Command) => void

export const commandLoaders = {
  import: async () => (await import('./commands/import.ts')).addImport,
  lists: async () => (await import('./commands/lists.ts')).addLists,
  contacts: async () => (await import('./commands/contacts.ts')).addContacts,
  suppress: async () => (await import('./commands/suppress.ts')).addSuppress,
  replies: async () => (await import('./commands/replies.ts')).addReplies,
  imports: async () => (await import('./commands/imports.ts')).addImports,
  senders: async () => (await import('./commands/senders.ts')).addSenders,
  templates: async () => (await import('./commands/templates.ts')).addTemplates,
  campaigns: async () => (await import('./commands/campaigns.ts')).addCampaigns,
  forecast: async () => (await import('./commands/forecast.ts')).addForecast,
  run: async () => (await import('./commands/run.ts')).addRun,
  start: async () => (await import('./commands/start.ts')).addStart,
  report: async () => (await import('./commands/report.ts')).addReport,
  export: async () => (await import('./commands/export.ts')).addExport,
  why: async () => (await import('./commands/why.ts')).addWhy,
  verify: async () => (await import('./commands/verify.ts')).addVerify,
  needs: async () => (await import('./commands/needs.ts')).addNeeds,
  unknown: async () => (await import('./commands/unknown.ts')).addUnknown,
  unlock: async () => (await import('./commands/unlock.ts')).addUnlock,
  schedule: async () => (await import('./commands/schedule.ts')).addSchedule,
  limits: async () => (await import('./commands/limits.ts')).addLimits,
  users: async () => (await import('./commands/users.ts')).addUsers,
  keys: async () => (await import('./commands/keys.ts')).addKeys,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  backup: async () => (await import('./commands/backup.ts')).addBackup,
  restore: async () => (await import('./commands/restore.ts')).addRestore,
  migrate: async () => (await import('./commands/migrate.ts')).addMigrate,
  schema: async () => (await import('./commands/schema.ts')).addSchema,
  emulator: async () => (await import('./commands/emulator.ts')).addEmulator,
  demo: async () => (await import('./commands/demo.ts')).addDemo,
  samples: async () => (await import('./commands/samples.ts')).addSamples,
} satisfies Record<string, () => Promise<AddCommand>>

type CommandName = keyof typeof commandLoaders
export const commandNames = Object.keys(commandLoaders) as CommandName[]

/** Global flags that take the next word. */
const flagsWithValue = ['--db']
const versionFlags = ['--version', '-v']

/** What of a command line is no global flag, in its order: the command and what follows. */
export function wordsIn(argv: readonly string[]): string[] {
  return argv.filter((one, index) => !one.startsWith('-') && !flagsWithValue.includes(argv[index - 1] ?? ''))
}

/** The commands that a command line can be about: the one that it names, none for the version, all where none of ours is named. */
export function namedCommands(argv: readonly string[]): readonly CommandName[] {
  const [word] = wordsIn(argv)
  if (word === undefined && argv.some((one) => versionFlags.includes(one))) return []
  const named = commandNames.find((name) => name === word)
  return named === undefined ? commandNames : [named]
}
