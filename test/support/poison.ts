// A row that cannot be written: whatever touches it fails, as a fault of the program would make it fail.
import { isOnPostgres } from './on-postgres.ts'
import type { TestApp } from './open-test-app.ts'

export interface Poisoned {
  table: string
  /** As a trigger names it: `UPDATE OF status`. */
  event: string
  /** Of NEW or OLD; every row when it is missing. */
  when?: string
}

/** Until it is cured. */
export async function poison({ ctx }: TestApp, { table, event, when = '1 = 1' }: Poisoned): Promise<void> {
  const head = `CREATE TRIGGER poison BEFORE ${event} ON ${table}`
  const statements = isOnPostgres
    ? [
        `CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$`,
        `${head} FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION poison()`,
      ]
    : [`${head} WHEN ${when} BEGIN SELECT raise(ABORT, 'poison'); END`]
  await ctx.db.write(async (tx) => {
    for (const statement of statements) await tx.run(statement)
  })
}

export async function cure({ ctx }: TestApp): Promise<void> {
  await ctx.db.write((tx) => tx.run(isOnPostgres ? 'DROP FUNCTION poison CASCADE' : 'DROP TRIGGER poison'))
}
