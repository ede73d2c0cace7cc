// The command line as a whole: every command under its name, errors as one line, exit codes.
import { Command, CommanderError } from 'commander'
import { AppError, type ErrorCode, nearestWord } from '../domain/errors.ts'
import { appVersion } from '../runtime/app-version.ts'
import { processEnv } from '../runtime/process-env.ts'
import { file } from './arguments.ts'
import { type CommandEntry, type CommandName, commandNames, commands, namedCommands, wordsIn } from './commands.ts'
import { examples } from './examples.ts'
import { exitCodeOf } from './exit-codes.ts'
import { AnsweredError, hasNoColor } from './host.ts'
import { Output, ReaderGone } from './output.ts'

const firstSteps = `
First steps:
  herald demo                                     a thousand messages through an emulator, in half a minute
  herald samples                                  sample files, into the folder samples
  herald import contacts.csv --list spring        a CSV becomes contacts
  herald senders add samples/senders/sandbox.yaml a number to send from
  herald campaigns add campaign.yaml              what to say, to whom, when
  herald forecast "Spring sale"                   who will get it, when, and who not
  herald run "Spring sale"                        launch and watch
  herald why "Spring sale" +15550100001           why one person got it, or not
`

/** The program; of commands that are not loaded it knows what the help says. */
export async function buildProgram(loaded: readonly CommandName[] = commandNames): Promise<Command> {
  const program = new Command('herald')
    .description('WhatsApp campaigns from a CSV: import, describe, launch, watch, report.')
    .version(appVersion, '-v, --version')
    .option('--db <path>', 'database file (else HERALD_DATABASE_URL, else ./data/herald.db)', file)
    .option('--json', 'answer with one JSON document on stdout')
    .option('--quiet', 'no notes and no progress')
    .option('--no-color', 'no colours')
    .addHelpText('after', firstSteps)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .configureHelp({ subcommandTerm: termOf })
  for (const name of commandNames) {
    const { args = '', summary, load }: CommandEntry = commands[name]
    const add = loaded.includes(name) ? await load() : () => program.command(`${name} ${args}`)
    add(program)
    program.commands.at(-1)?.description(summary)
  }
  inherit(program, program.commands as Command[], '')
  return program
}

/** The name of a command with what must or may follow; that nearly all have options too goes without saying. */
function termOf(command: Command): string {
  const args = command.registeredArguments.map((one) => {
    const name = one.variadic ? `${one.name()}...` : one.name()
    return one.required ? `<${name}>` : `[${name}]`
  })
  return [command.name(), ...args].join(' ')
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
export async function runCommand(given: string[]): Promise<number> {
  const plain = plainArgv(given)
  const program = await buildProgram(namedCommands(plain))
  const argv = withHelpBehind(program, plain)
  try {
    refuseUnknownCommand(program, argv)
    await program.parseAsync(argv, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    return endCode(error, program, argv)
  }
}

/** What people write for --version and --help. */
function plainArgv(argv: string[]): string[] {
  const words = wordsIn(argv)
  const [first, second] = words
  if (words.length === 0 && argv.includes('-V')) return ['--version']
  if (words.length === 1 && first === 'version') return ['--version']
  if (first === 'help' && words.length > 1) return [...argv.toSpliced(argv.indexOf('help'), 1), '--help']
  if (words.length === 2 && second === 'help') return argv.toSpliced(argv.lastIndexOf('help'), 1, '--help')
  return argv
}

/** `templates help delete` asks what `templates delete --help` asks: in a group at any depth the word names no command of ours. */
function withHelpBehind(program: Command, argv: string[]): string[] {
  let command: Command | undefined = program
  for (const word of wordsIn(argv)) {
    if (command === undefined || command.commands.length === 0) return argv
    if (word === 'help') return [...argv.toSpliced(argv.indexOf('help'), 1), '--help']
    command = command.commands.find((known) => known.name() === word)
  }
  return argv
}

/** With --help an unknown command would get the help of everything. */
function refuseUnknownCommand(program: Command, argv: readonly string[]): void {
  let command = program
  for (const word of wordsIn(argv)) {
    if (command.commands.length === 0) return
    const next = command.commands.find((known) => known.name() === word)
    if (next === undefined)
      throw new AppError('usage.unknown_command', `unknown command '${word}'`, {
        hint: didYouMean(word, [...command.commands.map((known) => known.name()), 'help'], command),
      })
    command = next
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
  const known = knownError(error, commandOf(program, argv), argv)
  output.error(known)
  if (known.code === 'fault' && known.cause instanceof Error && showsTraces())
    process.stderr.write(`${known.cause.stack ?? ''}\n`)
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

/** The first flag that a command does not have; undefined when it has all. */
function unknownFlagOf(command: Command, argv: readonly string[]): string | undefined {
  const options = command.parent === null ? command.options : [...command.options, ...rootOf(command).options]
  const known = new Set(options.flatMap(({ long, short }) => [long, short]).concat('--help', '-h'))
  const end = argv.indexOf('--')
  const takesNext = new Set(
    options.filter(({ required, optional }) => required || optional).flatMap(({ long, short }) => [long, short]),
  )
  return argv
    .slice(0, end < 0 ? argv.length : end)
    .filter((word, index) => word.startsWith('--') && !takesNext.has(argv[index - 1]))
    .map((word) => word.split('=', 1)[0] ?? word)
    .find((flag) => !known.has(flag))
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent)
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

function knownError(error: unknown, command: Command, argv: readonly string[]): AppError {
  if (error instanceof AppError) return error
  if (error instanceof CommanderError) {
    // A flag that was misspelt is the reason why one that must be given is missing.
    const flag = error.code === 'commander.missingMandatoryOptionValue' ? unknownFlagOf(command, argv) : undefined
    return flag === undefined ? usageError(error, command) : unknownOption(flag, command)
  }
  return new AppError('fault', `an unexpected fault: ${(error as Error)?.message ?? String(error)}`, {
    hint: `Please report it, with what the same command prints when HERALD_LOG_LEVEL is debug.`,
    cause: error,
  })
}

function unknownOption(flag: string, command: Command): AppError {
  const flags = [...command.options, ...rootOf(command).options].flatMap(({ long }) => long ?? [])
  return new AppError('usage.unknown_option', `unknown option '${flag}'`, {
    hint: didYouMean(flag, flags, command),
  })
}

function didYouMean(word: string, known: readonly string[], command: Command): string {
  const nearest = nearestWord(word, known)
  return nearest === undefined ? `See ${pathOf(command)} --help.` : `Did you mean ${nearest}?`
}

/** Where an unexpected fault came from, for those who look for it. */
function showsTraces(): boolean {
  return ['debug', 'trace'].includes(processEnv().HERALD_LOG_LEVEL ?? '')
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
  // The text after the name of an option may be a secret.
  const message = error.code === 'commander.unknownOption' ? said.replace(/=.*/s, "'") : said
  const hint = suggestion?.replace(/^\(|\)$/g, '') ?? help
  return new AppError(usageCodes[error.code] ?? 'usage.invalid_value', message.replace(/\.$/, ''), { hint })
}
