// Whether a database is at work: a server answers after turns of the event loop in which nothing else happens.
import type { Database } from '../../src/store/database.ts'

let underWay = 0

export function isAtWork(): boolean {
  return underWay > 0
}

/** Counts the transactions of a database while they run. */
export function watchWork(db: Database): Database {
  const read = db.read.bind(db)
  const write = db.write.bind(db)
  db.read = (fn) => counted(read(fn))
  db.write = (fn, options) => counted(write(fn, options))
  return db
}

function counted<T>(work: Promise<T>): Promise<T> {
  underWay++
  return work.finally(() => {
    underWay--
  })
}
