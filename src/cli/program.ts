// The command line as a whole: every command under its name, errors as one line, exit codes.
import { Command, CommanderError } from 'commander'
import { AppError, type ErrorCode } from '../domain/errors.ts'
import { appVersion } from '../runtime/app-version.ts'
import { text } from './arguments.ts'
import { commandLoaders, commandNames, namedCommands } from './commands.ts'
import { examples } from './examples.ts'
import { exitCodeOf } from './exit-codes.ts'
import { AnsweredError, hasNoColor } from './host.ts'
import { Output, ReaderGone } from './output.ts'

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

/** The program with the named commands, or with all of them. */
export async function buildProgram(names: readonly (keyof typeof commandLoaders)[] = commandNames): Promise<Command> {
  const program = new Command('herald')
    .description('WhatsApp campaigns from a CSV: import, describe, launch, watch, report.')
    .version(appVersion)
    .option('--db <path>', 'database file (else HERALD_DATABASE_URL, else ./data/herald.db)', text)
    .option('--json', 'answer with one JSON document on stdout')
    .option('--quiet', 'no notes and no progress')
    .option('--no-color', 'no colours')
    .addHelpText('after', firstSteps)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  const adders = await Promise.all(names.map((name) => commandLoaders[name]()))
  for (const add of adders) add(program)
  inherit(program, program.commands as Command[], '')
  return program
}

/** Sub-commands report errors the way the program does, and show how they are written. */
function inherit(program: Command, commands: readonly Command[], path: string): void {
  for (const command of commands) {
    command.copyInheritedSettings(program)
    const name = `${path}${command.name()}`
    const example = examples[name]
    if (example !== undefined) command.addHelpText('after', `\nExample:\n  ${example}`)
    inherit(program, command.commands, `${name} `)
  }
}

/** Runs one command line; returns the exit code. */
export async function runCommand(argv: string[]): Promise<number> {
  const program = await buildProgram(namedCommands(argv))
  try {
    await program.parseAsync(argv, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    return endCode(error, program, argv)
  }
}

/** Says what went wrong, and finds its exit code. */
function endCode(error: unknown, program: Command, argv: string[]): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0
  if (error instanceof ReaderGone) return 0
  const isJson = argv.includes('--json')
  if (isBare(error, commandOf(program, argv)) && !isJson) {
    program.outputHelp()
    return 0
  }
  // Options may not have been parsed when the mistake was found.
  const hasColor = process.stderr.isTTY === true && !argv.includes('--no-color') && !hasNoColor()
  const output = new Output({ isJson, isQuiet: false, hasColor })
  if (error instanceof AnsweredError) {
    output.errorLine(error.error)
    return exitCodeOf(error.error)
  }
  const known = knownError(error, commandOf(program, argv))
  output.error(known)
  if (known.code === 'fault' && known.cause instanceof Error) process.stderr.write(`${known.cause.stack ?? ''}\n`)
  return exitCodeOf(known)
}

/** `herald` alone asks what there is; it is no mistake. */
function isBare(error: unknown, command: Command): boolean {
  return error instanceof CommanderError && error.code === 'commander.help' && command.parent === null
}

/** The command that a command line names, as far as it can be followed. */
function commandOf(program: Command, argv: string[]): Command {
  let command = program
  for (const word of argv) command = command.commands.find((known) => known.name() === word) ?? command
  return command
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

function knownError(error: unknown, command: Command): AppError {
  if (error instanceof AppError) return error
  if (error instanceof CommanderError) return usageError(error, command)
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

function usageError(error: CommanderError, command: Command): AppError {
  const help = `See ${pathOf(command)} --help.`
  if (error.code === 'commander.help')
    return new AppError('usage.missing_value', `${pathOf(command)} needs a command`, {
      hint: `It has ${command.commands.map((known) => known.name()).join(', ')}. ${help}`,
    })
  const [said = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  // What stands behind the name of an option may be a secret that someone typed.
  const message = error.code === 'commander.unknownOption' ? said.replace(/=.*$/s, "'") : said
  const hint = suggestion?.replace(/^\(|\)$/g, '') ?? help
  return new AppError(usageCodes[error.code] ?? 'usage.invalid_value', message.replace(/\.$/, ''), { hint })
}
