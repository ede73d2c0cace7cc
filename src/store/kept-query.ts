// Queries of the builder that are asked all the time. To build the text of one takes longer than to run it, so it is built
// once for each connection.
import type { ReadTx } from './database.ts'

type Orm = ReadTx['orm']

interface Prepared<Row> {
  execute(values: Record<string, unknown>): PromiseLike<Row[]>
}

/** Values are put where the query has a placeholder of their name. */
export function keptQuery<Row>(
  build: (orm: Orm) => { prepare(): Prepared<Row> },
): (tx: ReadTx, values?: Record<string, unknown>) => Promise<Row[]> {
  const kept = new WeakMap<object, Prepared<Row>>()
  return async ({ orm }, values = {}) => {
    let prepared = kept.get(orm)
    if (prepared === undefined) {
      prepared = build(orm).prepare()
      kept.set(orm, prepared)
    }
    return prepared.execute(values)
  }
}
