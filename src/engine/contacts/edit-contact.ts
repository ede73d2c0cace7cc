// People added and changed by hand: their fields and the lists they are in. An import does the same for many; what a person says of
// consent, and what stops messages, is changed in its own places.
import { COLUMN_NAME_MAX, cellProblem, contactFields } from '../../domain/contact.ts'
import { pointerPart } from '../../domain/definition.ts'
import { AppError, type Problem, problemsError } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import { fieldName, listNameProblem, plainName } from '../../domain/name.ts'
import { inSentences } from '../../domain/sentence.ts'
import { type Contact, listIdsOfContact, setAttributes } from '../../store/contacts.ts'
import type { WriteTx } from '../../store/database.ts'
import { addListFields, checkListIsFree, ensureList, findListNamed, getList, lockList } from '../../store/lists.ts'
import { addMembers, removeMember } from '../../store/members.ts'
import type { Context } from '../context.ts'
import { requireSeen, type Seen } from '../version.ts'
import { type ContactView, getContactBy, showContact, versionOfContact } from './contacts.ts'
import { contactOf } from './known-contact.ts'
import { getTypedNumber } from './typed-number.ts'

export interface ContactChange {
  /** By name; an empty value removes the field. */
  attributes?: Readonly<Record<string, string>> | undefined
  /** Lists to come into, created if they don't exist. */
  addTo?: readonly string[] | undefined
  /** Lists to leave. */
  removeFrom?: readonly string[] | undefined
}

const FIELDS_MAX = 200

/**
 * A person by their number; one who is known is changed. Throws AppError phone.*, contact.erased, list.*, contact.field_invalid.
 */
export async function addContact(
  ctx: Context,
  { phone: text, ...change }: ContactChange & { phone: string },
): Promise<ContactView> {
  const phone = getTypedNumber(ctx, text)
  checkChange(change)
  const id = await ctx.db.write(async (tx) => {
    const contact = await contactOf(ctx, tx, phone)
    if (contact === undefined)
      throw new AppError('contact.erased', `the person at ${phone.phone} was erased`, {
        hint: 'An erased person is not added again.',
      })
    await applyChange(tx, contact, change)
    return contact.id
  })
  return showContact(ctx, formatId('contact', id))
}

/** Throws AppError contact.not_found, version.changed, list.*, contact.field_invalid. */
export async function editContact(
  ctx: Context,
  phoneOrId: string,
  { seen, ...change }: ContactChange & { seen?: Seen },
): Promise<ContactView> {
  checkChange(change)
  const id = await ctx.db.write(async (tx) => {
    const contact = await getContactBy(ctx, tx, phoneOrId)
    requireSeen(seen, await versionOfContact(tx, contact), 'the person')
    await applyChange(tx, contact, change)
    return contact.id
  })
  return showContact(ctx, formatId('contact', id))
}

async function applyChange(tx: WriteTx, contact: Contact, change: ContactChange): Promise<void> {
  const { attributes = {}, addTo = [], removeFrom = [] } = change
  const now = await tx.now()
  for (const name of removeFrom) {
    const list = await lockList(tx, name)
    await checkListIsFree(tx, list)
    await removeMember(tx, list.id, contact.id)
  }
  for (const name of addTo) {
    const known = (await findListNamed(tx, name)) ?? (await ensureList(tx, plainName(name), now))
    const list = await lockList(tx, known.id)
    await checkListIsFree(tx, list)
    await addMembers(tx, list.id, [contact.id], now)
    await addListFields(tx, list, Object.keys({ ...contact.attributes, ...filledOf(attributes) }))
  }
  if (Object.keys(attributes).length === 0) return
  const kept = Object.entries({ ...contact.attributes, ...attributes }).filter(([, value]) => value !== '')
  await setAttributes(tx, contact.id, Object.fromEntries(kept), now)
  // A field that is new to the lists of the person can be named in texts and filters.
  for (const id of await listIdsOfContact(tx, contact.id))
    await addListFields(tx, await getList(tx, id), Object.keys(filledOf(attributes)))
}

function filledOf(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''))
}

function checkChange({ attributes = {}, addTo = [] }: ContactChange): void {
  const problems: Problem[] = [
    ...Object.entries(attributes).flatMap(([name, value]) => fieldProblems(name, value)),
    ...addTo.flatMap((name, index): Problem[] => {
      const wrong = listNameProblem(name)
      if (wrong === undefined) return []
      return [{ pointer: `/addTo/${index}`, code: 'list.name_invalid', detail: inSentences(wrong.problem, wrong.hint) }]
    }),
  ]
  if (Object.keys(attributes).length > FIELDS_MAX)
    problems.push({
      pointer: '/attributes',
      code: 'contact.field_invalid',
      detail: `has more than ${FIELDS_MAX} fields`,
    })
  if (problems.length > 0) throw problemsError(problems, 'contact')
}

const fieldPattern = /^[\p{L}\p{N}\p{M}_ -]+$/u
const reservedNames = ['__proto__', 'constructor', 'prototype']

function fieldProblems(name: string, value: string): Problem[] {
  const pointer = `/attributes/${pointerPart(name)}`
  const isContactField = contactFields.some((field) => field === fieldName(name))
  const isName = fieldPattern.test(name) && name.length <= COLUMN_NAME_MAX && !reservedNames.includes(fieldName(name))
  if (!isName || isContactField)
    return [
      {
        pointer,
        code: 'contact.field_invalid',
        detail: isContactField
          ? 'is not a field that can be set here'
          : `is not a field name. Use letters, digits, - and _, at most ${COLUMN_NAME_MAX}`,
      },
    ]
  const problem = cellProblem(value)
  return problem === undefined ? [] : [{ pointer, code: problem, detail: 'has a value that can’t be stored' }]
}
