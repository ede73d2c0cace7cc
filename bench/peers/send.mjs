// Take → POST → record, done by queues that others made: `node bench/peers/send.mjs NAME SINK JOBS CONNECTIONS STORE [ANSWER_MS]`.
// Jobs are there before the clock starts; each is over when its tracking id is stored. Prints one line of JSON. STORE is the address of
// the Redis or PostgreSQL server, or a folder.
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { Pool } from 'undici'

const [name, sink, jobsText, connectionsText, store] = process.argv.slice(2)
const count = Number(jobsText)
const connections = Number(connectionsText)
const pool = new Pool(sink, { connections, pipelining: 1 })
const headers = { authorization: 'Bearer none', 'content-type': 'application/json' }

/** As the bare loop and Herald post it. */
async function post({ to, text }) {
  const body = JSON.stringify({
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to,
    type: 'text',
    text: { body: text },
    biz_opaque_callback_data: 'h1.abcdefgh.123456',
  })
  const answer = await pool.request({ method: 'POST', path: '/v24.0/1060000000000001/messages', headers, body })
  const { messages } = await answer.body.json()
  return messages[0].id
}

const dataOf = (n) => ({
  to: String(447_700_900_000 + n),
  text: `Hello First${n % 977}, your voucher V-${n.toString(36)} is waiting for you in City ${n % 211} until Sunday evening.`,
})
const numbers = (size) => Array.from({ length: Math.ceil(count / size) }, (_, page) => page * size)
const pages = function* (size) {
  for (const from of numbers(size))
    yield Array.from({ length: Math.min(size, count - from) }, (_, n) => dataOf(from + n))
}

/** Resolves when so many have ended. */
function counter() {
  let left = count
  let end
  const over = new Promise((resolve) => {
    end = resolve
  })
  return { over, done: () => --left === 0 && end() }
}

/** Each: fills the queue, and returns what works it off. */
const peers = {
  async bullmq() {
    const { Queue, Worker } = await import('bullmq')
    const connection = { ...redisAt(store), maxRetriesPerRequest: null }
    const queue = new Queue('bench', { connection })
    for (const page of pages(1_000)) await queue.addBulk(page.map((data) => ({ name: 'send', data })))
    return async () => {
      const { over, done } = counter()
      const worker = new Worker('bench', (job) => post(job.data), { connection, concurrency: connections })
      worker.on('completed', done)
      await over
      await worker.close()
      await queue.close()
    }
  },
  async 'pg-boss'() {
    const { default: PgBoss } = await import('pg-boss')
    const boss = new PgBoss({ connectionString: store, max: 20 })
    await boss.start()
    await boss.createQueue('bench')
    for (const page of pages(1_000)) await boss.insert(page.map((data) => ({ name: 'bench', data })))
    return async () => {
      // What its workers do, without the half second that they rest between two looks.
      for (let left = count; left > 0; ) {
        const jobs = await boss.fetch('bench', { batchSize: 500 })
        await inTurns(jobs, async (job) => {
          job.trackingId = await post(job.data)
        })
        await boss.complete(
          'bench',
          jobs.map(({ id }) => id),
          { trackingIds: jobs.map(({ trackingId }) => trackingId) },
        )
        left -= jobs.length
      }
      await boss.stop({ graceful: false })
    }
  },
  async 'graphile-worker'() {
    const { Logger, makeWorkerUtils, run } = await import('graphile-worker')
    const logger = new Logger(() => () => {})
    const utils = await makeWorkerUtils({ connectionString: store, logger })
    await utils.migrate()
    await utils.withPgClient((client) =>
      client.query('CREATE TABLE results (job bigint PRIMARY KEY, tracking_id text)'),
    )
    await utils.withPgClient((client) =>
      client.query(
        `SELECT graphile_worker.add_job('send', json_build_object('n', n)) FROM generate_series(0, $1::int - 1) n`,
        [count],
      ),
    )
    return async () => {
      const { over, done } = counter()
      const send = async ({ n }, { job, query }) => {
        await query('INSERT INTO results VALUES ($1, $2)', [job.id, await post(dataOf(n))])
        done()
      }
      const runner = await run({
        connectionString: store,
        concurrency: connections,
        maxPoolSize: 20,
        preset: { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
        logger,
        noHandleSignals: true,
        taskList: { send },
      })
      await over
      await runner.stop()
      await utils.release()
    }
  },
  async plainjob() {
    const { better, defineQueue, defineWorker } = await import('plainjob')
    const db = new SqliteConnection(join(store, 'plainjob.db'))
    const logger = { debug() {}, info() {}, warn() {}, error: console.error }
    const queue = defineQueue({ connection: better(db), logger })
    db.exec('CREATE TABLE results (job INTEGER PRIMARY KEY, tracking_id TEXT)')
    const insert = db.prepare('INSERT INTO results VALUES (?, ?)')
    for (const page of pages(1_000)) queue.addMany('send', page)
    return async () => {
      const { over, done } = counter()
      // A worker does one job at a time.
      const workers = Array.from({ length: connections }, () =>
        defineWorker(
          'send',
          async (job) => {
            insert.run(job.id, await post(JSON.parse(job.data)))
            done()
          },
          { queue, logger, pollIntervall: 1 },
        ),
      )
      for (const worker of workers) void worker.start()
      await over
      await Promise.all(workers.map((worker) => worker.stop()))
      queue.close()
    }
  },
}

async function inTurns(jobs, work) {
  let next = 0
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < jobs.length) await work(jobs[next++])
    }),
  )
}

function redisAt(url) {
  return { path: new URL(url).pathname }
}

const workOff = await peers[name]()
const startedAt = performance.now()
await workOff()
process.stdout.write(`${JSON.stringify({ perSecond: count / ((performance.now() - startedAt) / 1000) })}\n`)
process.exit(0)
