// Pages, routes and lists of the command line on a large database: no more statements than on a small one, answers of a bounded
// size, and no table of millions read from end to end. No clock is asked.
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { type CrowdSize, fillCrowd } from '../../bench/crowd.ts'
import { apiRoutes, fill, pageRoutes } from '../support/all-routes.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { herald } from '../support/cli.ts'
import { type CountedStatements, countStatements } from '../support/counted-statements.ts'
import { turn } from '../support/fake-clock.ts'
import { addSandbox, openTestApp, type TestApp } from '../support/open-test-app.ts'
import { type Visitor, visit } from '../support/visitor.ts'

type Size = Omit<CrowdSize, 'at'>
const small: Size = { campaigns: 8, lists: 8, senders: 8, people: 80, messages: 400, replies: 8 }
const large: Size = { campaigns: 300, lists: 300, senders: 200, people: 3000, messages: 30_000, replies: 3000 }

/** What goes through everybody or everything because it is asked to, in turns. */
const asksEverything = [
  /forecast|review|timeline|verify|doctor/,
  // They answer for as long as somebody listens, or with files.
  /live|events|export|rejects|assets|openapi/,
]

/** The same for every number of rows: what a page of a list may take beyond a page with a few rows. */
const STATEMENTS_MORE = 12
const BYTES_MAX = 200_000

const ids: [RegExp, string][] = [
  [/campaigns/, 'cmp_4'],
  [/lists/, 'lst_1'],
  [/senders/, 'snd_1'],
  [/imports/, 'imp_1'],
  [/contacts/, 'con_1'],
]

async function fillTest(test: TestApp, size: Size, firstSender: number): Promise<void> {
  for (let n = firstSender; n <= size.senders; n++)
    await addSandbox(test, { name: `Sender ${String(n).padStart(5, '0')}` })
  const connection = new SqliteConnection(test.dbPath)
  fillCrowd(connection, { ...size, at: test.clock.now() })
  connection.close()
}

async function crowded(size: Size): Promise<{ client: ApiClient; admin: Visitor }> {
  const client = await serveApi()
  // The service made the first sender.
  await fillTest(client, size, 2)
  return { client, admin: await visit(client, 'admin') }
}

function addressesOf(client: ApiClient): string[] {
  const routes = [...pageRoutes(client), ...apiRoutes(client)].filter(({ method }) => method === 'GET')
  const paths = routes.map(({ path }) => path).filter((path) => !asksEverything.some((kind) => kind.test(path)))
  return [...new Set(paths)].map((path) => fill(path, ids.find(([kind]) => kind.test(path))?.[1]))
}

interface Asked {
  status: number
  bytes: number
  statements: string[]
}

async function ask({ client, admin }: Awaited<ReturnType<typeof crowded>>, counted: CountedStatements, path: string) {
  const isApi = path.startsWith('/api/')
  const headers = isApi ? { authorization: `Bearer ${client.keys.admin}` } : { cookie: admin.cookie }
  const answers: Asked[] = []
  for (let time = 0; time < TIMES_ASKED; time++) {
    counted.reset()
    const answer = await fetch(`${client.base}${path}`, { headers, redirect: 'manual' })
    const bytes = (await answer.arrayBuffer()).byteLength
    answers.push({ status: answer.status, bytes, statements: counted.texts() })
  }
  const [least] = answers.sort((one, other) => one.statements.length - other.statements.length)
  return least as Asked
}

/** The service works beside: the fewest statements of these are those of the page. */
const TIMES_ASKED = 3

/** Every address asked on a database of a size. */
async function askAll(size: Size): Promise<{ answers: Map<string, Asked>; dbPath: string; client: ApiClient }> {
  const counted = countStatements()
  const crowd = await crowded(size)
  const answers = new Map<string, Asked>()
  for (const path of addressesOf(crowd.client)) answers.set(path, await ask(crowd, counted, path))
  return { answers, dbPath: crowd.client.dbPath, client: crowd.client }
}

/** Tables that grow with people and messages. */
const largeTables =
  /^SCAN (?:messages|attempts|contacts|list_members|run_counts|cap_uses|contact_senders|replies|suppressions|webhook_events|m|a|k|lm|c)\b/

/** The parts of a plan that read a large table from end to end. */
function scansOf(explain: SqliteConnection.Database, sql: string): string[] {
  const params = [...sql.matchAll(/\?/g)].map(() => null)
  const plan = explain.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[]
  return plan.map(({ detail }) => detail).filter((detail) => largeTables.test(detail))
}

/** Runs read without an index: those that are done are many. */
function runScansOf(explain: SqliteConnection.Database, sql: string): string[] {
  const params = [...sql.matchAll(/\?/g)].map(() => null)
  const plan = explain.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[]
  return plan.map(({ detail }) => detail).filter((detail) => /^SCAN (?:runs|r)$/.test(detail))
}

/** Newest or first rows only, in the order of the table or of an index; their number is in the statement. */
const boundedScans = [
  /FROM campaigns c CROSS JOIN campaign_revisions r .*ORDER BY .* LIMIT \?/s,
  // Keys are made by people, a page at a time.
  /FROM api_keys/,
  /FROM \(SELECT \* FROM attempts ORDER BY id DESC LIMIT \?\)/,
  /FROM messages m INDEXED BY messages_unknown/,
  /FROM \(SELECT 1 FROM messages WHERE status = 'unknown' LIMIT \?\)/,
  /FROM replies r .*ORDER BY r\.is_open DESC, r\.id DESC LIMIT \?/s,
]

/** What the service reads besides, and why it may. */
const scansOfService = [
  // By an index that holds what is on the wire, and no other message.
  /FROM messages WHERE status = 'sending'/,
  // The retention, once a day.
  /FROM runs\s+WHERE finished_at < \?/,
  // Whether there is any.
  /SELECT 1 FROM suppressions LIMIT 1/,
]

/** Pages that look through runs one after the other until a time is over, and go on from there in the next page. */
const timedLooks = [/^\/campaigns\/[^/]+\/people/]

describe('F12: a large database', () => {
  it('F12: takes no more statements a page than a small one, and no larger answers', async () => {
    const few = await askAll(small)
    const many = await askAll(large)
    const grown = [...many.answers].flatMap(([path, asked]) => {
      const before = few.answers.get(path)
      const more = asked.statements.length - (before?.statements.length ?? 0)
      const isStatic = before?.bytes === asked.bytes
      const isTimed = timedLooks.some((known) => known.test(path))
      const isGrown =
        (more > STATEMENTS_MORE && !isTimed) || (asked.bytes > BYTES_MAX && !isStatic) || asked.status >= 500
      return isGrown ? [`${path}: ${asked.status}, ${more} more statements, ${asked.bytes} bytes`] : []
    })
    expect(grown).toEqual([])
  })

  it('F12: is never read from end to end for a page', async () => {
    const { answers, dbPath } = await askAll(small)
    const explain = new SqliteConnection(dbPath, { readonly: true })
    for (const name of ['herald_number', 'herald_day', 'herald_instant']) explain.function(name, () => null)
    const scanned = [...answers].flatMap(([path, { statements }]) =>
      [...new Set(statements)]
        .filter((sql) => /^\s*(?:select|with)/i.test(sql) && !boundedScans.some((known) => known.test(sql)))
        .flatMap((sql) =>
          scansOf(explain, sql).map((scan) => `${path}: ${scan}: ${sql.replace(/\s+/g, ' ').slice(0, 160)}`),
        ),
    )
    explain.close()
    expect(scanned).toEqual([])
  })

  it('F12: is never read from end to end by a service at work, however many runs are done', async () => {
    const test = await openTestApp({ env: { HERALD_PORT: '0' } })
    await fillTest(test, small, 1)
    const counted = countStatements()
    const running = await test.app.serve()
    for (let second = 0; second < 20; second++) {
      await test.clock.advance(1_000)
      await turn()
    }
    const ran = [...new Set(counted.texts())]
    await running[Symbol.asyncDispose]()
    const explain = new SqliteConnection(test.dbPath, { readonly: true })
    const mayScan = [...boundedScans, ...scansOfService]
    const scanned = ran
      .filter((sql) => /^\s*(?:select|with)/i.test(sql) && !mayScan.some((known) => known.test(sql)))
      .flatMap((sql) => [...scansOf(explain, sql), ...runScansOf(explain, sql)].map((scan) => `${scan}: ${sql}`))
    explain.close()
    expect(
      ran.some((sql) => /last_start_at_us AS lastStartAtUs\s+FROM runs/.test(sql)),
      'a claim was made',
    ).toBe(true)
    expect(scanned).toEqual([])
  })

  it.each([['campaigns'], ['lists'], ['templates'], ['senders'], ['imports'], ['unknown']])(
    'F12: takes no more statements for %s list',
    async (noun) => {
      const counted = countStatements()
      const statements: number[] = []
      for (const size of [small, large]) {
        const test = await openTestApp()
        await fillTest(test, size, 1)
        counted.reset()
        const { stdout } = await herald(test, noun, 'list', '--limit', '100', '--json')
        expect(JSON.parse(stdout).length).toBeLessThanOrEqual(100)
        statements.push(counted.texts().length)
      }
      const [few = 0, many = 0] = statements
      expect(many - few).toBeLessThanOrEqual(STATEMENTS_MORE)
    },
  )
})
