// The kill matrix: each operation killed at each of its points, gone on with, and looked at by the independent checker.
import { type KillPoint, killingAt, listKillPoints, spreadPoints } from './kill-points.ts'
import { type Operation, operations, type Prepared } from './operations.ts'
import type { Program } from './program.ts'
import { becomesTrue } from './sink-process.ts'
import { Template } from './stage.ts'

export interface MatrixOptions {
  /** Names of operations; all when absent. */
  only?: readonly string[]
  /** Points of each operation, spread over its calls. */
  points: number
  /** So many starts in a row are killed before it may go on. */
  inARow?: number
  main?: string
  /** Of so many points of its operation. */
  onOutcome?: (outcome: KillOutcome, of: number) => void
}

export interface KillOutcome {
  operation: string
  point: KillPoint
  wasKilled: boolean
  broken: string[]
}

/** Kills every operation in turn, two cases at a time. */
export async function killMatrix(options: MatrixOptions): Promise<KillOutcome[]> {
  const outcomes: KillOutcome[] = []
  for (const [name, operation] of Object.entries(operations)) {
    if (options.only !== undefined && !options.only.includes(name)) continue
    using template = await Template.make({ ...operation.template, ...(options.main && { main: options.main }) })
    const points = spreadPoints(await pointsOf(operation, template), options.points)
    await twoAtATime(points, async (point) => {
      const killed = await killOnce(operation, template, point, options.inARow).catch(
        // One case that cannot be played does not end the others.
        (error: Error) => ({ wasKilled: false, broken: [error.message] }),
      )
      const outcome = { operation: name, point, ...killed }
      outcomes.push(outcome)
      options.onOutcome?.(outcome, points.length)
    })
  }
  return outcomes
}

async function pointsOf(operation: Operation, template: Template): Promise<KillPoint[]> {
  const prepared = await operation.prepare(template)
  await using stage = prepared.stage
  return await listKillPoints(prepared.command, stage.dir, async (program) => {
    if (operation.isDone !== undefined) await untilDone(operation, prepared, program)
  })
}

async function killOnce(operation: Operation, template: Template, point: KillPoint, inARow = 1) {
  const prepared = await operation.prepare(template)
  await using stage = prepared.stage
  let wasKilled = false
  for (let n = 0; n < inARow; n++) {
    // Each start of a row a little further on.
    await using program = stage.run([...killingAt({ ...point, nth: point.nth + n }), ...prepared.command])
    if (operation.isDone !== undefined) await untilDone(operation, prepared, program)
    wasKilled = (await program.ended()).signal === 'SIGKILL' || wasKilled
  }
  return { wasKilled, broken: await prepared.goOn() }
}

/** A service is stopped when it has done what it was started for, unless it dies before. */
async function untilDone({ isDone }: Operation, { stage, meanwhile }: Prepared, program: Program): Promise<void> {
  const watched = new AbortController()
  const died = program.ended().then(() => watched.abort())
  const answered = await program.answered().catch(() => undefined)
  if (answered !== undefined) {
    await meanwhile?.()
    await becomesTrue(stage.dir, () => isDone?.(stage) ?? true, watched.signal)
    if (!watched.signal.aborted) program.stopInner()
  }
  await died
}

/** Cases wait for disks and processes more than they work. */
export async function twoAtATime<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const hand = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all([hand(), hand()])
}
