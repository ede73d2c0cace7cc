// What a command has at hand: the opened app, the way to answer, and the wish to stop. The app is loaded when it is opened: help and
// refused command lines need none.
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Command } from 'commander'
import type { App, AppOptions, Moved, MoveRequest, Restored, RestoreRequest } from '../app.ts'
import { AppError } from '../domain/errors.ts'
import type { Config } from '../runtime/config.ts'
import { processEnv } from '../runtime/process-env.ts'
import { Output } from './output.ts'
import { preparationWords } from './preparation-words.ts'
import { ProgressBar } from './progress.ts'

interface GlobalFlags {
  db?: string
  json?: boolean
  quiet?: boolean
  color?: boolean
}

interface ServiceOptions {
  /** Settings of the command line. */
  flags?: Partial<Record<keyof Config, unknown>>
  /** Makes the database where there is none. */
  mayCreate?: boolean | undefined
}

/** What went wrong although the answer stands on stdout already: one line on stderr and the exit code are left. */
export class AnsweredError extends Error {
  readonly error: AppError

  constructor(error: AppError) {
    super(error.message)
    this.error = error
  }
}

/** One command at work. */
export class Host {
  readonly output: Output
  readonly #flags: GlobalFlags
  readonly #stop = new AbortController()

  constructor(command: Command) {
    this.#flags = command.optsWithGlobals<GlobalFlags>()
    const isPlain = this.#flags.color === false || process.stdout.isTTY !== true || hasNoColor()
    this.output = new Output({
      isJson: this.#flags.json ?? false,
      isQuiet: this.#flags.quiet ?? false,
      hasColor: !isPlain,
    })
  }

  /** Aborted by the first Ctrl-C or SIGTERM; the second one ends the process. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Opens the app for the time of `fn`. Throws AppError db.missing where there is no database, unless one may be made. */
  withApp<T>(fn: (app: App) => Promise<T>, { mayCreate }: { mayCreate?: boolean } = {}): Promise<T> {
    return this.withService(
      async (app) => {
        await this.#continueImports(app)
        return fn(app)
      },
      { mayCreate },
    )
  }

  /** The same for a service, which continues by itself, while it is at work, what a process left half done. */
  async withService<T>(fn: (app: App) => Promise<T>, { flags, mayCreate = false }: ServiceOptions): Promise<T> {
    await using app = await openAppWhenNeeded({
      flags: { databaseUrl: this.#flags.db, ...flags },
      mayCreate,
      onPrepared: (preparation) => this.output.note(preparationWords(preparation)),
    })
    await this.#noticeHold(app)
    return await fn(app)
  }

  /** Whatever the command is about: nothing is sent meanwhile. */
  async #noticeHold(app: App): Promise<void> {
    const { findHold, holdText } = await import('../engine/service/held.ts')
    const hold = await app.ctx.db.read(findHold)
    if (hold !== undefined) this.output.warn(`${holdText(hold)} ${hold.hint}`)
  }

  /** Puts a backup in the place of the database that the other commands work on. */
  async restore(options: Omit<RestoreRequest, 'onStep' | 'flags'>): Promise<Restored> {
    const { restoreBackup } = await import('../app.ts')
    return restoreBackup({
      ...options,
      flags: { databaseUrl: this.#flags.db },
      onStep: (what) => this.output.note(what),
    })
  }

  /** Moves one database into another one, whatever the other commands work on. */
  async move(options: Omit<MoveRequest, 'flags'>): Promise<Moved> {
    const { moveInstallation } = await import('../app.ts')
    return moveInstallation({ ...options, flags: {} })
  }

  /** What a process that died had begun to apply is finished first; if that fails, only its list stays closed. */
  async #continueImports(app: App): Promise<void> {
    const { hasLeftOver } = await import('../engine/import/left-over.ts')
    if (!(await hasLeftOver(app.ctx))) return
    const { recoverImports } = await import('../engine/import/apply-import.ts')
    try {
      await recoverImports(app.ctx)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      this.output.warn(`an interrupted import could not be continued: ${error.message}`)
    }
  }

  progress(): ProgressBar {
    return new ProgressBar(this.output.isQuiet || this.output.isJson)
  }

  /** Lets Ctrl-C ask for an orderly end while `fn` runs; `note` says what is finished first. */
  async untilStopped<T>(fn: () => Promise<T>, note = 'what is on the wire is finished first'): Promise<T> {
    const onSignal = (signal: NodeJS.Signals) => {
      if (this.#stop.signal.aborted) process.exit(130)
      this.output.note(signal === 'SIGINT' ? `stopping; ${note} (Ctrl-C again ends at once)` : `stopping; ${note}`)
      this.#stop.abort()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
    try {
      return await fn()
    } finally {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    }
  }

  /** Asks for a secret without showing it. */
  async askSecret(question: string): Promise<string> {
    if (process.stdin.isTTY !== true)
      throw new AppError('usage.missing_value', 'nobody can type a password here', { hint: 'Use --password-file.' })
    const readline = createInterface({ input: process.stdin, output: silent, terminal: true })
    process.stderr.write(question)
    const answer = await readline.question('')
    readline.close()
    process.stderr.write('\n')
    return answer
  }

  /** Asks before something that cannot be undone, once `look` has found what it is about. Without a terminal it needs --yes. */
  async confirm(question: string, isAnswered: boolean, look?: (app: App) => Promise<unknown>): Promise<void> {
    if (isAnswered) return
    if (look !== undefined) await this.withApp(look)
    if (process.stdin.isTTY !== true || this.output.isJson)
      throw new AppError('usage.needs_yes', `${question.replace(/\?$/, '')}: this needs your confirmation`, {
        hint: 'There is no terminal to ask on: confirm with --yes.',
      })
    const readline = createInterface({ input: process.stdin, output: process.stderr })
    const answer = await readline.question(`${question} [y/N] `)
    readline.close()
    if (!/^y(es)?$/i.test(answer.trim())) throw new AppError('interrupted', 'nothing was done')
  }
}

/** A separate function: TypeScript does not rewrite the file name of an import after `await using`. */
async function openAppWhenNeeded(options: AppOptions): Promise<App> {
  const { openApp } = await import('../app.ts')
  return openApp(options)
}

/** What readline would show of a secret. */
const silent = new Writable({ write: (_chunk, _encoding, done) => done() })

/** https://no-color.org: any value but an empty one. */
export function hasNoColor(): boolean {
  return (processEnv().NO_COLOR ?? '') !== ''
}

/** Turns a function of host and parsed arguments into commander's action. */
export function action<Args extends unknown[]>(
  fn: (host: Host, ...args: Args) => Promise<void>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    // Commander calls with the arguments, then the options, then the command.
    const command = args.at(-1) as Command
    const flags = args.at(-2) as { output?: string }
    // As other programs take it: standard output, which is meant when no file is named.
    if (flags.output === '-') delete flags.output
    await fn(new Host(command), ...(args.slice(0, -1) as Args))
  }
}
