// /contacts: one person: what is known, everything sent to them, a copy of it, erasure.
import { z } from '@hono/zod-openapi'
import { AppError } from '../../domain/errors.ts'
import { messageStatuses } from '../../domain/message-status.ts'
import { suppressionReasons, suppressionScopes } from '../../domain/suppression.ts'
import { showContact } from '../../engine/contacts/contacts.ts'
import { addContact, editContact } from '../../engine/contacts/edit-contact.ts'
import { eraseContactByOperator } from '../../engine/contacts/erasure.ts'
import { exportContacts, readSelection } from '../../engine/contacts/export-contacts.ts'
import { showContacts } from '../../engine/contacts/list-contacts.ts'
import { downloadText } from '../../runtime/download.ts'
import { type ApiFacts, answers, apiRouter, jsonBody, operation } from '../api.ts'
import { seenBy, tagged, versionField } from '../condition.ts'
import { exportedFile, exportForm, sendFile, sendTable } from '../export-download.ts'
import { pageOf, pageQuery, readCursor, writeCursor } from '../paging.ts'
import { replyView } from './replies.ts'

const instant = z.iso.datetime()

const contactView = z
  .object({
    id: z.string().openapi({ example: 'con_1' }),
    phone: z.string(),
    zone: z.string().nullable(),
    consent: z.string().nullable(),
    attributes: z.record(z.string(), z.string()),
    formerPhones: z.array(z.string()).openapi({ description: 'numbers that they had before' }),
    userIds: z.array(z.string()).openapi({ description: 'by which the provider knows them' }),
    lists: z.array(z.string()),
    suppressions: z.array(
      z.object({
        scope: z.enum(suppressionScopes),
        reason: z.enum(suppressionReasons),
        evidence: z.string(),
        since: instant,
      }),
    ),
    consents: z.array(z.object({ consent: z.enum(['granted', 'denied']), evidence: z.string(), at: instant })),
    replies: z.array(replyView).openapi({ description: 'the newest hundred' }),
    messages: z
      .array(
        z.object({
          id: z.string(),
          campaignId: z.string(),
          campaign: z.string(),
          status: z.enum(messageStatuses),
          reason: z.string().nullable(),
          at: instant.openapi({ description: 'when it was or is due' }),
          acceptedAt: instant.nullable(),
          deliveredAt: instant.nullable(),
          readAt: instant.nullable(),
          failedAt: instant.nullable(),
          text: z.string().nullable().openapi({ description: 'what it said, of the newest twenty' }),
        }),
      )
      .openapi({ description: 'the newest hundred, or a hundred before `before`' }),
    hasOlderMessages: z.boolean().openapi({ description: 'whether more was sent before these' }),
    createdAt: instant,
    updatedAt: instant,
    version: versionField,
  })
  .openapi('Contact')

const erasureView = z
  .object({
    id: z.string(),
    stoppedMessages: z.int(),
    callbacks: z.int(),
    rejectedLines: z.int(),
    uploads: z.int().openapi({ description: 'files that waited to be imported and named the person' }),
    note: z.string(),
  })
  .openapi('Erasure')

const byContact = z.object({
  contact: z.string().min(1).max(100).openapi({ description: 'phone with + (as %2B), or id', example: 'con_1' }),
})
const listNames = z.union([z.string().max(100), z.array(z.string().max(100)).max(100)])
const exportQuery = z.object({
  list: listNames.optional().openapi({ description: 'name of a list; repeatable. Without it: everybody' }),
  exclude: listNames.optional().openapi({ description: 'a list whose contacts are left out; repeatable' }),
  filter: z.string().max(20_000).optional().openapi({
    description: 'a filter as in an audience, as JSON',
    example: '{"field":"city","is":"Köln"}',
  }),
  ...exportForm,
})

function parseFilter(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new AppError('filter.invalid', 'the filter is not JSON', {
      hint: 'For example {"field":"city","is":"Ulm"}.',
      cause: error,
    })
  }
}

const tags = ['Contacts']

const fields = z.record(z.string().max(64), z.string().max(64 * 1024))
const names = z.array(z.string().min(1).max(100)).max(100)
const changeFields = {
  attributes: fields.optional().openapi({ description: 'fields by name; an empty text removes one' }),
  addTo: names.optional().openapi({ description: 'lists to join, created if they don’t exist' }),
}

const foundContact = contactView
  .pick({ id: true, phone: true, zone: true, consent: true, attributes: true })
  .openapi('FoundContact')

/** People added, found and changed one by one. */
function editRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('read', {
        operationId: 'findContacts',
        method: 'get',
        path: '/contacts',
        tags,
        summary: 'People of all lists, or those that match a search',
        request: {
          query: z.object({
            ...pageQuery,
            search: z.string().max(200).optional().openapi({ description: 'a part of a number or of any field' }),
          }),
        },
        responses: {
          200: answers(
            pageOf(foundContact).extend({
              isCut: z.boolean().openapi({ description: 'the search ran out of time: there may be more' }),
            }),
            'people, the first added first',
          ),
        },
      }),
      async (c) => {
        const { limit, cursor, search } = c.req.valid('query')
        const within = JSON.stringify(['all contacts', search ?? ''])
        const { items, next, isCut } = await showContacts(ctx, { limit, after: readCursor(cursor, within), search })
        return c.json({ items, nextCursor: next === null ? null : writeCursor(within, next), isCut }, 200)
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'addContact',
        method: 'post',
        path: '/contacts',
        tags,
        summary: 'Add one person, or change one that exists',
        request: { body: jsonBody(z.strictObject({ phone: z.string().min(1).max(140), ...changeFields })) },
        responses: { 200: answers(contactView, 'the person') },
      }),
      async (c) => c.json(tagged(c, await addContact(ctx, c.req.valid('json'))), 200),
    )
    .openapi(
      operation('edit', {
        operationId: 'editContact',
        'x-conditional': true,
        method: 'patch',
        path: '/contacts/{contact}',
        tags,
        summary: 'Change the fields and lists of one person',
        request: {
          params: byContact,
          body: jsonBody(
            z.strictObject({
              ...changeFields,
              removeFrom: names.optional().openapi({ description: 'lists to leave' }),
            }),
          ),
        },
        responses: { 200: answers(contactView, 'the person') },
      }),
      async (c) => {
        const change = { ...c.req.valid('json'), seen: seenBy(c) }
        return c.json(tagged(c, await editContact(ctx, c.req.valid('param').contact, change)), 200)
      },
    )
}

export function contactRoutes(facts: ApiFacts) {
  const { ctx } = facts
  return apiRouter()
    .route('/', editRoutes(facts))
    .openapi(
      operation('export', {
        operationId: 'exportContacts',
        method: 'get',
        path: '/contacts/export',
        tags,
        summary: 'Everybody as CSV or XLSX, or those of some lists and a filter',
        description:
          'With lists, consent and suppressions. The file can be imported again: who is suppressed in it stays so.',
        request: { query: exportQuery },
        responses: { 200: exportedFile },
      }),
      async (c) => {
        const { raw, format, list, exclude, filter } = c.req.valid('query')
        const isRaw = raw === 'true'
        const selection = readSelection({
          ...(list !== undefined && { lists: [list].flat() }),
          ...(exclude !== undefined && { exclude: [exclude].flat() }),
          ...(filter !== undefined && { filter: parseFilter(filter) }),
        })
        const exported = await exportContacts(ctx, selection, isRaw)
        return sendTable(c, exported, { name: 'contacts', format, isRaw }) as never
      },
    )
    .openapi(
      operation('read', {
        operationId: 'getContact',
        'x-conditional': true,
        method: 'get',
        path: '/contacts/{contact}',
        tags,
        summary: 'One person',
        request: {
          params: byContact,
          query: z.object({
            before: z
              .string()
              .max(40)
              .optional()
              .openapi({ description: 'only messages before this one: the last that you saw', example: 'msg_1' }),
          }),
        },
        responses: { 200: answers(contactView, 'what is known and what was sent') },
      }),
      async (c) => c.json(tagged(c, await showContact(ctx, c.req.valid('param').contact, c.req.valid('query'))), 200),
    )
    .openapi(
      operation('export', {
        operationId: 'exportContact',
        method: 'get',
        path: '/contacts/{contact}/export',
        tags,
        summary: 'Everything about one person as a file',
        request: { params: byContact },
        responses: {
          200: { description: 'a file of JSON', content: { 'application/json': { schema: contactView } } },
        },
      }),
      async (c) => {
        const contact = await showContact(ctx, c.req.valid('param').contact, { isCopy: true })
        const file = { fileName: `${contact.id}.json`, type: 'application/json' } as const
        return sendFile(c, downloadText(file, jsonPieces(contact))) as never
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'eraseContact',
        method: 'delete',
        path: '/contacts/{contact}',
        tags,
        summary: 'Erase everything personal about one person',
        description: 'What was sent stays counted, without name and number. It cannot be undone.',
        request: { params: byContact },
        responses: { 200: answers(erasureView, 'what was removed') },
      }),
      async (c) => c.json(await eraseContactByOperator(ctx, c.req.valid('param').contact), 200),
    )
}

/** Items of an array that are written at once. */
const JSON_SLICE = 500

/** As JSON.stringify with two blanks, in pieces: a hundred thousand messages are no text of one turn. */
async function* jsonPieces(value: object): AsyncGenerator<string> {
  let before = '{\n'
  for (const [key, member] of Object.entries(value)) {
    yield `${before}  ${JSON.stringify(key)}: `
    before = ',\n'
    if (Array.isArray(member) && member.length > 0) yield* arrayPieces(member)
    else yield indented(member, '  ')
  }
  yield '\n}\n'
}

function* arrayPieces(items: readonly unknown[]): Generator<string> {
  for (let from = 0; from < items.length; from += JSON_SLICE) {
    const slice = items.slice(from, from + JSON_SLICE).map((item) => `    ${indented(item, '    ')}`)
    yield `${from === 0 ? '[\n' : ',\n'}${slice.join(',\n')}`
  }
  yield '\n  ]'
}

function indented(value: unknown, indent: string): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${indent}`)
}
