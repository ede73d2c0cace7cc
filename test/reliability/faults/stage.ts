// One case of the fault bench: a folder with a database, people and a campaign, the independent provider, Herald as a
// process on them, and at the end the independent checker. Herald is asked by its command line only.
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { Program } from './program.ts'
import { askServer, type ServerPlace } from './server-place.ts'
import { Sink, type SinkOptions, sinkFolder, sinkSecret, sinkToken } from './sink-process.ts'

/** The built program under test; planted bugs have one of their own. */
export const builtMain = new URL('../../../dist/main.js', import.meta.url).pathname

export type Policy = 'atMostOnce' | 'reconcile' | 'atLeastOnce'

export interface TemplateOptions {
  people: number
  ratePerSecond: number
  policy?: Policy
  main?: string
  /** Calls at the same time. */
  concurrency?: number
  /** Where the database is; a file when it is missing. */
  server?: ServerPlace | undefined
}

/** What the bench asked for, for ../sink/checks.py. */
export interface Case {
  policy?: Policy
  rate?: number
  runs?: number
  finished?: boolean
  unknownMax?: number
  /** Messages that end without a call: skipped, expired, cancelled. */
  unsent?: number
  kills?: number
  stops?: { at: number; to?: string[]; until?: number }[]
  /** Of a call, in seconds. */
  deadline?: number
  holdGrace?: number
  callbacks?: boolean
  schedule?: { zone: string; time: string; after: number; until: number }
  walMax?: number
  usage?: Record<string, { found: number; limit: number }>
}

export interface Verdict {
  ok: boolean
  checks: Record<string, string[]>
  figures: {
    people: number
    requests: number
    accepted: number
    statuses: Record<string, number>
    callbacks: number
    stalls: number
  }
}

export const campaign = 'Spring sale'

/** A folder with everything that is prepared once and copied for each case. */
export class Template implements Disposable {
  dir: string
  readonly options: TemplateOptions
  /** On a server. */
  readonly url: string | undefined

  private constructor(dir: string, options: TemplateOptions) {
    this.dir = dir
    this.options = options
    this.url = options.server?.makeDatabase()
  }

  get main(): string {
    return this.options.main ?? builtMain
  }

  static async make(options: TemplateOptions): Promise<Template> {
    const template = new Template(mkdtempSync(join(tmpdir(), 'herald-faults-')), options)
    const path = join(template.dir, 'people.csv')
    const made = new Program(['python3', join(sinkFolder, 'audience.py'), path, String(options.people)])
    const { text } = await made.answered<{ text: string }>()
    await template.#ask('import', path, '--list', 'people')
    await template.#ask('senders', 'add', template.#write('sender.json', senderOf('main', options)))
    await template.#ask('campaigns', 'add', template.#write('campaign.json', campaignOf(text, options)))
    // The restore guard holds a copy whose original is still in its place.
    renameSync(template.dir, `${template.dir}-kept`)
    template.dir = `${template.dir}-kept`
    return template
  }

  #write(name: string, value: unknown): string {
    const path = join(this.dir, name)
    writeFileSync(path, JSON.stringify(value))
    return path
  }

  async #ask(...argv: string[]): Promise<void> {
    const database = this.url ?? join(this.dir, 'herald.db')
    const asked = new Program([process.execPath, this.main, '--db', database, '--json', ...argv], {
      env: { HERALD_FILES_FOLDER: this.dir },
    })
    if ((await asked.ended()).code !== 0) throw new Error(`${argv.join(' ')}: ${asked.stderr}`)
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

function senderOf(name: string, { ratePerSecond, concurrency }: TemplateOptions) {
  return {
    name,
    provider: 'meta',
    baseUrl: 'http://127.0.0.1:9',
    credentials: { phoneNumberId: '1060000000000001', accessToken: sinkToken, appSecret: sinkSecret },
    ratePerSecond,
    pairIntervalSeconds: 0,
    ...(concurrency !== undefined && { concurrency }),
  }
}

function campaignOf(text: string, { policy = 'atMostOnce' }: TemplateOptions) {
  return {
    name: campaign,
    useCase: 'marketing',
    sender: 'main',
    audience: { lists: ['people'] },
    content: { type: 'text', text },
    session: 'assume',
    limits: { quietHours: 'ignore', frequencyCap: 'ignore' },
    delivery: policy,
  }
}

interface StageParts {
  dir: string
  own: string
  url: string | undefined
  sink: Sink
  env: Record<string, string>
}

export interface StageOptions extends SinkOptions {
  /** Herald's environment. */
  env?: Record<string, string>
  /** Where the folder is made; a file system of its own, for one. */
  under?: string
}

export class Stage implements AsyncDisposable {
  readonly dir: string
  readonly sink: Sink
  readonly template: Template
  readonly #own: string
  readonly #url: string | undefined
  readonly #env: Record<string, string>
  readonly #programs: Program[] = []

  private constructor(template: Template, made: StageParts) {
    this.template = template
    this.dir = made.dir
    this.#own = made.own
    this.#url = made.url
    this.sink = made.sink
    this.#env = { HERALD_FILES_FOLDER: made.dir, ...made.env }
  }

  /** A copy of the template at a provider of its own. */
  static async open(template: Template, options: StageOptions = {}): Promise<Stage> {
    const own = mkdtempSync(join(tmpdir(), 'herald-case-'))
    const dir = options.under === undefined ? own : mkdtempSync(join(options.under, 'herald-case-'))
    cpSync(template.dir, dir, { recursive: true })
    const sink = await Sink.start(own, options)
    const { server } = template.options
    const url = server?.makeDatabase(template.url)
    const stage = new Stage(template, { dir, own, url, sink, env: options.env ?? {} })
    stage.change(`UPDATE senders SET base_url = '${sink.baseUrl}'`)
    return stage
  }

  get database(): string {
    return this.#url ?? join(this.dir, 'herald.db')
  }

  /** Argument list of a command on this database. */
  command(...argv: string[]): string[] {
    return [process.execPath, this.template.main, '--db', this.database, '--json', ...argv]
  }

  /** Runs a command; `inside` is a program that runs it, such as a tracer. */
  herald(argv: string[], { inside = [], env = {} }: { inside?: string[]; env?: Record<string, string> } = {}): Program {
    return this.run([...inside, ...this.command(...argv)], env)
  }

  run(command: string[], env: Record<string, string> = {}): Program {
    const program = new Program(command, { cwd: this.dir, env: { ...this.#env, ...env } })
    this.#programs.push(program)
    return program
  }

  /** A command that must succeed; what it answered. */
  async ask<T>(...argv: string[]): Promise<T> {
    const asked = this.herald(argv)
    const { code } = await asked.ended()
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${asked.stderr}`)
    return JSON.parse(asked.stdout) as T
  }

  /** A service that listens; the sink posts callbacks to it when it is given a plan. */
  async serve(port = 0): Promise<Program & { url: string }> {
    const service = this.herald(['start', '--port', String(port)])
    const { url } = await service.answered<{ url: string }>()
    return Object.assign(service, { url })
  }

  /** The address for callbacks of a sender, at a service. */
  async callbackUrl(url: string, sender = 'main'): Promise<string> {
    const { webhookUrl } = await this.ask<{ webhookUrl: string }>('senders', 'show', sender)
    return new URL(new URL(webhookUrl).pathname, url).href
  }

  /** Changes the database by hand, as the preparation of a case. */
  change(sql: string): void {
    if (this.#url !== undefined) return void askServer(this.#url, sql)
    const db = new SqliteConnection(this.database, { timeout: 10_000 })
    db.exec(sql)
    db.close()
  }

  /** One column of the database, as it is. */
  values<T>(sql: string): T[] {
    if (this.#url !== undefined) return askServer(this.#url, sql) as T[]
    const db = new SqliteConnection(this.database, { readonly: true, timeout: 10_000 })
    try {
      return db.prepare(sql).pluck().all() as T[]
    } finally {
      db.close()
    }
  }

  /** A file in its folder; returns its path. */
  write(name: string, value: unknown): string {
    const path = join(this.dir, name)
    writeFileSync(path, JSON.stringify(value))
    return path
  }

  /** A port that nobody listens on: services that follow each other are called back at one address. */
  async freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    return port
  }

  /** The independent checker's word. */
  check(asked: Case = {}): Promise<Verdict> {
    return askChecker(this.witnesses, { policy: this.template.options.policy ?? 'atMostOnce', ...asked })
  }

  get witnesses(): Witnesses {
    return {
      ledger: this.sink.ledgerPath,
      database: this.database,
      people: join(this.template.dir, 'people.csv'),
      own: this.#own,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]()
    await this.sink[Symbol.asyncDispose]()
    for (const dir of new Set([this.dir, this.#own])) if (existsSync(dir)) rmSync(dir, { recursive: true, force: true })
  }
}

/** What the checker looks at, and a folder of the bench for what it is asked. */
export interface Witnesses {
  ledger: string
  database: string
  people: string
  own: string
}

export async function askChecker({ ledger, database, people, own }: Witnesses, asked: Case): Promise<Verdict> {
  const path = join(own, 'case.json')
  writeFileSync(path, JSON.stringify(asked))
  const place = ['--ledger', ledger, '--database', database, '--people', people, '--case', path]
  const checker = new Program(['python3', join(sinkFolder, 'checker.py'), ...place])
  return checker.answered<Verdict>()
}

/** What is broken, in words; empty when everything holds. */
export function brokenIn({ checks }: Verdict): string[] {
  return Object.entries(checks).flatMap(([name, broken]) => broken.map((sentence) => `${name}: ${sentence}`))
}
