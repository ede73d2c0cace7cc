// Which life of a database this file is: a number that rises while it is in use, kept in the file and beside it. Where the
// two do not fit, the file is not the one used last, and does not know what was sent since.

/** As the file has it. */
export interface Incarnation {
  /** Random; a new one begins with each unlock and restore. */
  life: string
  /** Rises with every heartbeat, and when a program that wrote ends. */
  number: number
}

/** As it is kept beside the file: never ahead of a file that was not exchanged. */
export interface Beside {
  installation: string
  /** Null before the first life. */
  life: string | null
  /** The life that was about to begin: a program that dies meanwhile leaves the file in this one or in that one. */
  next: string | null
  number: number
  /** Where the database was. */
  path: string
}

export const holdReasons = ['copy', 'older', 'other', 'no_folder', 'second'] as const
/**
 * Why a file is not the one used last: it is a backup (`copy`); the folder beside it knows a later state (`older`) or
 * belongs to another database (`other`); it was in use and its folder is gone (`no_folder`); the database that it was
 * copied from is still there (`second`).
 */
export type HoldReason = (typeof holdReasons)[number]

/** Under which sending is held. */
export interface Hold {
  reason: HoldReason
  since: number
}

export interface FileFacts {
  installation: string
  /** Undefined in a database that no program has used yet that keeps it. */
  incarnation: Incarnation | undefined
  /** Marked as a copy by the backup that made it. */
  isCopy: boolean
  /** The newest attempt that it knows; 0 when it has none. */
  newestAttempt: number
}

export interface BesideFacts {
  /** Undefined when there is none, or when it cannot be read. */
  beside: Beside | undefined
  /** The newest call that journals of ended processes know; 0 when they know none. */
  newestCall: number
  /** The database is also where it was when it was used last. */
  isAlsoThere: boolean
  /** Other machines write to it too, and note nothing here. */
  isShared: boolean
}

export function decideHold(file: FileFacts, around: BesideFacts): HoldReason | undefined {
  if (file.isCopy) return 'copy'
  return around.isShared ? decideHoldOfShared(file, around) : decideHoldOfOne(file, around)
}

/** Another machine may have made it, or begun a life since: numbers go on rising from one life to the next. */
function decideHoldOfShared(file: FileFacts, { beside, newestCall }: BesideFacts): HoldReason | undefined {
  if (beside === undefined || beside.installation !== file.installation) return undefined
  return (file.incarnation?.number ?? 0) < beside.number || newestCall > file.newestAttempt ? 'older' : undefined
}

function decideHoldOfOne(
  { incarnation, installation, newestAttempt }: FileFacts,
  { beside, newestCall, isAlsoThere }: BesideFacts,
): HoldReason | undefined {
  if (beside === undefined) return incarnation === undefined ? undefined : 'no_folder'
  if (beside.installation !== installation) return incarnation === undefined ? undefined : 'other'
  const life = incarnation?.life ?? null
  if (life !== beside.life && (life === null || life !== beside.next)) return 'older'
  if (life === beside.life && (incarnation?.number ?? 0) < beside.number) return 'older'
  if (newestCall > newestAttempt) return 'older'
  return isAlsoThere ? 'second' : undefined
}

/** Beside notes of two processes meet: the later one stays. */
export function isLater(note: Beside, than: Beside): boolean {
  return note.life !== than.life || note.next !== than.next || note.number > than.number || note.path !== than.path
}
