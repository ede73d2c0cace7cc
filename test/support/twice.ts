// Runs what writes twice, as a database does that has to take a transaction back (a deadlock, a serialization failure): the
// first run is undone, the second is kept. What a write changes outside its transaction would then be there twice.
import type { Database, WriteTx } from '../../src/store/database.ts'

/** A long write that is made again and again is run twice only the first times: the same code does the same. */
const TIMES = Number(process.env.WRITES_TWICE ?? 3)
const seen = new Map<string, number>()

export function writesTwice(db: Database): Database {
  return new Proxy(db, {
    get(target, key) {
      if (key === 'write') return <T>(fn: (tx: WriteTx) => Promise<T>) => target.write((tx) => twice(tx, fn))
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

async function twice<T>(tx: WriteTx, fn: (tx: WriteTx) => Promise<T>): Promise<T> {
  const text = fn.toString()
  const times = seen.get(text) ?? 0
  seen.set(text, times + 1)
  if (times < TIMES) {
    await tx.run('SAVEPOINT first_run')
    await fn(tx)
    await tx.run('ROLLBACK TO first_run')
    await tx.run('RELEASE first_run')
  }
  return fn(tx)
}
