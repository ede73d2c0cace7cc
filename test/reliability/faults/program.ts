// A program of the fault bench as a process of its own: what it says, how it ends, and that it is gone when its scope ends.
// Nothing here knows vitest: tests and benches use the same.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

/**
 * Far longer than anything takes that is waited for, on a machine with some other work. On one with much more,
 * `FAULTS_PATIENCE=3600` keeps cases from being given up that are only slow.
 */
export const patienceSeconds = Number(process.env.FAULTS_PATIENCE ?? 240)

/** Groups of their own outlive whoever started them: none is left behind when this process ends. */
const running = new Set<Program>()
process.on('exit', () => {
  for (const program of running) program.signal('SIGKILL')
})

export interface ProgramOptions {
  cwd?: string
  env?: Record<string, string>
}

export class Program implements AsyncDisposable {
  readonly child: ChildProcess
  readonly #over: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  #out = ''
  #err = ''

  constructor([command = '', ...argv]: readonly string[], { cwd, env = {} }: ProgramOptions = {}) {
    this.child = spawn(command, argv, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: what a tracer or a shell started ends with it.
      detached: true,
      env: { PATH: process.env.PATH, HERALD_LOG_LEVEL: 'warn', PYTHONDONTWRITEBYTECODE: '1', ...env },
    })
    this.child.stdout?.on('data', (piece) => {
      this.#out += piece
    })
    this.child.stderr?.on('data', (piece) => {
      this.#err += piece
    })
    running.add(this)
    this.#over = once(this.child, 'close').then(([code, signal]) => {
      running.delete(this)
      return { code, signal }
    })
  }

  get stdout(): string {
    return this.#out
  }

  get stderr(): string {
    return this.#err
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** How it ended; at once when it has. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.#over
  }

  /** Its first JSON document. Throws when it ends without one. */
  async answered<T>(): Promise<T> {
    for (;;) {
      const answer = parsed<T>(this.#out)
      if (answer !== undefined) return answer
      const isOver = await Promise.race([
        this.#over.then(() => true),
        once(this.child.stdout ?? this.child, 'data').then(() => false),
      ])
      if (isOver && parsed(this.#out) === undefined) throw new Error(`no answer: ${this.#err || this.#out}`)
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.isOver && this.child.pid !== undefined) process.kill(-this.child.pid, signal)
  }

  /** In good order, where the program runs inside of another one, such as a tracer. */
  stopInner(): void {
    const { pid } = this.child
    const [inner] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    if (inner) process.kill(Number(inner), 'SIGTERM')
  }

  async kill9(): Promise<void> {
    this.signal('SIGKILL')
    await this.#over
  }

  /** In good order; its exit code. */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM')
    return (await this.#over).code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isOver) await this.kill9()
  }
}

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T
  } catch {
    return undefined
  }
}

/** Why the bench cannot run on this machine; undefined when it can. */
export const noBench = ['python3 --version', 'sqlite3 --version']
  .map((command) => command.split(' '))
  .filter(([command = '', ...argv]) => spawnSync(command, argv).status !== 0)
  .map(([command]) => `${command} is not installed`)[0]
