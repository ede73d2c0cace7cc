// What is in trouble, for those that show it: doctor, the pages of a sender and a campaign, why.
import { AppError, wordsOutside } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { inSentences } from '../../domain/sentence.ts'
import { type TroubleWork, troubleWork } from '../../domain/trouble.ts'
import type { ReadTx } from '../../store/database.ts'
import { listTroubles, listTroublesOf, type Trouble } from '../../store/troubles.ts'
import type { Context } from '../context.ts'

export interface TroubleView {
  /** Which work fails. */
  work: TroubleWork
  /** The sender, campaign, run … that it is done for; null for the installation. */
  id: string | null
  code: string
  message: string
  hint: string | null
  since: string
  nextTryAt: string
}

/** Every trouble, the oldest first. */
export async function showTroubles(ctx: Context): Promise<TroubleView[]> {
  return ctx.db.read(async (tx) => viewsOf(await listTroubles(tx)))
}

/** What troubles are of: a kind of subject that has pages, commands and routes of its own. */
type SubjectKind = 'sender' | 'campaign' | 'run' | 'message'

/** What goes wrong at one sender, campaign, run or message, whatever the work is. */
export async function troublesOf(tx: ReadTx, kind: SubjectKind, id: number): Promise<TroubleView[]> {
  return (await troublesOfMany(tx, kind, [id])).get(id) ?? []
}

/** The same for each of many, in one statement; those where all is well are left out. */
export async function troublesOfMany(
  tx: ReadTx,
  kind: SubjectKind,
  ids: readonly number[],
): Promise<Map<number, TroubleView[]>> {
  const works = Object.entries(troubleWork).flatMap(([work, of]) => (of === kind ? [work as TroubleWork] : []))
  const bySubject = new Map<number, Trouble[]>()
  for (const trouble of await listTroublesOf(tx, works, ids))
    bySubject.set(trouble.subjectId, [...(bySubject.get(trouble.subjectId) ?? []), trouble])
  return new Map([...bySubject].map(([id, troubles]) => [id, viewsOf(troubles)]))
}

/** Why nothing is sent from a sender: it cannot be made ready, or every claim fails. */
export async function findSendingTrouble(tx: ReadTx, senderId: number): Promise<TroubleView | undefined> {
  return (await troublesOf(tx, 'sender', senderId)).find(({ work }) => work === 'sending' || work === 'claims')
}

/** Several nodes may fail at the same: it is told once. */
function viewsOf(troubles: readonly Trouble[]): TroubleView[] {
  const byName = new Map<string, TroubleView>()
  for (const trouble of troubles) byName.set(troubleName(trouble), viewTrouble(trouble))
  return [...byName.values()]
}

function viewTrouble({ work, subjectId, code, message, hint, since, nextTryAt }: Trouble): TroubleView {
  return {
    work,
    id: idOf({ work, subjectId }),
    code,
    // The words of a fault are for the log.
    message: wordsOutside(new AppError(code, message))?.message ?? 'an unexpected error; the log of Herald has it',
    hint,
    since: formatInstant(since),
    nextTryAt: formatInstant(nextTryAt),
  }
}

/** What fails and what to do, in one line. */
export function troubleText({ message, hint }: Pick<TroubleView, 'message' | 'hint'>): string {
  return hint === null ? message : inSentences(message, hint)
}

function idOf({ work, subjectId }: Pick<Trouble, 'work' | 'subjectId'>): string | null {
  const kind = troubleWork[work]
  return kind === 'installation' ? null : formatId(kind, subjectId)
}

/** `snd_2 (sending)` */
export function troubleName(trouble: Pick<Trouble, 'work' | 'subjectId'>): string {
  const id = idOf(trouble)
  return id === null ? trouble.work : `${id} (${trouble.work})`
}
