// Everything personal about one person is removed; what was sent stays counted, without name and number.
// Reads and writes the person's rows in one transaction with the order to look for traces elsewhere; then stored callbacks,
// rejected lines, answers and uploads, in slices. Safe to kill: the next process goes on, the order holds what to look for.
import { AppError } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import { type PersonTrace, traceOf } from '../../domain/person-trace.ts'
import { keyedHash } from '../../runtime/secrets.ts'
import {
  type Contact,
  eraseAnswers,
  eraseCallbacks,
  eraseContact,
  eraseRejects,
  findContact,
  findErased,
  findWorkOn,
  lockContact,
} from '../../store/contacts.ts'
import { CountChanges } from '../../store/counts.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import { listOrders, orderDuty } from '../../store/duties.ts'
import { listFormerNumbers } from '../../store/former-numbers.ts'
import { suppress } from '../../store/suppressions.ts'
import { listUserIds, replaceUserIds } from '../../store/user-ids.ts'
import type { Context } from '../context.ts'
import { doOrder, type HeldDuty } from '../duties/duty.ts'
import { eachAlone } from '../duties/each-alone.ts'
import { eraseUploads } from '../import/uploads.ts'
import { getContactBy } from './contacts.ts'
import { hashedId } from './known-contact.ts'
import { parseTypedNumber } from './typed-number.ts'

export interface Erasure {
  id: string
  stoppedMessages: number
  callbacks: number
  rejectedLines: number
  /** Files that waited to be imported and named the person. */
  uploads: number
  note: string
}

/** Rows looked at in one transaction. */
const CALLBACKS_PER_TRANSACTION = 2_000
const REJECTS_PER_TRANSACTION = 500

/** Erasing again changes nothing. Throws AppError contact.not_found, contact.busy. */
export async function eraseContactByOperator(ctx: Context, phoneOrId: string): Promise<Erasure> {
  const erased = await ctx.db.read((tx) => findErasedBy(ctx, tx, phoneOrId))
  if (erased !== undefined) return { id: formatId('contact', erased.id), stoppedMessages: 0, ...noTraces, note: AGAIN }
  const nodeId = await ctx.node.id()
  const { contact, stopped } = await ctx.db.write(async (tx) => {
    const found = await getContactBy(ctx, tx, phoneOrId)
    await lockContact(tx, found.id)
    await refuseIfBusy(tx, found)
    const mark: Order = { trace: traceOf(found.phone), more: await otherTraces(tx, found.id) }
    await orderDuty(tx, { work: 'erasure', subjectId: found.id }, { nodeId, mark })
    return { contact: found, stopped: await eraseRows(ctx, tx, found, nodeId) }
  })
  const { isScrubbed, ...traces } = (await finishErasure(ctx, contact.id)) ?? { ...noTraces, isScrubbed: false }
  return { id: formatId('contact', contact.id), stoppedMessages: stopped, ...traces, note: erasureNote(isScrubbed) }
}

const AGAIN = 'This person was erased before; nothing was left to erase.'

/** An erased person, where no new row has the number. */
async function findErasedBy(ctx: Context, tx: ReadTx, phoneOrId: string): Promise<Contact | undefined> {
  const key = phoneOrId.startsWith('con_')
    ? undefined
    : parseTypedNumber(ctx, phoneOrId, { isExisting: true }).phone?.key
  const found = await findContact(tx, key ?? phoneOrId)
  if (found !== undefined) return found.erasedAt === null ? undefined : found
  return key === undefined ? undefined : findErased(tx, keyedHash(ctx.secrets.hashKey(), key))
}

interface Order {
  /** What to look for; null when all of it is removed and only unused space may hold it. */
  trace: PersonTrace | null
  /** Of numbers that the person had before, and of ids by which the provider knows them. */
  more?: PersonTrace[]
}

async function otherTraces(tx: ReadTx, contactId: number): Promise<PersonTrace[]> {
  const former = await listFormerNumbers(tx, contactId)
  const userIds = await listUserIds(tx, contactId)
  return [...former.map(({ phone }) => traceOf(phone)), ...userIds.map((text) => ({ text, isNumber: false }))]
}

const noTraces = { callbacks: 0, rejectedLines: 0, uploads: 0 }

/** Goes on with every erasure that a process left. */
export async function finishErasures(ctx: Context, signal?: AbortSignal): Promise<boolean> {
  const ordered = await ctx.db.read((tx) => listOrders(tx, 'erasure'))
  const items = ordered.map(({ subjectId }) => subjectId)
  return eachAlone(ctx, { work: 'erasure', items, idOf: (id) => id, isAll: true, signal }, async (contactId) => {
    return (await finishErasure(ctx, contactId)) !== undefined
  })
}

/** Undefined when another process is at it, or has done it. */
async function finishErasure(
  ctx: Context,
  contactId: number,
): Promise<(typeof noTraces & { isScrubbed: boolean }) | undefined> {
  return doOrder(ctx, { work: 'erasure', subjectId: contactId }, async (duty) => {
    const order = duty.mark as Order
    const traces = { ...noTraces }
    for (const trace of order.trace ? [order.trace, ...(order.more ?? [])] : []) {
      const found = await eraseTraces(ctx, duty, trace)
      for (const kind of ['callbacks', 'rejectedLines', 'uploads'] as const) traces[kind] += found[kind]
    }
    // The number itself goes before unused space is overwritten.
    await ctx.db.write((tx) => duty.move(tx, { trace: null } satisfies Order))
    return { isDone: true, value: { ...traces, isScrubbed: await ctx.db.scrub() } }
  })
}

async function eraseTraces(ctx: Context, duty: HeldDuty, trace: PersonTrace): Promise<typeof noTraces> {
  const rejectedLines = await eraseAllRejects(duty, trace)
  const callbacks = await eraseAllCallbacks(duty, trace)
  await duty.write((tx) => eraseAnswers(tx, trace))
  return { rejectedLines, callbacks, uploads: await eraseUploads(ctx, trace) }
}

/** What is written at this moment would come back after the erasure. */
async function refuseIfBusy(tx: ReadTx, { id }: Contact): Promise<void> {
  const work = await findWorkOn(tx, id)
  if (work === undefined) return
  const what = work === 'import' ? 'an import is being applied' : 'a message to this person is on the wire'
  throw new AppError('contact.busy', `${what}; nothing was erased`, { hint: 'Erase again in a minute.' })
}

/** Of the new key there is a suppression: whatever would be sent to the erased person still is skipped. */
async function eraseRows(ctx: Context, tx: WriteTx, contact: Contact, nodeId: number): Promise<number> {
  const now = await tx.now()
  const userIds = await listUserIds(tx, contact.id)
  await eraseContact(tx, contact, keyedHash(ctx.secrets.hashKey(), contact.key), now)
  await replaceUserIds(
    tx,
    contact.id,
    userIds.map((id) => (id.startsWith('erased:') ? id : hashedId(ctx, id))),
  )
  const counts = new CountChanges()
  const suppression = { scope: 'all', reason: 'erased', evidence: 'erased by an operator' } as const
  const { stopped } = await suppress(tx, { contactId: contact.id, ...suppression }, now, counts)
  await counts.write(tx, nodeId)
  return stopped
}

async function eraseAllRejects(duty: HeldDuty, trace: PersonTrace): Promise<number> {
  let erased = 0
  for (let after = { importId: 0, line: 0 }; ; ) {
    const slice = await duty.write((tx) => eraseRejects(tx, trace, after, REJECTS_PER_TRANSACTION))
    if (slice === undefined) return erased
    erased += slice.erased
    after = slice.through
  }
}

async function eraseAllCallbacks(duty: HeldDuty, trace: PersonTrace): Promise<number> {
  let erased = 0
  for (let after = 0; ; ) {
    const slice = await duty.write((tx) => eraseCallbacks(tx, trace, after, CALLBACKS_PER_TRANSACTION))
    if (slice === undefined) return erased
    erased += slice.erased
    after = slice.through
  }
}

function erasureNote(isScrubbed: boolean): string {
  const files = 'Backups and rejects files made before still hold the data: delete them too.'
  const traces = 'Unused space of the database may hold traces until the file is rewritten (docs/operations.md).'
  return isScrubbed ? files : `${files} ${traces}`
}
