// How guesses at passwords are slowed down: by the browser that is known, else by the address they come from and its
// neighbourhood. A name that is guessed at makes every address that failed wait longer, and no other one: who comes from
// elsewhere is always looked at.

/** Where a request comes from, as far as its connection and the proxies before us say. */
export interface Client {
  /** An IPv4 address, or the /64 of an IPv6 address: what one stranger has. */
  address: string
  /** The /24 or the /48 around it. */
  network: string
  /** The address is that of a proxy which does not say who called it: it tells nobody apart. */
  isShared: boolean
}

/** Failures in a row, the last of which was at an instant. */
export interface Brake {
  failures: number
  lastFailureAt: number
}

interface Level {
  /** Failures without a wait. */
  free: number
  /** One failure is forgotten after so long without another. */
  forgetMs: number
}

const MINUTE_MS = 60_000
const FIRST_WAIT_MS = 1_000
const WAIT_MAX_MS = 15 * MINUTE_MS

/** One person's own typing errors: a browser that is known, a login, an address. */
const own: Level = { free: 5, forgetMs: 10 * MINUTE_MS }
/** What many share. One address alone does not get so far. */
const many: Level = { free: 20, forgetMs: 6 * MINUTE_MS }

/** What a guess is counted under. */
export interface BrakeSubjects {
  /** Each of them makes the guess wait. */
  holding: readonly { subject: string; level: Level }[]
  /** Makes the guess wait longer once its first holding subject has failed. */
  tightening: string | undefined
}

/** Of a browser or a login that is known: nothing that others do reaches it. */
export function knownSubjects(subject: string): BrakeSubjects {
  return { holding: [{ subject, level: own }], tightening: undefined }
}

/** Of a stranger who names a user. Behind a proxy that says nothing, only the name is left to count by. */
export function strangerSubjects(user: string, { address, network, isShared }: Client): BrakeSubjects {
  if (isShared) return { holding: [{ subject: user, level: own }], tightening: undefined }
  const holding = [
    { subject: `address:${address}`, level: own },
    { subject: `network:${network}`, level: many },
  ]
  return { holding, tightening: user }
}

/** Milliseconds until the next guess is looked at; `brakes` by subject. */
export function guessWaitMs(
  { holding, tightening }: BrakeSubjects,
  brakes: ReadonlyMap<string, Brake>,
  now: number,
): number {
  const waits = holding.map(({ subject, level }) => {
    const brake = brakes.get(subject)
    return brake === undefined ? 0 : brake.lastFailureAt + brakeMs(failuresAt(brake, now, level), level) - now
  })
  const [first] = holding
  const failed = first && brakes.get(first.subject)
  const name = tightening === undefined ? undefined : brakes.get(tightening)
  if (failed !== undefined && name !== undefined && failuresAt(failed, now, own) > 0)
    waits.push(failed.lastFailureAt + brakeMs(failuresAt(name, now, many), many) - now)
  return Math.max(0, ...waits)
}

/** The brakes after one more failure. */
export function brakesAfterFailure(
  { holding, tightening }: BrakeSubjects,
  brakes: ReadonlyMap<string, Brake>,
  now: number,
): Map<string, Brake> {
  const counted = tightening === undefined ? holding : [...holding, { subject: tightening, level: many }]
  return new Map(
    counted.map(({ subject, level }) => {
      const brake = brakes.get(subject)
      return [subject, { failures: 1 + (brake === undefined ? 0 : failuresAt(brake, now, level)), lastFailureAt: now }]
    }),
  )
}

function failuresAt({ failures, lastFailureAt }: Brake, now: number, { forgetMs }: Level): number {
  return Math.max(0, failures - Math.floor(Math.max(0, now - lastFailureAt) / forgetMs))
}

/** Free failures, then waits that double up to the longest: nobody is ever locked out for good. */
export function brakeMs(failures: number, { free }: Pick<Level, 'free'> = own): number {
  if (failures < free) return 0
  return Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** (failures - free))
}
