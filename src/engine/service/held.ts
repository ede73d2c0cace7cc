// Sending is held because the file is not the one used last: what is known of it in words, and the refusal of whatever sends.
// Reads only.
import { AppError } from '../../domain/errors.ts'
import type { HoldReason } from '../../domain/incarnation.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { ReadTx } from '../../store/database.ts'
import { findSetting } from '../../store/settings.ts'

export interface HoldView {
  reason: HoldReason
  /** What is wrong with the file. */
  says: string
  /** What to do about it. */
  hint: string
  since: string
}

const restoreFirst = '`herald restore FILE` restores a backup without sending anything twice'
const thenUnlock = '`herald unlock` shows what this file sent last, and lets it send'

const holdWords: Record<HoldReason, { says: string; hint: string }> = {
  copy: {
    says: 'this database is a backup: it does not know what was sent after it was made',
    hint: `${restoreFirst}. If nothing was sent since, ${thenUnlock}.`,
  },
  older: {
    says: 'this database is an older state of the one used last: it does not know what was sent since',
    hint: `Put the newest file back. To go on with an older one, ${restoreFirst}. If nothing was sent since, ${thenUnlock}.`,
  },
  other: {
    says: 'the folder `-nodes` beside this database belongs to another database',
    hint: `Move the folder that belongs to it beside it, and start again. If this is the newest file, ${thenUnlock}.`,
  },
  no_folder: {
    says: 'this database was in use, and the folder `-nodes` that was beside it is missing',
    hint: `Move the file together with its folder, and start again. If this is the newest file, ${thenUnlock}.`,
  },
  second: {
    says: 'this database is a copy: the one that it was copied from is still in its place',
    hint: `Use only one of the two, and move the other away. If the other is not used any more, ${thenUnlock}.`,
  },
}

export async function findHold(tx: ReadTx): Promise<HoldView | undefined> {
  const hold = await findSetting(tx, 'hold')
  return hold && { reason: hold.reason, ...holdWords[hold.reason], since: formatInstant(hold.since) }
}

/** One sentence that stands alone. */
export function holdText({ says }: Pick<HoldView, 'says'>): string {
  return `Sending is held: ${says}.`
}

/** Throws AppError db.held. */
export async function refuseWhileHeld(tx: ReadTx): Promise<void> {
  const hold = await findHold(tx)
  if (hold !== undefined) throw new AppError('db.held', `sending is held: ${hold.says}`, { hint: hold.hint })
}
