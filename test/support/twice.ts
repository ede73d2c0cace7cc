// Runs what writes twice, as a database does that has to take a transaction back (a deadlock, a serialization failure): the
// first run is undone, the second is kept. What a write changes outside its transaction would then be there twice.
import type { Database, WriteTx } from '../../src/store/database.ts'
import { locksInOrder } from './lock-order.ts'
import { isOnPostgres } from './on-postgres.ts'

/** A write that is made again and again is run twice only the first times: the same code does the same. */
const TIMES = Number(process.env.WRITES_TWICE ?? 3)
const seen = new Map<string, number>()

export function writesTwice(db: Database): Database {
  const write = db.write.bind(db)
  // A server gives no id twice, and tests name rows by their ids.
  if (isOnPostgres) {
    db.write = (fn, options) => write((tx) => fn(locksInOrder(tx)), options)
    return db
  }
  db.write = (fn, options) => write((tx) => twice(tx, fn), options)
  return db
}

async function twice<T>(tx: WriteTx, fn: (tx: WriteTx) => Promise<T>): Promise<T> {
  const text = fn.toString()
  const times = seen.get(text) ?? 0
  if (times >= TIMES || (await isStagingAttached(tx))) return fn(locksInOrder(tx))
  seen.set(text, times + 1)
  await tx.run('SAVEPOINT first_run')
  await fn(locksInOrder(tx))
  await tx.run('ROLLBACK TO first_run')
  await tx.run('RELEASE first_run')
  return fn(locksInOrder(tx))
}

/** Undoing needs a staging file for itself, which the import that it belongs to is reading. */
async function isStagingAttached(tx: WriteTx): Promise<boolean> {
  return (await tx.get(`SELECT 1 FROM pragma_database_list WHERE name = 'staging'`)) !== undefined
}
