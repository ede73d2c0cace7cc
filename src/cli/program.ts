// The command line as a whole: every command under its name, errors as one line, exit codes.
import { Command, CommanderError } from 'commander'
import { appVersion } from '../app.ts'
import { AppError, type ErrorCode } from '../domain/errors.ts'
import { addBackup } from './commands/backup.ts'
import { addCampaigns } from './commands/campaigns.ts'
import { addContacts } from './commands/contacts.ts'
import { addDemo } from './commands/demo.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEmulator } from './commands/emulator.ts'
import { addExport } from './commands/export.ts'
import { addForecast } from './commands/forecast.ts'
import { addImport } from './commands/import.ts'
import { addImports } from './commands/imports.ts'
import { addKeys } from './commands/keys.ts'
import { addLimits } from './commands/limits.ts'
import { addLists } from './commands/lists.ts'
import { addReport } from './commands/report.ts'
import { addRun } from './commands/run.ts'
import { addSchedule } from './commands/schedule.ts'
import { addSchema } from './commands/schema.ts'
import { addSenders } from './commands/senders.ts'
import { addStart } from './commands/start.ts'
import { addSuppress } from './commands/suppress.ts'
import { addTemplates } from './commands/templates.ts'
import { addUnknown } from './commands/unknown.ts'
import { addUsers } from './commands/users.ts'
import { addVerify } from './commands/verify.ts'
import { addWhy } from './commands/why.ts'
import { exitCodeOf } from './exit-codes.ts'
import { Output } from './output.ts'

const firstSteps = `
First steps:
  herald demo                                     a thousand messages through an emulator, in half a minute
  herald import contacts.csv --list spring        a CSV becomes contacts
  herald senders add samples/senders/sandbox.yaml a number to send from
  herald campaigns add campaign.yaml              what to say, to whom, when
  herald forecast "Spring sale"                   who will get it, when, and who not
  herald run "Spring sale"                        launch and watch
  herald why "Spring sale" +15550100001           why one person got it, or not
`

export function buildProgram(): Command {
  const program = new Command('herald')
    .description('WhatsApp campaigns from a CSV: import, describe, launch, watch, report.')
    .version(appVersion)
    .option('--db <path>', 'database file (else HERALD_DATABASE_URL, else ./data/herald.db)')
    .option('--json', 'answer with one JSON document on stdout')
    .option('--quiet', 'no notes and no progress')
    .option('--no-color', 'no colours')
    .addHelpText('after', firstSteps)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  const adders = [
    addImport,
    addLists,
    addContacts,
    addSuppress,
    addImports,
    addSenders,
    addTemplates,
    addCampaigns,
    addForecast,
    addRun,
    addStart,
    addReport,
    addExport,
    addWhy,
    addVerify,
    addUnknown,
    addSchedule,
    addLimits,
    addUsers,
    addKeys,
    addDoctor,
    addBackup,
    addSchema,
    addEmulator,
    addDemo,
  ]
  for (const add of adders) add(program)
  inherit(program, program.commands as Command[])
  return program
}

/** Sub-commands report errors the way the program does. */
function inherit(program: Command, commands: Command[]): void {
  for (const command of commands) {
    command.copyInheritedSettings(program)
    inherit(program, command.commands as Command[])
  }
}

/** Runs one command line; returns the exit code. */
export async function runCommand(argv: string[]): Promise<number> {
  const program = buildProgram()
  try {
    await program.parseAsync(argv, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const known = knownError(error, program)
    // Options may not have been parsed when the mistake was found.
    const output = new Output({
      isJson: argv.includes('--json'),
      isQuiet: false,
      hasColor: process.stderr.isTTY === true && !argv.includes('--no-color'),
    })
    output.error(known)
    if (known.code === 'fault' && known.cause instanceof Error) process.stderr.write(`${known.cause.stack ?? ''}\n`)
    return exitCodeOf(known)
  }
}

function knownError(error: unknown, program: Command): AppError {
  if (error instanceof AppError) return error
  if (error instanceof CommanderError) return usageError(error, program)
  return new AppError('fault', `an unexpected fault: ${(error as Error)?.message ?? String(error)}`, {
    hint: 'Please report it with the lines below.',
    cause: error,
  })
}

const usageCodes: Record<string, ErrorCode> = {
  'commander.unknownCommand': 'usage.unknown_command',
  'commander.unknownOption': 'usage.unknown_option',
  'commander.optionMissingArgument': 'usage.missing_value',
  'commander.missingArgument': 'usage.missing_value',
  'commander.missingMandatoryOptionValue': 'usage.missing_value',
}

function usageError(error: CommanderError, program: Command): AppError {
  if (error.code === 'commander.help') {
    program.outputHelp()
    return new AppError('usage.missing_value', 'name a command')
  }
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const hint = suggestion?.replace(/^\(|\)$/g, '') ?? 'See herald --help.'
  return new AppError(usageCodes[error.code] ?? 'usage.invalid_value', message.replace(/\.$/, ''), { hint })
}
