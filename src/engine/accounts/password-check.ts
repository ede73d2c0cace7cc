// The one place where an entered password is compared with a stored one: nobody asks for a password without
// the brake on guesses (test/source-rules.test.ts refuses another caller of isPassword).
import { AppError } from '../../domain/errors.ts'
import {
  type BrakeSubjects,
  brakesAfterFailure,
  type Client,
  guessWaitMs,
  knownSubjects,
  strangerSubjects,
} from '../../domain/guess-brake.ts'
import { nameKey } from '../../domain/name.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import { deleteOldBrakes, findBrakes, setBrake } from '../../store/accounts.ts'
import type { Context } from '../context.ts'
import { FairTurns } from './fair-turns.ts'
import { isPassword, unknownUserHash } from './passwords.ts'

/** Comparing costs 100 ms and 32 MiB. Strangers leave the last place to who is known. */
const strangers = new FairTurns({ atOnce: 3, waitingOfOneMax: 5, waitingMax: 200 })
const known = new FairTurns({ atOnce: 1, waitingOfOneMax: 5, waitingMax: 200 })

const CLEAN_MS = 60_000
const cleanedAt = new WeakMap<Context, number>()

/** Who enters a password: a browser or a login that we know, or a stranger who names a user. */
export type Guesser = { known: string } | { name: string; client: Client }

/** The subject under which guesses at a user name are counted, whether or not the user exists. */
export function brakeOf(name: string): string {
  return `user:${nameKey(name).slice(0, 100)}`
}

function subjectsOf(guesser: Guesser): BrakeSubjects {
  return 'known' in guesser ? knownSubjects(guesser.known) : strangerSubjects(brakeOf(guesser.name), guesser.client)
}

/**
 * Whether it is the password; the same work when there is none to compare with (`stored` undefined). Throws AppError
 * auth.too_many_tries while the brake holds, and when too many passwords wait to be compared.
 */
export async function isRightPassword(
  ctx: Context,
  guesser: Guesser,
  { entered, stored }: { entered: string; stored: string | undefined },
): Promise<boolean> {
  const subjects = subjectsOf(guesser)
  const [turns, caller] = 'known' in guesser ? [known, guesser.known] : [strangers, callerOf(guesser)]
  // The brake is asked within the turn: of many guesses at once, each sees the failures of those before.
  const turn = await turns.take(caller, async () => {
    await checkBrake(ctx, subjects)
    const isRight = await isPassword(entered, stored ?? unknownUserHash)
    if (!isRight || stored === undefined) await noteFailure(ctx, subjects)
    return isRight && stored !== undefined
  })
  if (turn === undefined) throw tooManyTries('too many passwords are being checked', 1_000)
  return turn.done
}

/**
 * What a success clears: one's own typing errors. A count by address stays, or a person with an account would
 * log in between guesses at another one.
 */
export function clearedBySuccess(guesser: Guesser): string[] {
  if ('known' in guesser) return [guesser.known]
  return guesser.client.isShared ? [brakeOf(guesser.name)] : []
}

function callerOf({ name, client }: { name: string; client: Client }): string {
  return client.isShared ? brakeOf(name) : client.address
}

function namesOf({ holding, tightening }: BrakeSubjects): string[] {
  return [...holding.map(({ subject }) => subject), ...(tightening === undefined ? [] : [tightening])]
}

async function checkBrake(ctx: Context, subjects: BrakeSubjects): Promise<void> {
  const brakes = await ctx.db.read((tx) => findBrakes(tx, namesOf(subjects)))
  const waitMs = guessWaitMs(subjects, brakes, ctx.clock.now())
  if (waitMs > 0) throw tooManyTries('too many wrong passwords', waitMs)
}

async function noteFailure(ctx: Context, subjects: BrakeSubjects): Promise<void> {
  await ctx.db.write(async (tx) => {
    const now = ctx.clock.now()
    const brakes = await findBrakes(tx, namesOf(subjects))
    for (const [subject, brake] of brakesAfterFailure(subjects, brakes, now)) await setBrake(tx, subject, brake)
    if (now - (cleanedAt.get(ctx) ?? 0) < CLEAN_MS) return
    cleanedAt.set(ctx, now)
    await deleteOldBrakes(tx, now - DAY_MS)
  })
}

function tooManyTries(what: string, waitMs: number): AppError {
  const seconds = Math.ceil(waitMs / 1000)
  return new AppError('auth.too_many_tries', `${what}: wait ${seconds} s`, {
    hint: 'Then enter it again.',
    details: { retryAfterSeconds: seconds },
  })
}
